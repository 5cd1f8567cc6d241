//! Why nothing is signed: until it passes, or for good.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

use readmodel::LogError;

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
    #[error("two different trees of {size} leaves were signed")]
    Forked { size: u64 },
    /// The tree is not what was signed.
    #[error(transparent)]
    Tree(#[from] Broken),
    /// The log is not what was signed.
    #[error("it ends at position {head}, before the {signed} that were signed: some are missing")]
    Shorter { signed: u64, head: u64 },
    /// Read again, it has something else than was signed.
    #[error("what stands at position {0} is not what was signed: it was altered")]
    Altered(u64),
    /// Read again, it makes another tree than was signed.
    #[error("the first {0} make another tree than was signed: the log was altered, and the tree with it")]
    Other(u64),
    /// The tree does not follow the log any more.
    #[error("the tree follows it no more: {0}")]
    Stopped(String),
    /// The tree cannot be read.
    #[error("the tree cannot be read")]
    Read(#[source] readmodel::Error),
    /// The log does not answer.
    #[error("the log does not answer")]
    Log(#[source] LogError),
    /// The stream of checkpoints does not answer.
    #[error(transparent)]
    Publication(#[from] PublicationError),
}

impl Trouble {
    /// Whether it may pass without anybody's decision.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::File(..) => true,
            Self::Log(error) => error.transient,
            Self::Publication(error) => error.is_transient(),
            Self::Kept(..)
            | Self::Published(_)
            | Self::Forked { .. }
            | Self::Tree(_)
            | Self::Shorter { .. }
            | Self::Altered(_)
            | Self::Other(_)
            | Self::Stopped(_)
            | Self::Read(_) => false,
        }
    }
}
