//! Why a read model cannot go on.

use std::io;
use std::path::{Path, PathBuf};

use crate::LogError;

/// Why a read model cannot be opened or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be opened. Removing its folder rebuilds it from the log.
    #[error("the database in {0} cannot be opened: remove the folder, it is built again from the log")]
    Open(PathBuf, #[source] sled::Error),
    /// The database is damaged: it breaks off instead of opening or reading.
    #[error("the database in {0} is damaged: remove the folder, it is built again from the log")]
    Damaged(PathBuf),
    /// Another process has the database open.
    #[error("the database in {0} is open in another process")]
    Locked(PathBuf, #[source] sled::Error),
    /// The database cannot be read or written.
    #[error("the database cannot be read or written")]
    Store(#[source] sled::Error),
    /// A file or folder beside the databases cannot be read or written.
    #[error("{0} cannot be read or written")]
    Folder(PathBuf, #[source] io::Error),
    /// The checkpoint cannot be read.
    #[error("the checkpoint cannot be read")]
    Checkpoint(#[source] serde_json::Error),
    /// The folder holds another read model.
    #[error("{folder} holds “{found}”, not “{expected}”")]
    Other {
        /// Where.
        folder: PathBuf,
        /// What is there.
        found: String,
        /// What should be there.
        expected: String,
    },
    /// The read model was made from another stream.
    #[error("the read model was made from the stream of {expected}, this one is of {found}")]
    OtherStream {
        /// The creation time of the stream it was made from.
        expected: String,
        /// That of the one found.
        found: String,
    },
    /// The log is shorter than what was applied.
    #[error("the read model stands at {position}, the log ends at {head}: events are missing")]
    Shorter {
        /// Where the read model stands.
        position: u64,
        /// Where the log ends.
        head: u64,
    },
    /// It was found at the start that the read model was made from another log: what it holds is not answered.
    #[error("the read model is of another log, an operator must decide: {0}")]
    Disowned(String),
    /// The log holds another event at the checkpoint.
    #[error("the event at {position} is not the one that was applied: the log was altered")]
    Altered {
        /// Where.
        position: u64,
    },
    /// The log skipped positions.
    #[error("position {expected} was to come, {found} came: events are missing")]
    Gap {
        /// What was to come.
        expected: u64,
        /// What came.
        found: u64,
    },
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The projection panicked: a mistake in the program.
    #[error("the projection broke off")]
    Panicked,
}

impl Error {
    /// Whether trying again may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Log(error) => error.transient,
            Self::Locked(..) => true,
            _ => false,
        }
    }

    /// Whether the log is not the one that was applied.
    pub(crate) const fn is_of_another_log(&self) -> bool {
        matches!(self, Self::OtherStream { .. } | Self::Shorter { .. } | Self::Altered { .. })
    }

    /// Sorts why a database in `folder` was not opened.
    pub(crate) fn opening(folder: &Path, error: sled::Error) -> Self {
        let is_locked =
            matches!(&error, sled::Error::Io(error) if error.to_string().contains("acquire lock"));
        let sort = if is_locked { Self::Locked } else { Self::Open };
        sort(folder.to_owned(), error)
    }
}
