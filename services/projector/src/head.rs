//! What is known of a record without folding it: what lists show and filter by.

use domain::{Bounds, Record, Subject};
use jiff::civil::Date;
use readmodel::{Overlay, Rows};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::key::{Key, Place};
use crate::markings;

/// Record → its head, in JSON.
const HEADS: u8 = b's';

/// A record's row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// Its marking, interned.
    pub(crate) marking: u32,
    /// The position of its first event: no other record has it.
    pub(crate) first: u64,
    /// Whether it links to others.
    pub(crate) links: bool,
    /// ISO 3166-1 alpha-2 codes.
    pub(crate) countries: Vec<String>,
    /// What lists show.
    pub(crate) summary: Summary,
}

/// A record as it stands in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) subject: Subject,
    pub(crate) id: uuid::Uuid,
    pub(crate) aggregate: String,
    pub(crate) title: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) kind: Option<String>,
    pub(crate) status: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) when: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) earliest: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) latest: Option<Date>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) parties: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) topics: Vec<String>,
    pub(crate) version: u32,
    pub(crate) marking: String,
}

impl Head {
    /// Of a record with this many events, the first of which stands at `first`.
    pub(crate) fn of(
        record: &Record,
        version: u32,
        first: u64,
        when: Option<Value>,
        rows: &mut Overlay<'_>,
    ) -> Self {
        let subject = record.subject();
        let marking = record.marking().to_string();
        let facets = record.facets();
        let bounds = record.valid_time().unwrap_or(Bounds::UNKNOWN);
        Self {
            marking: markings::intern(&marking, record.owner(), rows),
            first,
            links: record.links().next().is_some(),
            countries: facets.countries.into_iter().collect(),
            summary: Summary {
                subject,
                id: subject.id,
                aggregate: subject.aggregate.to_string(),
                title: record.title().to_owned(),
                kind: record.kind().map(str::to_owned),
                status: record.status().to_owned(),
                when,
                earliest: bounds.earliest,
                latest: bounds.latest,
                parties: facets.parties.into_iter().collect(),
                topics: facets.topics.into_iter().collect(),
                version,
                marking,
            },
        }
    }

    pub(crate) fn get(subject: &Subject, rows: &impl Rows) -> Option<Self> {
        serde_json::from_slice(&rows.get(Key::table(HEADS).subject(subject).as_ref())?).ok()
    }

    pub(crate) fn put(&self, rows: &mut Overlay<'_>) {
        let json = serde_json::to_vec(self).expect("texts and numbers are JSON");
        let key = Key::table(HEADS).subject(&self.summary.subject);
        rows.put(key, json).expect("an event of 64 KiB has no head beyond it");
    }

    /// Whether a residue is all that is left of it.
    pub(crate) fn is_disposed(&self) -> bool {
        self.summary.status == "disposed"
    }

    /// Where it stands in lists.
    pub(crate) fn place(&self) -> Place {
        Place::new(self.summary.earliest.or(self.summary.latest), self.first)
    }
}
