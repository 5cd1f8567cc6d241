//! An admitted event, as the fold sees it.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::{Data, Kind, Marking};

/// An event of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The register's identifier.
    pub uid: Uuid,
    /// How many events the record has with this one.
    pub version: u32,
    /// Where it stands in the log.
    pub position: u64,
    /// What happened.
    pub kind: Kind,
    /// When its producer made it.
    pub time: Timestamp,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// Who says so: an agency or a URI below it.
    pub source: String,
    /// The agency that recorded it.
    pub agency: String,
    /// Who recorded it.
    pub actor: String,
    /// Whom they acted for.
    pub on_behalf_of: Option<String>,
    /// The record's marking when this was recorded; the first event's begins it.
    pub marking: Marking,
    /// What the rules found implausible.
    pub anomalies: Vec<Anomaly>,
    /// What it says.
    pub data: Data,
}

/// A plausibility rule that an event did not meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Anomaly {
    /// The rule, in kebab-case: `signed-before-concluded`.
    pub code: Cow<'static, str>,
    /// Where in the event's `data`: a JSON pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What the rule says, for people.
    pub detail: String,
}

impl Anomaly {
    /// A rule not met by the event as a whole.
    pub(crate) fn of(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code: Cow::Borrowed(code), pointer: None, detail: detail.into() }
    }

    /// A rule not met by what stands at a place.
    pub(crate) fn at(code: &'static str, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), ..Self::of(code, detail) }
    }
}
