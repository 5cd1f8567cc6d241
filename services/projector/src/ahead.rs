//! Waiting for what is not recorded yet.
//!
//! Who has just written waits for a read model that is about to have it, and gets in. Who waits for what is to come,
//! such as a client that follows the log, waits as long as it takes: such waits have a few places of their own, so
//! that they cannot take those of the others. Which of the two a wait is, only the log knows.

use std::time::Duration;

use contract::{Problem, ProblemKind};
use eventlog::EventLog;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// How far beyond its end the log may come while somebody waits: ten seconds at a thousand events a second. No
/// position beyond that was given to anybody.
const REACH: u64 = 10_000;

/// How long the log is asked where it ends.
const ASKING: Duration = Duration::from_secs(1);

/// The places of those who wait for what is not recorded yet.
pub(crate) struct Ahead {
    log: EventLog,
    /// When the log was last asked where it ends, and what it said.
    end: Mutex<Option<(Instant, u64)>>,
    places: Semaphore,
}

impl Ahead {
    pub(crate) fn new(log: EventLog, places: usize) -> Self {
        Self { log, end: Mutex::new(None), places: Semaphore::new(places) }
    }

    /// The place of a wait for a position; none if it is recorded already and need not take one.
    ///
    /// # Errors
    /// A problem when the log will not come so far meanwhile, or too many wait already.
    pub(crate) async fn place(&self, position: u64) -> Result<Option<SemaphorePermit<'_>>, Problem> {
        match self.end().await {
            Some(end) if position <= end => return Ok(None),
            Some(end) if position > end.saturating_add(REACH) => {
                let detail = format!("there is no position {position} to wait for: the log ends at {end}");
                return Err(Problem::new(ProblemKind::InvalidQuery, detail));
            }
            // While the log does not say, nobody is told that a position does not exist.
            _ => {}
        }
        let busy = || Problem::new(ProblemKind::Unavailable, "too many wait for what is not recorded yet");
        self.places.try_acquire().map(Some).map_err(|_| busy())
    }

    /// Refuses a position that the log does not have, if the log says so.
    ///
    /// # Errors
    /// A problem when it ends before.
    pub(crate) async fn has(&self, position: u64) -> Result<(), Problem> {
        match self.end().await {
            Some(end) if position > end => {
                let detail =
                    format!("there is no position {position} to go on behind: the log ends at {end}");
                Err(Problem::new(ProblemKind::InvalidQuery, detail))
            }
            _ => Ok(()),
        }
    }

    /// Where the log ends, as it says after this was asked: who comes while it is being asked asks together with the
    /// others that came.
    async fn end(&self) -> Option<u64> {
        let asked = Instant::now();
        let end = async {
            let mut end = self.end.lock().await;
            if let Some((_, known)) = end.filter(|(at, _)| *at > asked) {
                return Some(known);
            }
            let at = Instant::now();
            let found = self.log.head().await.ok()?;
            *end = Some((at, found));
            Some(found)
        };
        timeout_at(asked + ASKING, end).await.ok()?
    }
}
