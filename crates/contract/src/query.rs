//! Asking: what the gateway asks of a read model. Answers are the JSON that is served.

use domain::{Aggregate, Subject};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Principal;

/// A query with what every query carries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ask<Q = Query> {
    /// On whose behalf: what they may not see is not in the answer.
    pub principal: Principal,
    /// The read model must have reached this log position.
    #[serde(default)]
    pub min_position: u64,
    /// What is asked.
    pub query: Q,
}

/// What the dossiers answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Query {
    /// The folded record.
    Record {
        /// Which.
        subject: Subject,
    },
    /// A record's history, oldest first.
    History {
        /// Whose.
        subject: Subject,
        /// The last version already seen; 0 to begin.
        after: u32,
        /// How many at most.
        limit: u32,
    },
    /// One event.
    Event {
        /// Which.
        uid: Uuid,
    },
    /// The log, oldest first.
    Log {
        /// The last position already seen; 0 to begin.
        after: u64,
        /// How many at most.
        limit: u32,
    },
    /// The records of a collection.
    List(List),
}

/// The records of a collection that meet every filter, by valid time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// Which collection; in JSON the aggregate's singular.
    #[serde(with = "as_text")]
    pub aggregate: Aggregate,
    /// Every one of these takes part: codes of states, names of others, addresses of their records.
    #[serde(default)]
    pub parties: Vec<String>,
    /// One of its places or parties is of this country: ISO 3166-1 alpha-2.
    #[serde(default)]
    pub country: Option<String>,
    /// One of its topics is this or below it.
    #[serde(default)]
    pub topic: Option<String>,
    /// Its kind.
    #[serde(default)]
    pub kind: Option<String>,
    /// Its status.
    #[serde(default)]
    pub status: Option<String>,
    /// Its valid time ends on or after the first day of this (EDTF).
    #[serde(default)]
    pub from: Option<String>,
    /// Its valid time begins on or before the last day of this (EDTF).
    #[serde(default)]
    pub to: Option<String>,
    /// Every word stands in its title, names or text.
    #[serde(default)]
    pub text: Option<String>,
    /// In which order.
    #[serde(default)]
    pub order: Order,
    /// Where the last page ended, as it said in `next`.
    #[serde(default)]
    pub cursor: Option<String>,
    /// How many at most.
    pub limit: u32,
}

/// The events of parties over valid time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Every one of these takes part: codes of states, names of others, addresses of their records; none:
    /// everything.
    #[serde(default)]
    pub parties: Vec<String>,
    /// One of the record's topics is this or below it.
    #[serde(default)]
    pub topic: Option<String>,
    /// Only records of this aggregate, by its singular.
    #[serde(default)]
    pub aggregate: Option<String>,
    /// It ended on or after the first day of this (EDTF).
    #[serde(default)]
    pub from: Option<String>,
    /// It began on or before the last day of this (EDTF).
    #[serde(default)]
    pub to: Option<String>,
    /// In which order.
    #[serde(default)]
    pub order: Order,
    /// Where the last page ended, as it said in `next`.
    #[serde(default)]
    pub cursor: Option<String>,
    /// How many at most.
    pub limit: u32,
}

/// By valid time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Earliest first; what has no date comes last.
    Oldest,
    /// Latest first; what has no date comes last.
    #[default]
    Newest,
}

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
