//! What the runner needs of the log, so that tests can hand it one made of memory.

use std::error::Error as StdError;

use eventlog::{Entry, EventLog, Hash, Journal, Line};
use futures_util::{Stream, TryStreamExt};
use jiff::Timestamp;

/// What stands at each position of a log.
pub trait Positioned: Send + Sync + 'static {
    /// Where it stands, from 1, without gaps.
    fn position(&self) -> u64;

    /// What tells it from another at the same position.
    fn hash(&self) -> Hash;

    /// When it was stored.
    fn stored(&self) -> Timestamp;
}

/// The log as a read model sees it: that of the events, or a journal.
pub trait Log: Clone + Send + Sync + 'static {
    /// What it consists of.
    type Entry: Positioned;

    /// Which stream this is: its creation time. A replaced stream has another.
    fn origin(&self) -> String;

    /// The position of the last event.
    fn head(&self) -> impl Future<Output = Result<u64, LogError>> + Send;

    /// Every event after a position, in order, endless.
    fn tail(&self, after: u64) -> impl Stream<Item = Result<Self::Entry, LogError>> + Send + Unpin;
}

/// The log did not answer, or something is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("the log cannot be read")]
pub struct LogError {
    /// Whether trying again may help.
    pub transient: bool,
    /// What went wrong.
    pub source: Box<dyn StdError + Send + Sync>,
}

impl LogError {
    fn new(transient: bool, source: impl StdError + Send + Sync + 'static) -> Self {
        Self { transient, source: Box::new(source) }
    }
}

impl Log for EventLog {
    type Entry = Entry;

    fn origin(&self) -> String {
        self.identity().to_string()
    }

    async fn head(&self) -> Result<u64, LogError> {
        Self::head(self).await.map_err(|error| LogError::new(error.is_transient(), error))
    }

    fn tail(&self, after: u64) -> impl Stream<Item = Result<Entry, LogError>> + Send + Unpin {
        Self::tail(self, after).map_err(|error| LogError::new(error.is_transient(), error))
    }
}

impl Log for Journal {
    type Entry = Line;

    fn origin(&self) -> String {
        self.identity().to_string()
    }

    async fn head(&self) -> Result<u64, LogError> {
        Self::head(self).await.map_err(|error| LogError::new(error.is_transient(), error))
    }

    fn tail(&self, after: u64) -> impl Stream<Item = Result<Line, LogError>> + Send + Unpin {
        Self::tail(self, after).map_err(|error| LogError::new(error.is_transient(), error))
    }
}

impl Positioned for Entry {
    fn position(&self) -> u64 {
        self.position
    }

    fn hash(&self) -> Hash {
        Self::hash(self)
    }

    fn stored(&self) -> Timestamp {
        self.stored
    }
}

impl Positioned for Line {
    fn position(&self) -> u64 {
        self.position
    }

    fn hash(&self) -> Hash {
        Self::hash(self)
    }

    fn stored(&self) -> Timestamp {
        self.stored
    }
}
