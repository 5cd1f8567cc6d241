//! What the runner needs of the log, so that tests can hand it one made of memory.

use std::error::Error as StdError;

use futures_util::Stream;
use jiff::Timestamp;

/// One event of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where it stands in the log; the first is 1.
    pub position: u64,
    /// The record it belongs to.
    pub subject: domain::Subject,
    /// How many events the record has with this one.
    pub version: u32,
    /// The event's type in full.
    pub kind: String,
    /// The record's facets as it then stood.
    pub facets: contract::Facets,
    /// The envelope.
    pub payload: bytes::Bytes,
    /// When the log took it.
    pub stored: Timestamp,
}

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
