//! The register's domain: what may be recorded, by which rules, and what a history amounts to.
//!
//! Pure. Nothing here reads a clock, a socket or a disk; `make check` proves from `cargo tree` that no
//! runtime, broker or store is among its dependencies. The flow is one way:
//!
//! 1. [`Subject`] and the kind say which record an event belongs to and what happened.
//! 2. The vocabulary lists every event with its fields; [`read`] turns loose JSON into fields, expanding
//!    shorthand and naming every mistake by JSON pointer.
//! 3. Admission decides: rejected, or recorded with anomalies.
//! 4. The record folds admitted events into the view that is served.

pub mod marking;
pub mod read;
mod subject;
pub mod value;

pub use marking::{Clearance, Levels, Marking};
pub use subject::{Aggregate, InvalidSubject, Subject, event_uid};
pub use value::{Bounds, Edtf};
