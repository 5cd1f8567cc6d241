//! What the timeline shows of one happening.

use domain::value::When;
use domain::vocabulary::{OCCURRED, WINDOW};
use domain::{Entry, Kind, Record, Subject};
use jiff::civil::Date;
use readmodel::{Overlay, Rows};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::head::Summary;
use crate::index::{self, Index};
use crate::key::{Key, Parts, Place};

const ITEMS: u8 = b'i';

/// Where happenings stand.
pub(super) const INDEX: Index = Index { rows: b'v', closed: b'V' };

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

    pub(super) fn get(subject: &Subject, version: u32, rows: &impl Rows) -> Option<Self> {
        serde_json::from_slice(&rows.get(key(subject, version).as_ref())?).ok()
    }

    /// Where it stands.
    pub(super) fn places(&self) -> Vec<(u8, Place)> {
        index::places(TIMES, self.earliest, self.latest, self.position)
    }

    /// As it is served.
    pub(super) fn served(&self, of: &Summary) -> Vec<u8> {
        let Summary { subject, aggregate, title, kind, status, parties, names, topics, .. } = of;
        let served = Served { item: self, subject, aggregate, title, kind, status, parties, names, topics };
        serde_json::to_vec(&served).expect("texts and numbers are JSON")
    }
}

/// Replaces an event's row.
pub(super) fn put(subject: &Subject, version: u32, item: Option<&Item>, rows: &mut Overlay<'_>) {
    let key = key(subject, version);
    match item.map(|item| serde_json::to_vec(item).expect("texts and numbers are JSON")) {
        Some(json) => rows.put(key, json).expect("a part of an event of 64 KiB fits"),
        None => rows.remove(key),
    }
}

fn key(subject: &Subject, version: u32) -> Key {
    Key::table(ITEMS).subject(subject).version(version)
}

/// What a place points to.
pub(super) fn target(subject: &Subject, version: u32) -> Vec<u8> {
    Key::table(b'.').subject(subject).version(version).as_ref()[1..].to_vec()
}

/// Reads what [`target`] wrote.
pub(super) fn of_target(target: &[u8]) -> Option<(Subject, u32)> {
    let mut parts = Parts(target);
    Some((parts.subject()?, parts.version()?))
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
