//! An operator's order to build a read model anew: the file `REBUILD` in its folder.
//!
//! It is there until the new one answers, also across restarts. If nothing comes of it, it becomes
//! `REBUILD.failed`, which says why. Whoever may write into the folder may order; nobody else can.

use std::io;
use std::path::{Path, PathBuf};

use readmodel::{Reader, Rebuild, State};
use tokio::fs;

/// Looks for orders.
pub(crate) struct Order {
    reader: Reader,
    file: PathBuf,
    /// Whether what is being built is what was ordered.
    is_taken: bool,
}

impl Order {
    pub(crate) fn new(folder: &Path, reader: Reader) -> Self {
        Self { reader, file: folder.join("REBUILD"), is_taken: false }
    }

    /// Takes an order, or sees to it that one is carried out.
    pub(crate) async fn look(&mut self) {
        if let Err(error) = self.go_on().await {
            tracing::warn!(%error, file = %self.file.display(), "the order to build anew cannot be handled");
        }
    }

    async fn go_on(&mut self) -> io::Result<()> {
        if self.is_taken {
            let rebuild = self.reader.rebuilds().borrow().clone();
            return match rebuild {
                Rebuild::Asked | Rebuild::UnderWay { .. } => Ok(()),
                Rebuild::None => self.end().await,
                Rebuild::Failed(reason) => self.fail(reason).await,
            };
        }
        // One whose form changed is being built anyway; one that stopped says so.
        let is_ready = matches!(*self.reader.state().borrow(), State::Following | State::Failed(_));
        if !is_ready || !fs::try_exists(&self.file).await? {
            return Ok(());
        }
        match self.reader.rebuild() {
            Ok(()) => self.is_taken = true,
            Err(error) => self.fail(error.to_string()).await?,
        }
        Ok(())
    }

    async fn end(&mut self) -> io::Result<()> {
        self.is_taken = false;
        match fs::remove_file(&self.file).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    async fn fail(&mut self, reason: String) -> io::Result<()> {
        fs::write(self.file.with_extension("failed"), reason + "\n").await?;
        self.end().await
    }
}

#[cfg(test)]
mod tests {
    use domain::Aggregate::{Engagement, Source};
    use prometheus_client::metrics::counter::Counter;
    use readmodel::Projection;
    use serde_json::json;
    use testkit::PATIENCE;

    use super::*;
    use crate::testing::{Projected, Register, subject};
    use crate::{Dossiers, Expectations, Happenings, Texting};

    /// A register in which marks, links and names change.
    fn register() -> Register {
        let mut register = Register::default();
        let source = subject(Source, "report");
        register.record("source.captured", source, "OFFICIAL", &json!({"title": "Talks"}));
        for i in 0..300 {
            let of = subject(Engagement, &(i % 40).to_string());
            let data = json!({"kind": "meeting", "participants": ["CA", "Tarik Ali Khan"], "citations": [source],
                "window": format!("2025-{:02}", i % 12 + 1), "notes": [format!("Note {i}.")]});
            let event = ["expected", "scheduled", "held"][i / 40 % 3];
            register.record(&format!("engagement.{event}"), of, "OFFICIAL", &data);
            if i % 50 == 49 {
                register.record("engagement.marking_changed", of, "OFFICIAL", &json!({"level": "SECRET"}));
            }
        }
        register
    }

    async fn is_built_anew<P: Projection<Entry = readmodel::Entry>>(projection: P) {
        let folder = tempfile::tempdir().unwrap();
        let projected = Projected::new(projection, &register()).await;
        let before = projected.rows().await;
        assert!(before.len() > 300);
        let mut order = Order::new(folder.path(), projected.reader.clone());
        let file = folder.path().join("REBUILD");
        std::fs::write(&file, "").unwrap();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while file.exists() {
            assert!(tokio::time::Instant::now() < deadline, "the new one answers in time");
            order.look().await;
            // No query fails meanwhile.
            assert_eq!(projected.rows().await.len(), before.len());
            tokio::task::yield_now().await;
        }
        assert!(!folder.path().join("REBUILD.failed").exists());
        let read = projected.reader.read(|view| (view.schema(), view.generation())).await;
        assert_eq!(read.unwrap(), (P::SCHEMA, 1));
        assert_eq!(projected.rows().await, before);
    }

    #[tokio::test]
    async fn each_read_model_is_built_anew_on_order_and_equals_itself() {
        is_built_anew(Dossiers::new(Counter::default())).await;
        is_built_anew(Happenings::new(Counter::default())).await;
        is_built_anew(Expectations::new(Counter::default())).await;
        is_built_anew(Texting::new(Counter::default())).await;
    }
}
