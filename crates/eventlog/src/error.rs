//! What can go wrong with the log, and whether trying again may help.

use std::error::Error as StdError;

use async_nats::jetstream::{self, ErrorCode};
use domain::Subject;

use crate::{Identity, InvalidBatch, OLDEST_SERVER};

pub(crate) type Cause = Box<dyn StdError + Send + Sync>;

/// Why the log could not be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server does not do what the log relies on.
    #[error("nats-server {found} is too old: the log needs {OLDEST_SERVER} or newer")]
    TooOld {
        /// Its version.
        found: String,
    },
    /// There is a stream of that name that would let history be lost.
    #[error("stream {stream} does not protect what it holds: {}", faults.join("; "))]
    Unprotected {
        /// The stream.
        stream: &'static str,
        /// What is wrong with it.
        faults: Vec<String>,
    },
    /// The server is away, has no leader, or did not answer in time.
    #[error("the log does not answer")]
    Unavailable(#[source] Cause),
    /// The server answered that it will not.
    #[error("the server refused")]
    Refused(#[source] jetstream::Error),
    /// The subject of a message is no record's.
    #[error("position {position} of the log belongs to no record")]
    Unreadable {
        /// Where it is.
        position: u64,
    },
}

impl Error {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    pub(crate) fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::Unavailable(cause.into())
    }

    /// Sorts the server's answers: what speaks of its state, not of the request, passes. A stream that is not
    /// there, and servers to keep it, may still be starting.
    pub(crate) fn answered(error: jetstream::Error) -> Self {
        let may_start = [ErrorCode::STREAM_NOT_FOUND, ErrorCode::CLUSTER_NO_PEERS];
        let passes = error.code() >= 500 || may_start.contains(&error.error_code());
        if passes { Self::unavailable(error) } else { Self::Refused(error) }
    }
}

/// Why a batch was not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Records have other last events than expected. Nothing was appended.
    #[error("{} of the batch's records have moved on", .stale.len())]
    Conflict {
        /// Each such record, with the actual position of its last event.
        stale: Vec<(Subject, u64)>,
    },
    /// The log can never take such a batch. Nothing was appended.
    #[error("the batch cannot be appended")]
    Invalid(#[from] InvalidBatch),
    /// The log is away or overfull. Nothing was appended.
    #[error("the log cannot take events now")]
    Unavailable(#[source] Cause),
    /// The answer was lost, and it could not be found out in time whether the batch was appended. It was wholly
    /// or not at all, and may still be.
    #[error("it is not known whether the batch was appended")]
    OutcomeUnknown,
    /// The server answered that it will not. Nothing was appended.
    #[error("the server refused the batch")]
    Refused(#[source] jetstream::Error),
}

impl AppendError {
    /// Whether the same batch may be appended later. After [`OutcomeUnknown`](Self::OutcomeUnknown) it must be
    /// looked for first; its guards see to that.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::OutcomeUnknown)
    }
}

/// Why following ended: the log is not the one that was read so far. An operator has to decide.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TailError {
    /// Another stream has taken the log's place.
    #[error("the stream was replaced: made at {found}, not at {expected}")]
    Replaced {
        /// The stream that was read.
        expected: Identity,
        /// The one that is there.
        found: Identity,
    },
    /// Events are missing.
    #[error("the log has a gap: position {expected} is missing, {found} comes next")]
    Gap {
        /// The position that should come next.
        expected: u64,
        /// The one that does.
        found: u64,
    },
    /// Events are missing somewhere.
    #[error("the log has lost events: it ends at position {head} and holds {events}")]
    Incomplete {
        /// The position of its last event.
        head: u64,
        /// How many events there are.
        events: u64,
    },
    /// The log ends before the event that was read last.
    #[error("the log ends at position {head}, before position {position} that was read")]
    Shorter {
        /// The event that was read.
        position: u64,
        /// The position of the last event.
        head: u64,
    },
    /// The event that was read last is another one now.
    #[error("the event at position {position} is not the one that was read")]
    Altered {
        /// Where it is.
        position: u64,
    },
    /// The subject of a message is no record's.
    #[error("position {position} of the log belongs to no record")]
    Unreadable {
        /// Where it is.
        position: u64,
    },
}

impl TailError {
    /// Whether following again may help: never. What passes is waited for inside [`Tail`](crate::Tail).
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        false
    }

    /// Whether a new leader that has not yet applied everything could look like this.
    pub(crate) const fn may_be_early(&self) -> bool {
        matches!(self, Self::Shorter { .. })
    }
}
