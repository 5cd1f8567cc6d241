//! What is known of a record without folding it: what lists show and filter by.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use domain::value::PartyRef;
use domain::{Aggregate, Bounds, Levels, Marking, Mention, Record, Subject};
use jiff::civil::Date;
use readmodel::{Direction, Overlay, Range, Rows};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::at_hand::AtHand;
use crate::key::Key;

/// Record → its head, in JSON.
const HEADS: u8 = b's';

/// Record, position → the head that it had until then: an answer as of earlier reads it, and folds nothing.
const EARLIER: u8 = b'S';

/// A head has 64 KiB at most, whatever was said of a record in how many events. Of parties 14,000 bytes of keys
/// and names are kept, states first: with quotes and escapes about 22,000; then 12,000 of how they are mentioned,
/// 6,000 of topics, 2,000 each of the names of owners and beneficiaries and 3,000 each of how these are mentioned,
/// 6,000 each of what only the register of one kind of record shows. What remains are a few fields of at most 300
/// characters.
const MOST_OF_PARTIES: usize = 14_000;
const MOST_OF_MENTIONS: usize = 12_000;
const MOST_OF_TOPICS: usize = 6_000;
const MOST_OF_NAMES: usize = 2_000;
const MOST_OF_SIDES: usize = 3_000;
const MOST_OF_A_REGISTER: usize = 6_000;

const DISPOSED: &str = "disposed";

/// A mention's JSON without its key.
const OF_A_MENTION: usize = 90;

/// A record's row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// Its marking, interned.
    pub(crate) marking: u32,
    /// The position of its first event: no other record has it.
    pub(crate) first: u64,
    /// ISO 3166-1 alpha-2 codes.
    pub(crate) countries: Vec<String>,
    /// How its parties are told from others of their names.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) mentions: Vec<Mention>,
    /// Whose a commitment is, and whom it is for.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) owners: Vec<Mention>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) beneficiaries: Vec<Mention>,
    /// What lists show.
    pub(crate) summary: Summary,
}

/// Heads that were looked at lately, 16 MiB as rows.
static AT_HAND: LazyLock<AtHand<Head>> = LazyLock::new(|| AtHand::new(16 << 20));

fn at_hand(row: readmodel::Value) -> Option<Arc<Head>> {
    AT_HAND.read(row, |row| serde_json::from_slice(row).ok())
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
    /// Of a commitment: how firm it is, when it is due, whose it is, and whom it is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) strength: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) due: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) owners: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) beneficiaries: Vec<String>,
    /// Of an instrument: whether it binds, and where each party stands with it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) binding: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) standing: Vec<Value>,
    /// Of a party: what it was called when, and the posts that it held.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) names_over_time: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) posts: Vec<Value>,
    pub(crate) version: u32,
    pub(crate) marking: String,
}

impl Head {
    /// Of a record with this many events, the first of which stands at `first`, under a marking's number; what is
    /// only in its view is left out unless that is given.
    pub(crate) fn of(record: &Record, version: u32, first: u64, view: Option<&Value>, marking: u32) -> Self {
        let facets = record.facets();
        let mentions = within(MOST_OF_MENTIONS, facets.mentions, of_a_mention);
        let named = within(MOST_OF_PARTIES, facets.names, |(key, name)| key.len() + name.len());
        let (parties, names) = named.unzip();
        let subject = record.subject();
        let bounds = record.valid_time().unwrap_or(Bounds::UNKNOWN);
        let summary = Summary {
            subject,
            id: subject.id,
            aggregate: subject.aggregate.to_string(),
            title: record.title().to_owned(),
            kind: record.kind().map(str::to_owned),
            status: record.status().to_owned(),
            when: None,
            earliest: bounds.earliest,
            latest: bounds.latest,
            parties,
            names,
            topics: within(MOST_OF_TOPICS, facets.topics, String::len).collect(),
            strength: None,
            due: None,
            owners: vec![],
            beneficiaries: vec![],
            binding: None,
            standing: vec![],
            names_over_time: vec![],
            posts: vec![],
            version,
            marking: record.marking().to_string(),
        };
        let mut head = Self {
            marking,
            first,
            countries: facets.countries.into_iter().collect(),
            mentions: mentions.collect(),
            owners: vec![],
            beneficiaries: vec![],
            summary,
        };
        if let Some(Value::Object(view)) = view {
            head.tell(subject.aggregate, view);
        }
        head
    }

