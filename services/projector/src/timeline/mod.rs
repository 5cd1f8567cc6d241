//! The timeline: what happened to a party, or a set of parties, over valid time.
//!
//! | table | key | value |
//! |---|---|---|
//! | `h` | record, version, position | the event as recorded |
//! | `i` | record, version | what the timeline shows of an event; absent: it is retracted or about the register |
//! | `s` | record | its [head](crate::head) |
//! | `v` | marking, party or none, place | record, version |
//! | `k`, `K` | marking and owner, number | [number](crate::markings), marking and owner |
//!
//! An event stands under every party of its record. What is said of the record (its title, its status) is what
//! holds now, whatever held then.

mod item;
mod projection;
mod query;
#[cfg(test)]
mod tests;

pub use projection::Happenings;
pub(crate) use query::{answer, cursor};
