//! The search: words in titles, topics, names, utterances and notes; lists with words; counts.
//!
//! What is found is found by an index of tantivy; what is shown is in rows, of which the index is made:
//!
//! | table | key | value |
//! |---|---|---|
//! | `h` | record, version, position | the event as recorded |
//! | `s` | record | its [head](crate::head) |
//! | `d` | record | its texts by field, and what else it is counted by |
//! | `c` | position of a record's last change | the record |
//! | `a` | marking, name, record of a [party](crate::parties) | its country |
//! | `k`, `K` | marking and owner, number | [number](crate::markings), marking and owner |
//!
//! - The [indexer] follows the rows: it takes whatever changed behind its last commit (table `c`), replaces the
//!   documents, commits with the new position, and only then answers from it. A lost or damaged index is made again
//!   from the rows; there is nothing in it besides.
//! - **What a reader may not see takes no part**: documents are passed over by their marking before they are ranked or
//!   counted, and ranks are grades of a match, not statistics of a collection.

mod columns;
mod counting;
mod fields;
mod firsts;
mod having;
mod highlight;
mod index;
mod indexer;
mod matches;
mod matching;
mod parse;
mod projection;
mod query;
mod rank;
#[cfg(test)]
mod speed;
mod statistics;
mod tallied;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod texts;
mod then;
mod words;

pub(crate) use indexer::{Indexer, Live};
pub use projection::Texting;
pub(crate) use query::{Told, answer, cursor, unreadable};
