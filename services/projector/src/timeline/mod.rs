//! The timeline: what happened to a party, or a set of parties, over valid time.
//!
//! | table | key | value |
//! |---|---|---|
//! | `h` | record, version, position | the event as recorded |
//! | `i`, `I` | [items](crate::items) by version | what the timeline shows of a happening, at the event that told it first; absent: there is nothing to show |
//! | `s`, `S` | record | its [head](crate::head), and those that it had |
//! | `v` | [index](crate::index) | where happenings stand |
//! | `a` | marking, name, record of a [party](crate::parties) | its country |
//! | `k`, `K` | marking and owner, number | [number](crate::markings), marking and owner |
//!
//! A happening stands under every facet of its record, once, however many accounts there are of it: at the
//! position of the first, with the time that all of them, corrections and adjudications amount to. Of a disposed
//! record nothing stands here, now or earlier: when it happened was part of what was disposed of. What is said of
//! the record (its title, its status) is what holds now, whatever held then.
//!
//! **As known at a position**, the index says what stood where, and heads and items are kept as they were. The
//! status and words of a title are no facets: they are compared.

mod item;
mod projection;
mod query;
#[cfg(test)]
mod tests;

pub use projection::Happenings;
pub(crate) use query::{answer, cursor};
