//! Asking the record of deliveries.

use std::time::Duration;

use anyhow::Context;
use contract::subscription::Deliveries as Asked;
use contract::{Paging, Principal, Problem, ProblemKind};
use domain::Levels;
use eventlog::Journal;
use readmodel::{Order, Projection, Reader, View};
use serde_json::Value;
use service::Shell;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Attempts, query};

/// The folder of the notifier.
const FOLDER: &str = "notifier";

/// How often it is looked whether the read model is to be built anew.
const LOOKING: Duration = Duration::from_secs(1);

/// The record of deliveries. Clones are the same.
#[derive(Clone)]
pub struct Deliveries {
    reader: Reader,
    journal: Journal,
}

impl Deliveries {
    /// Opens the read model in the folder of the notifier and follows the journal until the shell stops.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub async fn start(journal: Journal, cache_mib: u64, shell: &Shell) -> anyhow::Result<Self> {
        let folder = shell.data.join(FOLDER).join(Attempts::NAME);
        let models = readmodel::Settings { cache_bytes: cache_mib << 20, ..readmodel::Settings::default() };
        let opened = readmodel::open(&folder, Attempts, models).await;
        let (reader, runner) =
            opened.with_context(|| format!("the read model {} cannot be opened", Attempts::NAME))?;
        let run = runner.run(journal.clone(), shell.shutdown.clone());
        let remedy = format!(
            "if its database is damaged, remove {}: it is built again from the journal",
            folder.display()
        );
        shell.tasks.spawn(async move {
            if let Err(error) = run.await {
                let error = format!("{:#}", anyhow::Error::from(error));
                tracing::error!(error, remedy, "the record of deliveries is not kept any more");
            }
        });
        let (mut order, stop) = (Order::new(&folder, reader.clone()), shell.shutdown.clone());
        shell.tasks.spawn(async move {
            while !stop.is_cancelled() {
                order.look().await;
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = sleep(LOOKING) => {}
                }
            }
        });
        Ok(Self { reader, journal })
    }

    /// Which of the events at some positions a subscription has received, as of a line of the journal: whoever writes
    /// there knows its last line about the subscription. Of what a [notice](contract::delivery::Because::Notice) was
    /// about, nothing was received by that.
    ///
    /// # Errors
    /// [`ProblemKind::NotYet`] when the read model has not come there within some time, [`ProblemKind::Internal`] when
    /// it cannot be read. Nothing is known then: whoever asks has to ask again.
    pub async fn received(
        &self,
        subscription: Uuid,
        last_line: u64,
        positions: Vec<u64>,
        within: Duration,
    ) -> Result<Vec<u64>, Problem> {
        self.reach(last_line, Instant::now() + within).await?;
        self.read(move |view| query::received(subscription, &positions, view)).await
    }

    /// Attempts of a subscription, the latest first: all that were on record when it was asked.
    /// `{"items": [`[`Attempt`](contract::delivery::Attempt)` …], "next": cursor, "position": of the journal}`. Of those
    /// that gave an event up only the ones are shown that nothing has come of since: its dead letters.
    ///
    /// # Errors
    /// [`ProblemKind::InvalidQuery`] for a cursor of another question; [`ProblemKind::Unavailable`],
    /// [`ProblemKind::NotYet`] and [`ProblemKind::Internal`] when it cannot be said now.
    pub async fn attempts(&self, asked: Asked, deadline: Instant) -> Result<Value, Problem> {
        self.catch_up(deadline).await?;
        self.read(move |view| query::attempts(&asked, view)).await?.map_err(|error| invalid(&error))
    }

    /// Who received the event at a position, by webhooks and feeds: all that was on record when it was asked.
    /// `{"items": [`[`Receipt`](contract::delivery::Receipt)` …], "next": cursor, "position": of the journal}`.
    ///
    /// # Errors
    /// [`ProblemKind::Forbidden`] for who is no auditor cleared for everything; else as [`attempts`](Self::attempts).
    pub async fn recipients(
        &self,
        who: &Principal,
        (position, page): (u64, Paging),
        deadline: Instant,
    ) -> Result<Value, Problem> {
        who.requires_whole_sight(&Levels::default(), "recipients")?;
        self.catch_up(deadline).await?;
        self.read(move |view| query::recipients(position, &page, view))
            .await?
            .map_err(|error| invalid(&error))
    }

    /// Waits until everything is on record that the journal has now.
    async fn catch_up(&self, deadline: Instant) -> Result<(), Problem> {
        let head = self.journal.head().await.map_err(|error| {
            let error = format!("{:#}", anyhow::Error::from(error));
            tracing::warn!(error, "the journal of deliveries does not answer");
            Problem::new(ProblemKind::Unavailable, "the journal of deliveries does not answer")
        })?;
        self.reach(head, deadline).await
    }

    async fn reach(&self, line: u64, deadline: Instant) -> Result<(), Problem> {
        let reached = self.reader.wait_for(line, deadline).await;
        reached.map(drop).map_err(|error| Problem::new(ProblemKind::NotYet, error.to_string()))
    }

    async fn read<T, F>(&self, read: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&View<'_>) -> T + Send + 'static,
    {
        self.reader.read(read).await.map_err(|error| {
            let error = format!("{:#}", anyhow::Error::from(error));
            tracing::error!(error, "the record of deliveries cannot be read");
            Problem::new(ProblemKind::Internal, "the record of deliveries cannot be read")
        })
    }
}

fn invalid(error: &query::NoCursor) -> Problem {
    Problem::new(ProblemKind::InvalidQuery, error.to_string())
}
