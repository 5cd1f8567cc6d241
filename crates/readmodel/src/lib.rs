//! Read models: projections of the log into sled, each disposable and rebuilt from the log.
//!
//! - A [`Projection`] turns one event, or one line of a journal, into row changes. It cannot fail and reads through an [`Overlay`], so
//!   that it sees what earlier events of the same batch changed.
//! - [`open`] gives a [`Reader`], which answers, and a [`Runner`], which follows the [`Log`] on a thread of its
//!   own. Whatever waits forms one batch: small when events trickle, large when there is much to catch up.
//! - **Rows and checkpoint travel in one sled batch in one tree**: after a kill at any moment the store stands
//!   at exactly one position, and the runner continues behind it. Nothing is flushed per batch, for the log is
//!   the truth: a lost tail is projected again. A stop flushes.
//! - The [`Checkpoint`] names the stream, the position and the hash of the event there. The runner compares it
//!   with the log at the start and after every interruption; a mismatch stops it until an operator decides.
//! - A reading closure holds off commits while it runs, so that **an answer reflects exactly one position**;
//!   it must therefore be bounded.
//! - A [`Memory`] follows from rows and stands at the position that they stand at: an index that would be too many
//!   rows to write and to read.
//! - Another schema version is built beside the live store, which serves meanwhile if its rows can still be
//!   read; then one atomic write switches, and the old folder goes.
//! - The same schema is built anew [on request](Reader::rebuild), beside the live store, which goes on following:
//!   no answer waits for it, and none is older than the one before. An operator asks by a file ([`Order`]).
//!
//! A batch closes at [`FULL_BATCH`] writes; only an event that alone makes many can carry one beyond 200. A
//! value longer than [`LARGEST_VALUE`] is refused by [`Overlay::put`].
//!
//! sled appears in no signature: this crate is the only one that knows it.

mod apply;
mod checkpoint;
mod error;
mod folders;
mod follow;
mod log;
mod memory;
mod order;
mod overlay;
mod projection;
mod reader;
mod rebuild;
mod rows;
mod runner;
mod shared;
mod store;

pub use apply::FULL_BATCH;
pub use checkpoint::Checkpoint;
pub use error::Error;
pub use eventlog::{Entry, Line};
pub use log::{Log, LogError, Positioned};
pub use memory::Memory;
pub use order::Order;
pub use overlay::{LARGEST_VALUE, Overlay, TooLarge};
pub use projection::Projection;
pub use reader::{Reader, RebuildError, View, WaitError};
pub use rows::{Direction, Range, Row, Rows, Value};
pub use runner::{Runner, Settings, open};
pub use shared::{Lag, Rebuild, State};
