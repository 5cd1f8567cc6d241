//! What followers are told of events, as the read model that knows today's markings says it.

use std::borrow::Cow;

use domain::Subject;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Filter;
use crate::{Facets, Principal};

/// What is behind a position, for several readers at once: each event is looked at once, however many follow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    /// The last position already seen; absent: all of them, only where the log stands is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// How many events at most.
    pub limit: u32,
    /// Who reads: what counts is for what each is [cleared](Principal::cleared).
    pub readers: Vec<Principal>,
    /// What they want to hear of.
    #[serde(default)]
    pub filter: Filter,
}

/// The answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct Following<'b> {
    /// Everything up to here was looked at.
    pub through: u64,
    /// Behind the position asked for, it has changed who may see something, or what is left of it: what was said of
    /// earlier events may no longer be so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsettles: bool,
    /// In the order of the log; what none of the readers may see is there only if it recalls something, and then without
    /// a form.
    #[serde(borrow)]
    pub events: Vec<Told<'b>>,
}

/// One event.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told<'b> {
    /// Its place in the log.
    pub position: u64,
    /// The record it belongs to.
    pub subject: Subject,
    /// Its type in full; empty: it says none.
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'b, str>,
    /// The record's facets as it stood with this event, under the marking of today.
    pub facets: Facets,
    /// The `CloudEvent` as readers see it: mostly all the same.
    #[serde(borrow)]
    pub forms: Vec<&'b RawValue>,
    /// Of each reader, in the order in which they were named: which form they see; none: they may not see it.
    pub seen: Vec<Option<u16>>,
    /// What it sets right: whoever received that has to hear of this, whatever they want to hear of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recalls: Vec<Recalled>,
}

/// An earlier event that a later one sets right: corrects, retracts, contests, adjudicates, or takes from where it could
/// be seen. Who received it and may not see what sets it right is told its uid and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recalled {
    /// Its place in the log.
    pub position: u64,
    /// Its address.
    pub uid: Uuid,
    /// Its type in full; empty: it says none.
    #[serde(rename = "type")]
    pub kind: String,
    /// The record's facets as it stood with this event, under the marking of today.
    pub facets: Facets,
}
