//! Submitting: what the gateway asks of a registrar, and what it answers.

use domain::Subject;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Principal, Proposed};

/// One submission: recorded wholly or not at all.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Submit {
    /// On whose behalf.
    pub principal: Principal,
    /// The events, in the order in which they are to stand.
    pub events: Vec<Proposed>,
    /// Whether the caller sent a list: pointers to mistakes then begin with the event's index.
    pub listed: bool,
    /// Check everything, record nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Reject what would be flagged.
    #[serde(default)]
    pub strict: bool,
}

/// The answer to a submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// The log position of the last event, or of the last one when it was first recorded; absent for a dry run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub position: Option<u64>,
    /// One for each event sent, in the same order.
    pub events: Vec<SubmittedEvent>,
}

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmittedEvent {
    /// The register's identifier.
    pub uid: Uuid,
    /// The producer's identifier, or the one made for it.
    pub id: String,
    /// The record.
    pub subject: Subject,
    /// How many events the record has with this one.
    pub version: u32,
    /// Where it stands in the log; absent for a dry run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub position: Option<u64>,
    /// What the rules found implausible.
    #[serde(default)]
    pub anomalies: Vec<Noted>,
}

/// A plausibility rule that an event did not meet. It is recorded all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// The rule, in kebab-case: `signed-before-concluded`.
    pub code: String,
    /// Where in the event, a JSON pointer into `data`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pointer: Option<String>,
    /// What the rule says, for people.
    pub detail: String,
}
