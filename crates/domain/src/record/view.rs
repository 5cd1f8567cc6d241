//! The record as it is served: the one place where a fold becomes JSON.

use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::account::{Account, Claim, Contest};
use super::course::Course;
use super::state::State;
use super::{Entry, Record, commitment, engagement, instrument, matter, party, source};
use crate::vocabulary::{
    self, ACTION, AUTHORITY, CITATIONS, CLASS, HOW_DISPOSED, Kept, Key, LINKS, NOTES, OCCURRED, REASON,
    RETENTION_DUE, TRIGGER, UTTERANCES, WINDOW,
};
use crate::{Aggregate, Data, EventKind, EventName, Subject};

/// What the view collects from every event, not from the account alone.
pub(super) const COLLECTED: &[&str] = &["links", "utterances", "citations", "notes", "restates"];

/// What the parts of a record read to tell of it.
pub(super) struct Telling<'t> {
    subject: Subject,
    entries: &'t [Entry],
    state: &'t State,
}

impl<'t> Telling<'t> {
    pub(super) const fn new(subject: Subject, entries: &'t [Entry], state: &'t State) -> Self {
        Self { subject, entries, state }
    }

    pub(super) const fn subject(&self) -> Subject {
        self.subject
    }

    pub(super) const fn aggregate(&self) -> Aggregate {
        self.subject.aggregate
    }

    pub(super) const fn course(&self) -> &'t Course {
        &self.state.described.course
    }

    pub(super) const fn is_disposed(&self) -> bool {
        self.state.custody.disposal.is_some()
    }

    pub(super) fn described<T: Kept>(&self, key: &Key<T>) -> Option<&'t T> {
        self.state.described.get(key)
    }

    pub(super) fn kind(&self) -> Option<&'t str> {
        self.state.described.kind()
    }

    /// What happened, oldest record first.
    pub(super) fn accounts(&self) -> impl Iterator<Item = Happening<'t>> + use<'t> {
        let entries = self.entries;
        self.state.accounts.iter().map(move |account| Happening { entries, account })
    }

    /// What happened of one type.
    pub(super) fn of(&self, event: EventName) -> impl Iterator<Item = Happening<'t>> + use<'t> {
        self.accounts().filter(move |account| account.event() == event)
    }

    /// Where the record stands.
    pub(super) fn status(&self) -> &'static str {
        if self.is_disposed() {
            return "disposed";
        }
        if self.state.merged_into.is_some() {
            return "merged";
        }
        match (self.aggregate(), self.course().status) {
            (_, None) if self.state.accounts.is_empty() && !self.entries.is_empty() => {
                if self.entries.iter().any(|entry| !entry.stands()) { "retracted" } else { "recorded" }
            }
            (_, None) => "recorded",
            (Aggregate::Instrument, Some(status)) => instrument::status(self, status),
            (Aggregate::Commitment, Some(status)) => commitment::status(self, status),
            (_, Some(status)) => status,
        }
    }
}

/// Something that happened, as it is taken to be.
#[derive(Clone, Copy)]
pub(super) struct Happening<'t> {
    entries: &'t [Entry],
    account: &'t Account,
}

impl<'t> Happening<'t> {
    pub(super) const fn event(&self) -> EventName {
        self.account.kind.event()
    }

    pub(super) const fn kind(&self) -> EventKind {
        self.account.kind
    }

    pub(super) fn data(&self) -> &'t Data {
        self.account.data(self.entries)
    }

    /// Which of the record's events told it first.
    pub(super) const fn first(&self) -> usize {
        self.account.first
    }

    /// The event that told it first.
    pub(super) fn uid(&self) -> Uuid {
        self.entries[self.account.first].event.uid
    }

    /// Some of its fields, and its event.
    pub(super) fn fields(&self, names: &[&str]) -> Value {
        self.having(|name| names.contains(&name))
    }

    /// The fields that describe not the record but what happened, and its event.
    pub(super) fn own(&self) -> Value {
        let kind = self.account.kind;
        self.having(|name| !vocabulary::describes(kind, name) && !COLLECTED.contains(&name))
    }

    /// All of its fields, and its event.
    pub(super) fn all(&self) -> Value {
        self.having(|name| !COLLECTED.contains(&name))
    }

    fn having(&self, wanted: impl Fn(&str) -> bool) -> Value {
        let fields = self.data().iter().filter(|(name, _)| wanted(name));
        let mut row = fields.map(|(name, content)| (name.to_owned(), json!(content))).collect::<Map<_, _>>();
        row.insert("event".to_owned(), json!(self.uid()));
        Value::Object(row)
    }
}

