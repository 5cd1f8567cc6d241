//! What the dossiers and the timeline are asked.

use domain::{Aggregate, Subject};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Filters, Order, Paging, as_text};
use crate::following::Follow;

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
    /// A record's history as an auditor reads it: who did what, when, from where, by which authority, and what it
    /// changed.
    Trail(Trail),
    /// The accounts of each happening of a record side by side, with what stands and why.
    Accounts {
        /// Of which record.
        subject: Subject,
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
    /// The log as several readers may see it, with what each event is found by.
    Follow(Follow),
    /// The last log position that was recorded by a time.
    Position {
        /// The time.
        at: Timestamp,
    },
    /// The records of a collection.
    List(List),
    /// What a desk needs before two parties meet.
    Brief(Brief),
}

/// The events of a record's trail that meet every filter, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// Whose.
    pub subject: Subject,
    /// Who recorded them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Of which agency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// What was done: the name of an event, such as `corrected`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Recorded at this time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Recorded at this time or earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The last version already seen; 0 to begin.
    #[serde(default)]
    pub after: u32,
    /// How many at most.
    pub limit: u32,
}

/// The records of a collection that meet every filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// Which collection; in JSON the aggregate's singular.
    #[serde(with = "as_text")]
    pub aggregate: Aggregate,
    /// What they are narrowed by.
    #[serde(default)]
    pub filters: Filters,
    /// Commitments: one of their owners, as parties are written.
    #[serde(default)]
    pub owner: Option<String>,
    /// Commitments: one of their beneficiaries, as parties are written.
    #[serde(default)]
    pub beneficiary: Option<String>,
    /// Commitments: how firm they are.
    #[serde(default)]
    pub strength: Option<String>,
    /// By which time.
    #[serde(default)]
    pub sort: Sort,
    /// In which order.
    #[serde(default)]
    pub order: Order,
    /// Which page.
    #[serde(flatten)]
    pub page: Paging,
}

/// The time by which records are put in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// When it happened or is to happen.
    #[default]
    Valid,
    /// When its first event was recorded.
    Recorded,
}

/// Before a meeting of two parties, one of which is ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brief {
    /// We: a state's code, a name or the address of a party's record.
    pub us: String,
    /// They, likewise.
    pub them: String,
    /// Mark what was recorded after this log position as new.
    #[serde(default)]
    pub since: Option<u64>,
    /// The day on which it is read.
    pub today: Date,
}

/// The happenings of parties over valid time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Only records of this aggregate, by its singular.
    #[serde(default)]
    pub aggregate: Option<String>,
    /// What they are narrowed by.
    #[serde(default)]
    pub filters: Filters,
    /// In which order.
    #[serde(default)]
    pub order: Order,
    /// Which page.
    #[serde(flatten)]
    pub page: Paging,
}
