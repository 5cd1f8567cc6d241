//! The log of events: guarded atomic append, reading a record's events, following from a position.
//!
//! - One stream holds every event for ever. [`EventLog::open`] makes it, or refuses one that does not protect
//!   what it holds.
//! - [`EventLog::append`] takes a [`Batch`], all of it or nothing. Every record's first event is guarded by the
//!   position of the record's last one, so that no read precedes an append; a guard that does not hold is
//!   [`AppendError::Conflict`]. Submissions that wait together are committed together.
//! - [`EventLog::read`] returns one record's events, [`EventLog::last`] and [`EventLog::head`] ask the stream's
//!   leader, [`EventLog::tail`] follows every event from a position and refuses a log that lost any.
//!
//! - A [`Journal`] is a stream beside the log, as well protected, of lines that stand by themselves and are guarded by
//!   nothing; a [`Writer`] adds to it. The log of reads is one. A [`Ledger`] adds lines to one that has a subject for each
//!   thing, each behind the last line about that thing.
//!
//! NATS JetStream is behind it and shows nowhere. Atomic batches follow ADR-50, batched direct reads ADR-31 of
//! the NATS architecture decisions. What events mean is not known here.

mod append;
mod commit;
mod entry;
mod error;
mod journal;
mod leader;
mod ledger;
mod log;
mod message;
mod publish;
mod read;
mod session;
mod settle;
mod stream;
mod tail;

pub use append::{Append, Appended, Batch, InvalidBatch};
pub use entry::{Checkpoint, Entry, Hash};
pub use error::{AppendError, Error, TailError};
pub use journal::{Journal, Line, WriteError, Writer};
pub use ledger::{Ledger, LedgerError};
pub use log::{EventLog, Settings};
pub use stream::{DELIVERIES_PLAN, Identity, OLDEST_SERVER, Plan, READS_PLAN};
pub use tail::{Progress, Start, Tail};
