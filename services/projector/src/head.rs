//! What is known of a record without folding it: what lists show and filter by.

use std::collections::BTreeSet;

use domain::{Aggregate, Bounds, Mention, Record, Subject};
use jiff::civil::Date;
use readmodel::{Overlay, Rows};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::key::{Key, Place};

/// Record → its head, in JSON.
const HEADS: u8 = b's';

/// A head has 64 KiB at most, whatever was said of a record in how many events. Of parties 20,000 bytes of keys
/// and names are kept, states first: with quotes and escapes about 32,000; then 16,000 of how they are mentioned,
/// 8,000 of topics, 4,000 of owners. What remains are a few fields of at most 300 characters.
const MOST_OF_PARTIES: usize = 20_000;
const MOST_OF_MENTIONS: usize = 16_000;
const MOST_OF_TOPICS: usize = 8_000;
const MOST_OF_OWNERS: usize = 4_000;

/// A mention's JSON without its key.
const OF_A_MENTION: usize = 90;

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
    /// How its parties are told from others of their names.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) mentions: Vec<Mention>,
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
    /// What each of the parties is called, in the same order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) names: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) topics: Vec<String>,
    /// Of a commitment: how firm it is, when it is due, whose it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) strength: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) due: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) owners: Vec<String>,
    pub(crate) version: u32,
    pub(crate) marking: String,
}

impl Head {
    /// Of a record with this many events, the first of which stands at `first`, under a marking's number; what is
    /// only in its view is left out unless that is given.
    pub(crate) fn of(record: &Record, version: u32, first: u64, view: Option<&Value>, marking: u32) -> Self {
        let subject = record.subject();
        let facets = record.facets();
        let bounds = record.valid_time().unwrap_or(Bounds::UNKNOWN);
        let named = within(MOST_OF_PARTIES, facets.names, |(key, name)| key.len() + name.len());
        let (parties, names) = named.unzip::<_, _, Vec<_>, Vec<_>>();
        let mentions = within(MOST_OF_MENTIONS, facets.mentions, |mention| mention.key.len() + OF_A_MENTION);
        let told = |name: &str| view.and_then(|view| view.get(name));
        let promised = |name: &str| told(name).filter(|_| subject.aggregate == Aggregate::Commitment);
        let owners = promised("owners").and_then(Value::as_array).into_iter().flatten();
        let owners = owners.filter_map(|owner| Some(owner["name"].as_str()?.to_owned()));
        Self {
            marking,
            first,
            links: record.links().next().is_some() || told("merged_into").is_some(),
            countries: facets.countries.into_iter().collect(),
            mentions: mentions.collect(),
            summary: Summary {
                subject,
                id: subject.id,
                aggregate: subject.aggregate.to_string(),
                title: record.title().to_owned(),
                kind: record.kind().map(str::to_owned),
                status: record.status().to_owned(),
                when: told("occurred").or_else(|| told("window")).cloned(),
                earliest: bounds.earliest,
                latest: bounds.latest,
                parties,
                names,
                topics: within(MOST_OF_TOPICS, facets.topics, String::len).collect(),
                strength: promised("strength").and_then(Value::as_str).map(str::to_owned),
                due: promised("due").cloned(),
                owners: within(MOST_OF_OWNERS, owners, String::len).collect(),
                version,
                marking: record.marking().to_string(),
            },
        }
    }

    /// Of a record as it was earlier, under the marking of today.
    pub(crate) fn as_of(record: &Record, view: Option<&Value>, today: &Self) -> Self {
        let version = record.events().last().map_or(0, |last| last.event.version);
        let mut head = Self::of(record, version, today.first, view, today.marking);
        head.summary.marking.clone_from(&today.summary.marking);
        head
    }

    pub(crate) fn get(subject: &Subject, rows: &impl Rows) -> Option<Self> {
        serde_json::from_slice(&rows.get(Key::table(HEADS).subject(subject).as_ref())?).ok()
    }

    pub(crate) fn put(&self, rows: &mut Overlay<'_>) {
        let json = serde_json::to_vec(self).expect("texts and numbers are JSON");
        let key = Key::table(HEADS).subject(&self.summary.subject);
        rows.put(key, json).expect("it was cut to fit");
    }

    /// What its rows stand under: the keys of its parties, and the records that it says are theirs.
    pub(crate) fn index_keys(&self) -> BTreeSet<String> {
        let ids = self.mentions.iter().filter_map(|mention| mention.id);
        self.summary.parties.iter().cloned().chain(ids.map(|id| id.to_string())).collect()
    }

    /// What an index has it stand under: everything, its parties, its countries that are no parties, its topics
    /// and its kind, each with what they are below.
    pub(crate) fn facets(&self) -> BTreeSet<String> {
        let Summary { parties, topics, kind, .. } = &self.summary;
        let countries = self.countries.iter().filter(|country| !parties.contains(country));
        let below = |facet: &'static str, name| above(name).map(move |name| format!("{facet}:{name}"));
        let topics = topics.iter().flat_map(|topic| below("topic", topic));
        let kinds = kind.iter().flat_map(|kind| below("kind", kind));
        let countries = countries.map(|country| format!("country:{country}"));
        let all = [String::new()].into_iter().chain(countries).chain(topics).chain(kinds);
        let mut facets = self.index_keys();
        facets.extend(all);
        facets
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

/// A dotted name and those that it is below.
fn above(name: &str) -> impl Iterator<Item = &str> {
    let dots = name.match_indices('.').map(|(dot, _)| &name[..dot]);
    dots.chain([name])
}

/// The first items, as long as their sizes together stay within a budget.
fn within<T>(
    budget: usize,
    items: impl IntoIterator<Item = T>,
    size: impl Fn(&T) -> usize,
) -> impl Iterator<Item = T> {
    // Besides its own bytes, each has quotes and a comma.
    let sizes = items.into_iter().scan(0, move |sum, item| {
        *sum += size(&item) + 3;
        Some((*sum, item))
    });
    sizes.take_while(move |(sum, _)| *sum <= budget).map(|(_, item)| item)
}