    /// As it was at a position, under the marking of today; none: the record was not there yet. Of one that was
    /// disposed of the residue is told, whatever the position.
    pub(crate) fn known_at(self: Arc<Self>, at: u64, rows: &impl Rows) -> Option<Arc<Self>> {
        if self.first > at {
            return None;
        }
        let earlier = Key::table(EARLIER).subject(&self.summary.subject);
        let range = Range::prefix(earlier.as_ref()).after(earlier.position(at).as_ref());
        let row = rows.scan(&range, Direction::Ascending).next().filter(|_| !self.is_disposed());
        let Some((_, row)) = row else { return Some(self) };
        let mut then = at_hand(row)?;
        if then.marking != self.marking {
            let then = Arc::make_mut(&mut then);
            then.marking = self.marking;
            then.summary.marking.clone_from(&self.summary.marking);
        }
        Some(then)
    }

    /// Whether the event at a position changed who may see its record, or what is left of it. Of a record that was
    /// disposed of, nobody can tell any more at which event.
    pub(crate) fn changed_sight(self: &Arc<Self>, position: u64, rows: &impl Rows) -> bool {
        self.is_disposed()
            || self.around(position, rows).is_some_and(|[before, then]| before.marking != then.marking)
    }

    /// Whether the event at a position restricted in any respect who may see its record; of a record that was disposed
    /// of, nobody can tell.
    pub(crate) fn restricted_sight(
        self: &Arc<Self>,
        position: u64,
        levels: &Levels,
        rows: &impl Rows,
    ) -> bool {
        let read = |head: &Self| head.summary.marking.parse().unwrap_or_else(|_| Marking::unreadable());
        self.around(position, rows).is_some_and(|[before, then]| {
            before.marking != then.marking && !levels.dominates(&read(&before), &read(&then))
        })
    }

    /// As it was before the event at a position and with it; none: it was not there before, or that is not kept.
    fn around(self: &Arc<Self>, position: u64, rows: &impl Rows) -> Option<[Arc<Self>; 2]> {
        let earlier = Key::table(EARLIER).subject(&self.summary.subject);
        let until = earlier.clone().position(position);
        let before = rows.get(until.as_ref()).and_then(at_hand)?;
        let range = Range::prefix(earlier.as_ref()).after(until.as_ref());
        let next = rows.scan(&range, Direction::Ascending).next().and_then(|(_, row)| at_hand(row));
        Some([before, next.unwrap_or_else(|| Arc::clone(self))])
    }

    /// The head of a record, to be looked at.
    pub(crate) fn at_hand(subject: &Subject, rows: &impl Rows) -> Option<Arc<Self>> {
        at_hand(rows.get(Key::table(HEADS).subject(subject).as_ref())?)
    }

    /// Takes what a register shows of its records.
    fn tell(&mut self, aggregate: Aggregate, view: &Map<String, Value>) {
        let summary = &mut self.summary;
        summary.when = view.get("occurred").or_else(|| view.get("window")).cloned();
        match aggregate {
            Aggregate::Commitment => {
                summary.strength = view.get("strength").and_then(Value::as_str).map(str::to_owned);
                summary.due = view.get("due").cloned();
                (summary.owners, self.owners) = sides(view.get("owners"));
                (summary.beneficiaries, self.beneficiaries) = sides(view.get("beneficiaries"));
            }
            Aggregate::Instrument => {
                summary.binding = view.get("binding").cloned();
                summary.standing = rows_of(view.get("standing"));
            }
            Aggregate::Party => {
                summary.names_over_time = rows_of(view.get("names"));
                summary.posts = rows_of(view.get("posts"));
            }
            // Where nothing else is said, the day as of which its text stands dates it.
            Aggregate::Source => {
                let dated = view.get("published").or_else(|| view.get("updated"));
                summary.when = dated.cloned().or_else(|| summary.when.take());
            }
            Aggregate::Engagement | Aggregate::Matter => {}
        }
    }

    pub(crate) fn get(subject: &Subject, rows: &impl Rows) -> Option<Self> {
        serde_json::from_slice(&rows.get(Key::table(HEADS).subject(subject).as_ref())?).ok()
    }

