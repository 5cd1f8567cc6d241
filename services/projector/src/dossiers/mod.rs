//! The dossiers: every record folded, its history, the log, the lists. Where a list is narrowed by words, the
//! [search](crate::search) answers it.
//!
//! | table | key | value |
//! |---|---|---|
//! | `h` | record, version, position | the event as recorded |
//! | `p` | position | record, version, by when everything up to there was recorded |
//! | `u` | uid of an event | position |
//! | `m` | record, version | what became of an event: retracted, corrected, contested; absent: nothing |
//! | `r` | record | the record as served; absent beyond 60 kB: then it is folded on reading |
//! | `s` | record | its [head](crate::head): what lists show and filter by |
//! | `S` | record, position | the head that it had until then |
//! | `l` | [index](crate::index) of the lists | |
//! | `t`, `T`, `O`, `n` | [links](links) | |
//! | `a` | marking, name, record of a [party](crate::parties) | its country |
//! | `k`, `K` | marking and owner, number | [number](crate::markings), marking and owner |

mod accounts;
mod follow;
mod links;
mod list;
mod projection;
mod query;
mod recalls;
mod tables;
#[cfg(test)]
mod tests;
mod trail;

pub(crate) use list::{among, by_time, cursor};
pub use projection::Dossiers;
pub(crate) use query::{Asked, answer};
