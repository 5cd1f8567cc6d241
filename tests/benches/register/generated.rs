//! A generated register: loaded, projected, and kept for the next run if that is wanted.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use system_tests::generate::{Size, load};
use tokio::time::sleep;

use crate::connection::Connection;
use crate::options::Options;
use crate::register::Register;
use crate::report::progress;

/// One question of each read model, which says how far it is.
const MODELS: [(&str, &str); 4] = [
    ("dossiers", "/v1/sources?limit=1"),
    ("timeline", "/v1/timeline?limit=1"),
    ("calendar", "/v1/calendar?limit=1"),
    ("search", "/v1/search?q=cooperation&limit=1"),
];

/// Between two looks.
const LOOKING: Duration = Duration::from_secs(5);

/// After which read models that do not move will not come.
const STUCK: Duration = Duration::from_secs(300);

/// Events between two lines.
const LINE: u64 = 50_000;

/// A register of known size, wholly projected.
pub(crate) struct Generated {
    register: Register,
    pub(crate) size: Size,
    /// Where its log ends.
    pub(crate) head: u64,
}

impl Generated {
    /// Starts one in the folder to keep, or a new one; loads it unless it is there.
    pub(crate) async fn start(options: &Options) -> anyhow::Result<Self> {
        let size = options.size();
        let register = match &options.keep {
            Some(folder) => Register::start_on(folder).await?,
            None => Register::start().await?,
        };
        let head = register.log().head().await?;
        let note = options.keep.as_ref().map(|folder| folder.join("size"));
        let head = if head == 0 {
            let head = loaded(&register, size).await?;
            note.iter().try_for_each(|note| fs::write(note, format!("{size:?}")))?;
            head
        } else {
            is_of(size, note.as_deref()).context("another folder is needed for another register")?;
            progress(format_args!("{head} events are there from the last run"));
            head
        };
        let generated = Self { register, size, head };
        generated.settle().await?;
        Ok(generated)
    }

    pub(crate) async fn connections(&self, count: usize) -> anyhow::Result<Vec<Connection>> {
        self.register.connections(count).await
    }

    pub(crate) const fn register(&self) -> &Register {
        &self.register
    }

    /// Stops in order, so that what is kept is whole.
    pub(crate) async fn stop(self) {
        self.register.stop().await;
    }

    /// Returns once every read model has everything; says how it goes.
    async fn settle(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let (mut before, mut moved) = (Vec::new(), Instant::now());
        loop {
            let mut connection = self.connections(1).await?.remove(0);
            let mut positions = Vec::new();
            for (model, path) in MODELS {
                positions.push((model, connection.position(path).await?));
            }
            let behind = |(_, position): &(&str, Option<u64>)| position.is_some_and(|at| at < self.head);
            if positions.first().is_some_and(|(_, position)| position.is_some())
                && !positions.iter().any(behind)
            {
                let took = begun.elapsed();
                progress(format_args!(
                    "projected after {took:.0?}: {positions:?}; those without are not there"
                ));
                return Ok(());
            }
            if positions != before {
                (before, moved) = (positions, Instant::now());
                progress(format_args!("projecting {} events: {before:?}", self.head));
            }
            ensure!(moved.elapsed() < STUCK, "the read models stand still\n{}", self.register.log_of());
            sleep(LOOKING).await;
        }
    }
}

async fn loaded(register: &Register, size: Size) -> anyhow::Result<u64> {
    progress(format_args!("loading {size:?}"));
    let (begun, mut said) = (Instant::now(), 0);
    let head = load(register.log(), size, |events| {
        if events >= said + LINE {
            said = events;
            progress(format_args!("{events} events, {:.0}/s", events as f64 / begun.elapsed().as_secs_f64()));
        }
    });
    let head = head.await?;
    progress(format_args!("{head} events loaded in {:.0?}", begun.elapsed()));
    Ok(head)
}

fn is_of(size: Size, note: Option<&Path>) -> anyhow::Result<()> {
    let note = note.context("a new register has events")?;
    let found = fs::read_to_string(note).context("it was not loaded to the end")?;
    ensure!(found == format!("{size:?}"), "{} holds {found}, not {size:?}", note.display());
    Ok(())
}
