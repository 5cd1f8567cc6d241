//! What the runner needs of the log, so that tests can hand it one made of memory.

use std::error::Error as StdError;

use eventlog::{Entry, EventLog};
use futures_util::{Stream, TryStreamExt};

/// The log as a read model sees it.
pub trait Log: Clone + Send + Sync + 'static {
    /// Which stream this is: its creation time. A replaced stream has another.
    fn origin(&self) -> String;

    /// The position of the last event.
    fn head(&self) -> impl Future<Output = Result<u64, LogError>> + Send;

    /// Every event after a position, in order, endless.
    fn tail(&self, after: u64) -> impl Stream<Item = Result<Entry, LogError>> + Send + Unpin;
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