/// Puts a list in, unless it is empty.
pub(super) fn put_list(out: &mut Map<String, Value>, name: &str, items: Vec<Value>) {
    if !items.is_empty() {
        out.insert(name.to_owned(), Value::Array(items));
    }
}

fn put(out: &mut Map<String, Value>, name: &str, value: Option<impl Serialize>) {
    if let Some(value) = value {
        out.insert(name.to_owned(), json!(value));
    }
}

/// The whole record.
pub(super) fn of(record: &Record) -> Value {
    let mut out = Map::new();
    let told = record.telling();
    if record.is_disposed() {
        head(record, &mut out);
        return Value::Object(out);
    }
    for (name, content) in record.state.described.iter() {
        out.insert(name.to_owned(), json!(content));
    }
    match told.aggregate() {
        Aggregate::Engagement => engagement::show(&told, &mut out),
        Aggregate::Instrument => instrument::show(&told, &mut out),
        Aggregate::Commitment => commitment::show(&told, &mut out),
        Aggregate::Matter => matter::show(&told, &mut out),
        Aggregate::Party => party::show(&told, &mut out),
        Aggregate::Source => source::show(&told, &mut out),
    }
    times(&told, &mut out);
    collected(record, &mut out);
    put_list(&mut out, "course", told.accounts().map(|happening| milestone(&happening)).collect());
    contested(record, &mut out);
    changed(record, &mut out);
    head(record, &mut out);
    Value::Object(out)
}

/// What every record has, also when it was disposed of.
fn head(record: &Record, out: &mut Map<String, Value>) {
    let subject = record.subject();
    put(out, "subject", Some(subject));
    put(out, "id", Some(subject.id));
    put(out, "aggregate", Some(subject.aggregate.as_str()));
    put(out, "version", Some(record.version()));
    put(out, "status", Some(record.status()));
    put(out, "marking", Some(record.marking().to_string()));
    put(out, "title", Some(record.title()));
    put(out, "agency", Some(record.owner()));
    if let (Some(first), Some(last)) = (record.entries.first(), record.entries.last()) {
        let recorded = json!({ "first": first.event.recorded, "last": last.event.recorded });
        out.insert("recorded".to_owned(), recorded);
    }
    kept(record, out);
}

/// How it is kept.
fn kept(record: &Record, out: &mut Map<String, Value>) {
    let custody = &record.state.custody;
    let row = |index: usize, names: &[&str]| {
        let event = &record.entries[index].event;
        let fields = event.data.iter().filter(|(name, _)| names.contains(name));
        let mut row = fields.map(|(name, content)| (name.to_owned(), json!(content))).collect::<Map<_, _>>();
        row.insert("event".to_owned(), json!(event.uid));
        row.insert("recorded".to_owned(), json!(event.recorded));
        Value::Object(row)
    };
    put(out, "review_on", custody.review_on.as_ref());
    let holds = custody.holds.iter().map(|hold| row(*hold, &[REASON.name, AUTHORITY.name]));
    put_list(out, "holds", holds.collect());
    let retention = [CLASS.name, TRIGGER.name, ACTION.name, RETENTION_DUE.name, AUTHORITY.name];
    put(out, "retention", custody.retention.map(|index| row(index, &retention)));
    let disposal = [HOW_DISPOSED.name, AUTHORITY.name, REASON.name];
    put(out, "disposal", custody.disposal.map(|index| row(index, &disposal)));
    if let Some((to, index)) = record.state.merged_into {
        let merged = json!({ "record": to, "event": record.entries[index].event.uid });
        out.insert("merged_into".to_owned(), merged);
    }
}

/// When it happened and was to happen.
fn times(told: &Telling<'_>, out: &mut Map<String, Value>) {
    let course = told.course();
    let latest = told.accounts().filter(|happening| is_of_the_record(told.aggregate(), happening.event()));
    let occurred = latest.filter_map(|happening| happening.data().get(&OCCURRED)).last();
    put(out, OCCURRED.name, occurred);
    put(out, WINDOW.name, course.window.as_ref());
    put(
        out,
        "first_window",
        course.first_window.as_ref().filter(|first| course.window.as_ref() != Some(first)),
    );
}

/// Whether when this happened is when the record's matter happened: that a meeting was put off on Monday does
/// not date the meeting.
const fn is_of_the_record(aggregate: Aggregate, event: EventName) -> bool {
    match aggregate {
        Aggregate::Engagement => matches!(event, EventName::UnderWay | EventName::Held),
        Aggregate::Instrument => matches!(event, EventName::Signed),
        Aggregate::Commitment => matches!(event, EventName::Made),
        Aggregate::Matter | Aggregate::Party | Aggregate::Source => false,
    }
}

