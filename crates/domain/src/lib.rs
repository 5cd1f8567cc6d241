//! The register's domain: what may be recorded, by which rules, and what a history amounts to.
//!
//! Pure. Nothing here reads a clock, a socket or a disk; `make check` proves from `cargo tree` that no
//! runtime, broker or store is among its dependencies. The flow is one way:
//!
//! 1. [`Subject`] and the [`EventKind`] say which record an event belongs to and what happened.
//! 2. The [`vocabulary`] lists every event with its fields; [`read`] turns loose JSON into fields, expanding
//!    shorthand and naming every mistake by JSON pointer.
//! 3. [`Record::admit`] decides: rejected, or recorded with anomalies.
//! 4. [`Record::apply`] folds admitted events into the view that is served.

mod accounts;
mod clocks;
mod data;
mod event;
mod kind;
pub mod marking;
pub mod read;
mod record;
mod subject;
pub mod value;
pub mod vocabulary;

pub use clocks::{Clock, Clocks, Trigger};
pub use data::{Data, read_data};
pub use event::{Anomaly, Event};
pub use kind::{EventKind, EventName, Kind, UnknownEventKind};
pub use marking::{Clearance, Label, Levels, Marking};
pub use record::{
    Corrected, Entry, Expectation, Facets, Foreseen, MOST_EVENTS, Mention, Outcome, Record, Running, statuses,
};
pub use subject::{Aggregate, InvalidSubject, Subject, event_uid};
pub use value::{Bounds, Edtf};
pub use vocabulary::Vocabulary;
