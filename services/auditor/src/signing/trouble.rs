//! Why nothing is signed: until it passes, or for good.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

use crate::publication::PublicationError;
use crate::tree::Broken;

type Cause = Box<dyn StdError + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The file of the last signed checkpoint cannot be read or written.
    #[error("{} cannot be read or written", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// What is on file is not what we signed.
    #[error("{} is no checkpoint of this log by this key", .0.display())]
    Kept(PathBuf, #[source] Cause),
    /// What was published last is not what we signed.
    #[error("what was published last is no checkpoint of this log by this key")]
    Published(#[source] Cause),
    /// Two histories were signed.
    #[error("two different trees of {size} events were signed")]
    Forked { size: u64 },
    /// The tree is not what was signed.
    #[error(transparent)]
    Tree(#[from] Broken),
    /// The log is not what was signed.
    #[error(
        "the log ends at position {head}, before the {signed} events that were signed: events are missing"
    )]
    Shorter { signed: u64, head: u64 },
    /// The tree does not follow the log any more.
    #[error("the tree follows the log no more: {0}")]
    Stopped(String),
    /// The tree cannot be read.
    #[error("the tree cannot be read")]
    Read(#[source] readmodel::Error),
    /// The log does not answer.
    #[error("the log does not answer")]
    Log(#[source] eventlog::Error),
    /// The stream of checkpoints does not answer.
    #[error(transparent)]
    Publication(#[from] PublicationError),
}

impl Trouble {
    /// Whether it may pass without anybody's decision.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::File(..) => true,
            Self::Log(error) => error.is_transient(),
            Self::Publication(error) => error.is_transient(),
            Self::Kept(..)
            | Self::Published(_)
            | Self::Forked { .. }
            | Self::Tree(_)
            | Self::Shorter { .. }
            | Self::Stopped(_)
            | Self::Read(_) => false,
        }
    }
}