/// What every event adds, each with the event.
fn collected(record: &Record, out: &mut Map<String, Value>) {
    let standing = || record.entries.iter().filter(|entry| entry.stands());
    fn rows<'e, T: Serialize + 'e>(
        entries: impl Iterator<Item = &'e Entry>,
        key: &'e Key<Vec<T>>,
    ) -> Vec<Value>
    where
        Vec<T>: Kept,
    {
        let items =
            entries.flat_map(|entry| entry.data().list(key).iter().map(|item| (item, entry.event.uid)));
        let rows = items.map(|(item, event)| {
            let mut row = json!(item);
            row["event"] = json!(event);
            row
        });
        rows.collect()
    }
    put_list(out, UTTERANCES.name, rows(standing(), &UTTERANCES));
    put_list(out, CITATIONS.name, rows(standing(), &CITATIONS));
    put_list(out, NOTES.name, rows(standing(), &NOTES));
    put_list(out, LINKS.name, rows(standing(), &LINKS));
}

fn milestone(happening: &Happening<'_>) -> Value {
    let mut row = happening.fields(&[OCCURRED.name, WINDOW.name, REASON.name, "by", "party"]);
    row["type"] = json!(happening.event());
    let also = happening.account.also.iter().map(|index| json!(happening.entries[*index].event.uid));
    let also = also.collect::<Vec<_>>();
    if !also.is_empty() {
        row["restated_by"] = Value::Array(also);
    }
    row
}

/// A claim with who makes it.
pub(super) fn claimed(entries: &[Entry], claim: &Claim) -> Value {
    let by = &entries[claim.event].event;
    let mut row = json!({ "event": by.uid, "agency": by.agency, "recorded": by.recorded });
    if let Some(value) = &claim.value {
        row["value"] = value.clone();
    }
    row
}

/// What accounts do not agree on.
fn contested(record: &Record, out: &mut Map<String, Value>) {
    let uid = |index: usize| record.entries[index].event.uid;
    let claim = |claim: &Claim| claimed(&record.entries, claim);
    let contest = |account: &Account, contest: &Contest| {
        let mut row = json!({
            "of": uid(account.first),
            "pointer": contest.pointer,
            "standing": claim(&contest.standing),
            "because": contest.because(&record.entries),
            "alternatives": contest.alternatives.iter().map(claim).collect::<Vec<_>>(),
        });
        if let Some(by) = contest.adjudicated_by {
            row["adjudicated_by"] = json!(uid(by));
        }
        row
    };
    let contests = record
        .state
        .accounts
        .iter()
        .flat_map(|account| account.contests.iter().map(move |found| contest(account, found)));
    put_list(out, "contests", contests.collect());
}

/// What was corrected, retracted and flagged.
fn changed(record: &Record, out: &mut Map<String, Value>) {
    let corrections = record.corrections.iter().map(|correction| {
        let by = &record.entries[correction.event].event;
        let mut row = json!({
            "event": by.uid,
            "corrects": record.entries[correction.target].event.uid,
            "pointer": correction.pointer,
            "recorded": by.recorded,
        });
        let mut add = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                row[name] = value;
            }
        };
        add("old", correction.old.clone());
        add("new", correction.new.clone());
        add("reason", by.data.get(&REASON).map(|reason| json!(reason)));
        add("authority", by.data.get(&AUTHORITY).map(|authority| json!(authority)));
        row
    });
    put_list(out, "corrections", corrections.collect());
    put_list(out, "retractions", retractions(record));
    let anomalies = record.entries.iter().flat_map(|entry| {
        entry.event.anomalies.iter().map(|anomaly| {
            let mut row = json!(anomaly);
            row["event"] = json!(entry.event.uid);
            row
        })
    });
    put_list(out, "anomalies", anomalies.collect());
}

fn retractions(record: &Record) -> Vec<Value> {
    // A retraction that was itself retracted is as if it had not been.
    let is_retraction =
        |entry: &Entry| entry.event.kind.known().is_some_and(|kind| kind.event() == EventName::Retracted);
    let retracted = record.entries.iter().filter(|entry| !is_retraction(entry));
    let retracted = retracted.filter_map(|entry| Some((entry, entry.retracted_by?)));
    let rows = retracted.filter_map(|(entry, by)| {
        let by = record.entries.iter().find(|other| other.event.uid == by)?;
        let mut row = json!({
            "event": by.event.uid,
            "retracts": entry.event.uid,
            "type": entry.event.kind.to_string(),
            "recorded": by.event.recorded,
        });
        if let Some(reason) = by.event.data.get(&REASON) {
            row["reason"] = json!(reason);
        }
        Some(row)
    });
    rows.collect()
}