    /// Puts it in the place of the one that the record had until a position. Of a disposed record no earlier one
    /// is kept.
    pub(crate) fn put(&self, old: Option<&Self>, position: u64, rows: &mut Overlay<'_>) {
        let subject = &self.summary.subject;
        let earlier = Key::table(EARLIER).subject(subject);
        if self.is_disposed() {
            let keys = rows.scan_prefix(earlier.as_ref()).map(|(key, _)| key.to_vec()).collect::<Vec<_>>();
            keys.into_iter().for_each(|key| rows.remove(key));
        } else if let Some(old) = old {
            rows.put(earlier.position(position), old.written()).expect("it fitted before");
        }
        rows.put(Key::table(HEADS).subject(subject), self.written()).expect("it was cut to fit");
    }

    fn written(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and numbers are JSON")
    }

    /// What its rows stand under: the keys of its parties, and the records that it says are theirs.
    pub(crate) fn index_keys(&self) -> BTreeSet<String> {
        let ids = self.mentions.iter().filter_map(|mention| mention.id);
        self.summary.parties.iter().cloned().chain(ids.map(|id| id.to_string())).collect()
    }

    /// Whether it tells what another tells, but for how many events there are.
    pub(crate) fn tells_as(&self, other: &Self) -> bool {
        let mut same = self.clone();
        same.summary.version = other.summary.version;
        same == *other
    }

    /// Whether a residue is all that is left of it.
    pub(crate) fn is_disposed(&self) -> bool {
        self.summary.status == DISPOSED
    }

    /// Whether it stands in indices where another state of its record does.
    pub(crate) fn stands_as(&self, other: &Self) -> bool {
        fn of(head: &Head) -> impl PartialEq {
            let Head { marking, first, countries, mentions, owners, beneficiaries, summary } = head;
            let Summary { kind, status, earliest, latest, parties, topics, strength, .. } = summary;
            let sides = (mentions, owners, beneficiaries, parties);
            (marking, first, sides, countries, topics, kind, status, earliest, latest, strength)
        }
        of(self) == of(other)
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

    /// What lists have it stand under: that, its status, and of a commitment how firm it is and whose and for whom.
    pub(crate) fn list_facets(&self) -> BTreeSet<String> {
        let Self { owners, beneficiaries, summary, .. } = self;
        let mut facets = self.facets();
        facets.insert(format!("status:{}", summary.status));
        facets.extend(summary.strength.iter().map(|strength| format!("strength:{strength}")));
        for (name, side) in [("owner", owners), ("beneficiary", beneficiaries)] {
            let ids = side.iter().filter_map(|mention| mention.id).map(|id| id.to_string());
            let keys = side.iter().map(|mention| mention.key.clone()).chain(ids);
            facets.extend(keys.map(|key| format!("{name}:{key}")));
        }
        facets
    }
}

/// A dotted name and those that it is below.
fn above(name: &str) -> impl Iterator<Item = &str> {
    let dots = name.match_indices('.').map(|(dot, _)| &name[..dot]);
    dots.chain([name])
}

/// The names of some parties, and how they are told from others of their names.
fn sides(parties: Option<&Value>) -> (Vec<String>, Vec<Mention>) {
    let parties = parties.and_then(Value::as_array).into_iter().flatten();
    let parties = parties.filter_map(|party| PartyRef::deserialize(party).ok()).collect::<Vec<_>>();
    let names = parties.iter().map(|party| party.name.as_str().to_owned());
    let mention = |party: &PartyRef| Mention { key: party.key(), country: party.country, id: party.id };
    let mentions = parties.iter().map(mention);
    (
        within(MOST_OF_NAMES, names, String::len).collect(),
        within(MOST_OF_SIDES, mentions, of_a_mention).collect(),
    )
}

/// The rows of a list in a view, without the events that they are from.
fn rows_of(list: Option<&Value>) -> Vec<Value> {
    let rows = list.and_then(Value::as_array).into_iter().flatten().cloned();
    let rows = rows.map(|mut row| {
        row.as_object_mut().map(|row| row.remove("event"));
        row
    });
    within(MOST_OF_A_REGISTER, rows, |row| row.to_string().len()).collect()
}

fn of_a_mention(mention: &Mention) -> usize {
    mention.key.len() + OF_A_MENTION
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
