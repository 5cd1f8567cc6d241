//! An operator's order to build a read model anew: the file `REBUILD` in its folder.
//!
//! It is there until the new one answers, also across restarts. If nothing comes of it, it becomes
//! `REBUILD.failed`, which says why. Whoever may write into the folder may order; nobody else can.

use std::io;
use std::path::{Path, PathBuf};

use tokio::fs;

use crate::{Reader, Rebuild, State};

/// Looks for orders.
pub struct Order {
    reader: Reader,
    file: PathBuf,
    /// Whether what is being built is what was ordered.
    is_taken: bool,
}

impl Order {
    /// Looks into the folder of a read model, of which there is a reader.
    #[must_use]
    pub fn new(folder: &Path, reader: Reader) -> Self {
        Self { reader, file: folder.join("REBUILD"), is_taken: false }
    }

    /// Takes an order, or sees to it that one is carried out.
    pub async fn look(&mut self) {
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
