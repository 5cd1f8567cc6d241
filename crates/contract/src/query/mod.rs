//! Asking: what the gateway asks of a read model. Answers are the JSON that is served.
//!
//! One read model answers one enum: [`Query`] the dossiers, [`Timeline`] the timeline, [`Agenda`] the calendar,
//! [`Find`] the search, [`Audit`] the auditor. What many questions have in common is [`Filters`] and [`Paging`].

mod agenda;
mod audit;
mod dossiers;
mod filters;
mod find;

pub use agenda::{Agenda, Calendar, Due, Overdue, State};
pub use audit::{Audit, Covering, Reads};
pub use dossiers::{Brief, List, Query, Sort, Timeline, Trail};
pub use filters::{Filters, Order, Paging};
pub use find::{By, Find, Search, Statistics};
use serde::{Deserialize, Serialize};

use crate::Principal;

/// A query with what every query carries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ask<Q = Query> {
    /// On whose behalf: what they may not see is not in the answer.
    pub principal: Principal,
    /// The read model must have reached this log position.
    #[serde(default)]
    pub min_position: u64,
    /// Answer as the register knew it at this log position: what was recorded later is not seen. Who may see what
    /// is as of today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_at: Option<u64>,
    /// What is asked.
    pub query: Q,
}

/// An aggregate by its singular.
mod as_text {
    use domain::Aggregate;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(aggregate: &Aggregate, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(aggregate.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Aggregate, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(input)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
