//! What crosses the wire: everything that one process of the register may say to another.
//!
//! - [`Proposed`] is an event as a producer sends it, [`Recorded`] as the log keeps it: structured CloudEvents
//!   1.0.2 in JSON.
//! - [`subjects`] builds and parses every NATS subject, in this one place.
//! - [`Submit`] asks the registrar, [`Query`] a read model; [`Problem`] is how anything is refused (RFC 9457).
//! - [`brief::Document`] is what a brief answers: other forms than JSON are made from it.
//! - [`following::Filter`] says which events a follower wants to hear of.
//! - [`Access`] is an entry of the log of reads.
//! - [`Principal`] says on whose behalf, in every request.
//!
//! Not here: how events are stored ([eventlog]), what they mean ([domain]).
//!
//! [eventlog]: ../eventlog/index.html
//! [domain]: ../domain/index.html

pub mod brief;
mod command;
mod convert;
pub mod delivery;
mod envelope;
pub mod following;
pub mod headers;
mod principal;
mod problem;
mod query;
mod reads;
pub mod subjects;
pub mod subscription;

pub use command::{Noted, Submit, Submitted, SubmittedEvent};
pub use envelope::{InvalidEnvelope, Proposed, Recorded, Salt};
pub use headers::Facets;
pub use principal::{Principal, Role};
pub use problem::{InputError, Problem, ProblemKind};
pub use query::{
    Agenda, Ask, Audit, Brief, By, Calendar, Covering, Due, Filters, Find, List, Order, Overdue, Paging,
    Query, Reads, Search, Sort, State, Statistics, Timeline, Trail,
};
pub use reads::{Access, Carried, Outcome, Streamed, Streamer, kind};
