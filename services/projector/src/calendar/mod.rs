//! The calendar: what is foreseen, and what of it is overdue, runs out or came late.
//!
//! | table | key | value |
//! |---|---|---|
//! | `h` | record, version, position | the event as recorded |
//! | `i`, `I` | [items](crate::items) by slot | what is foreseen there; absent: nothing |
//! | `s`, `S` | record | its [head](crate::head), and those that it had |
//! | `x` | [index](crate::index) | where what is foreseen stands |
//! | `a` | marking, name, record of a [party](crate::parties) | its country |
//! | `k`, `K` | marking and owner, number | [number](crate::markings), marking and owner |
//!
//! A record has a slot for its engagement or commitment, one for the review of its marking, and one for each
//! [clock](domain::Clocks). What stands in one has tags: what is due, and its state, which is one of
//!
//! - `open`: nothing ended it. Which of these are overdue or soon will be is the part of an order of last days that
//!   lies before a day, so that no row changes when a day passes;
//! - `unlimited`: an open clock whose rule gives no number. It is shown to who asks for clocks;
//! - `late`: it came after its last day.
//!
//! What came in time or was called off stands nowhere. **As known at a position**, the index says what stood where,
//! and heads and items are kept as they were.
//!
//! The rules of clocks are part of the rows: where they change, [`SCHEMA`](readmodel::Projection::SCHEMA) goes up.

mod item;
mod projection;
mod query;
#[cfg(test)]
mod tests;

pub use projection::Expectations;
pub(crate) use query::{answer, cursor};
