//! What the timeline shows of one happening.

use domain::value::When;
use domain::vocabulary::{OCCURRED, WINDOW};
use domain::{Entry, Kind, Record, Subject};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::head::Summary;
use crate::index::{self, Entry as Stands, Index};

/// Where happenings stand.
pub(super) const INDEX: Index = Index { rows: b'v' };

/// By the time of the happening; the only order.
pub(super) const TIMES: u8 = 0;

/// A happening's row, under the event that told it first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Item {
    position: u64,
    uid: Uuid,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    when: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) earliest: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) latest: Option<Date>,
}

impl Item {
    /// Of a happening, in the place of the event that told it first: `None` for every other account of it, and
    /// for what does not count, is unknown, about the register, or of a disposed record.
    pub(super) fn of(record: &Record, entry: &Entry) -> Option<Self> {
        let Kind::Known(kind) = &entry.event.kind else { return None };
        let (first, data) = record.happening(entry)?;
        if first.event.uid != entry.event.uid {
            return None;
        }
        let when = data.get(&OCCURRED).or_else(|| data.get(&WINDOW));
        let bounds = when.map(When::bounds);
        Some(Self {
            position: entry.event.position,
            uid: entry.event.uid,
            kind: kind.to_string(),
            when: when.and_then(|when| serde_json::to_value(when).ok()),
            earliest: bounds.and_then(|bounds| bounds.earliest),
            latest: bounds.and_then(|bounds| bounds.latest),
        })
    }

    /// Where it stands.
    pub(super) fn stands(&self) -> Stands {
        let places = index::places(TIMES, self.earliest, self.latest, self.position);
        Stands { tags: 0, last: self.latest, places }
    }

    /// As it is served.
    pub(super) fn served(&self, of: &Summary) -> Vec<u8> {
        let Summary { subject, aggregate, title, kind, status, parties, names, topics, .. } = of;
        let served = Served { item: self, subject, aggregate, title, kind, status, parties, names, topics };
        serde_json::to_vec(&served).expect("texts and numbers are JSON")
    }
}

#[derive(Serialize)]
struct Served<'s> {
    #[serde(flatten)]
    item: &'s Item,
    subject: &'s Subject,
    aggregate: &'s str,
    title: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: &'s Option<String>,
    status: &'s str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parties: &'s Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: &'s Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    topics: &'s Vec<String>,
}
