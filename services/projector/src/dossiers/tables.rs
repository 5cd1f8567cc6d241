//! The tables that only the dossiers have.

use std::collections::BTreeSet;

use domain::value::fold;
use domain::{Aggregate, Event, Record, Subject};
use readmodel::{Overlay, Rows, Value as Bytes};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::head::Head;
use crate::key::{Key, Parts};

const UIDS: u8 = b'u';
const STANDINGS: u8 = b'm';
const VIEWS: u8 = b'r';
const WORDS: u8 = b'w';
const LISTS: u8 = b'l';
const OUTGOING: u8 = b'o';
const INCOMING: u8 = b't';

/// A view longer than this is not stored: sled would keep every version of it on disk for good.
const LONGEST_VIEW: usize = 60_000;

/// Words beyond this many bytes are not found by.
const LONGEST_WORDS: usize = 32_000;

/// The first event of that uid keeps it: a producer that uses an id twice has no event's address changed by it.
pub(super) fn put_uid(uid: Uuid, position: u64, rows: &mut Overlay<'_>) {
    if position_of(uid, rows).is_some() {
        return;
    }
    rows.put(Key::table(UIDS).bytes(uid.as_bytes()), position.to_be_bytes()).expect("a number fits");
}

pub(super) fn position_of(uid: Uuid, rows: &impl Rows) -> Option<u64> {
    Parts(&rows.get(Key::table(UIDS).bytes(uid.as_bytes()).as_ref())?).position()
}

pub(super) fn put_view(subject: &Subject, view: &Value, rows: &mut Overlay<'_>) {
    let key = Key::table(VIEWS).subject(subject);
    let json = serde_json::to_vec(view).expect("JSON is JSON");
    if json.len() > LONGEST_VIEW || rows.put(key.clone(), json).is_err() {
        rows.remove(key);
    }
}

pub(super) fn view(subject: &Subject, rows: &impl Rows) -> Option<Bytes> {
    rows.get(Key::table(VIEWS).subject(subject).as_ref())
}

/// The keys of a record in the lists.
fn list_keys(head: &Head) -> BTreeSet<Vec<u8>> {
    let aggregate = head.summary.subject.aggregate;
    let parties = head.index_keys();
    let parties = parties.iter().map(String::as_str);
    let keys = parties.chain([""]).map(|party| list_prefix(aggregate, head.marking, party));
    keys.map(|key| key.bytes(&head.place().0).into()).collect()
}

/// The keys of what a list shows under one marking, of a party or (empty) of all.
pub(super) fn list_prefix(aggregate: Aggregate, marking: u32, party: &str) -> Key {
    Key::table(LISTS).aggregate(aggregate).version(marking).text(party)
}

/// Moves a record in the lists.
pub(super) fn list(old: Option<&Head>, new: &Head, rows: &mut Overlay<'_>) {
    let old = old.map(list_keys).unwrap_or_default();
    let keys = list_keys(new);
    for key in old.difference(&keys) {
        rows.remove(key.clone());
    }
    for key in keys.difference(&old) {
        rows.put(key.clone(), new.summary.id.as_bytes()).expect("an identifier fits");
    }
}

/// Keeps what became of each of a record's events.
pub(super) fn put_standings(record: &Record, rows: &mut Overlay<'_>) {
    for entry in record.events() {
        let key = Key::table(STANDINGS).subject(&record.subject()).version(entry.event.version);
        let mut standing = Map::new();
        if let Some(uid) = entry.retracted_by {
            standing.insert("retracted_by".to_owned(), json!(uid));
        }
        for (name, uids) in [("corrected_by", &entry.corrected_by), ("contested_by", &entry.contested_by)] {
            if !uids.is_empty() {
                standing.insert(name.to_owned(), json!(uids));
            }
        }
        if standing.is_empty() {
            if rows.get(key.as_ref()).is_some() {
                rows.remove(key);
            }
            continue;
        }
        let json = serde_json::to_vec(&standing).expect("JSON is JSON");
        rows.put(key, json).expect("a few identifiers fit");
    }
}

/// What became of an event, as JSON members, if anything did.
pub(super) fn standing(subject: &Subject, version: u32, rows: &impl Rows) -> Option<Bytes> {
    rows.get(Key::table(STANDINGS).subject(subject).version(version).as_ref())
}

/// Keeps the words by which a record is found: those of its view, or those of the event that was added to what
/// was there. An event that says what others say wrong takes words away: then the view is read.
pub(super) fn put_words(record: &Record, view: &Value, added: Option<&Event>, rows: &mut Overlay<'_>) {
    let key = Key::table(WORDS).subject(&record.subject());
    let old = (record.version() > 1).then(|| rows.get(key.as_ref())).flatten();
    let old = old.as_deref().and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
    let mut words = fold(record.title()).split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
    match added {
        Some(event) => {
            words.extend(old.split(' ').map(str::to_owned));
            gather(&event.data.to_json(), false, &mut words);
        }
        None => gather(view, false, &mut words),
    }
    // One space before and after each word: a word is found by its edges.
    let mut text = String::from(" ");
    for word in words.iter().filter(|word| !word.is_empty()) {
        if text.len() + word.len() >= LONGEST_WORDS {
            break;
        }
        text.push_str(word);
        text.push(' ');
    }
    if text != old {
        rows.put(key, text).expect("it was cut to fit");
    }
}

/// The words of a title, a name or a text; not those of codes, identifiers and dates.
fn gather(value: &Value, is_text: bool, words: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if is_text => words.extend(fold(text).split(' ').map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| gather(item, is_text, words)),
        Value::Object(fields) => {
            for (name, value) in fields {
                gather(value, is_words(name), words);
            }
        }
        _ => {}
    }
}

fn is_words(field: &str) -> bool {
    const FIELDS: &[&str] = &[
        "title",
        "name",
        "names",
        "aliases",
        "text",
        "label",
        "description",
        "notes",
        "subject",
        "quote",
        "conditions",
        "finding",
        "post",
        "organisation",
        "publisher",
        "edition",
        "reason",
        "dateline",
    ];
    FIELDS.contains(&field)
}

/// Whether a record has every one of these folded words.
pub(super) fn has_words(subject: &Subject, asked: &[String], rows: &impl Rows) -> bool {
    let Some(words) = rows.get(Key::table(WORDS).subject(subject).as_ref()) else { return asked.is_empty() };
    let words = std::str::from_utf8(&words).unwrap_or_default();
    asked.iter().all(|word| words.contains(&format!(" {word} ")))
}

/// Moves a record's links. What it was merged into is one.
pub(super) fn link(record: &Record, view: &Value, rows: &mut Overlay<'_>) {
    let from = record.subject();
    let outgoing = Key::table(OUTGOING).subject(&from);
    let old = rows.get(outgoing.as_ref());
    let old = old.and_then(|json| serde_json::from_slice::<BTreeSet<(Subject, String)>>(&json).ok());
    let old = old.unwrap_or_default();
    let mut links = record.links().map(|(rel, to, _)| (to, rel.to_string())).collect::<BTreeSet<_>>();
    let survivor = view["merged_into"]["record"].as_str().and_then(|to| to.parse::<Subject>().ok());
    links.extend(survivor.map(|to| (to, "merged_into".to_owned())));
    if links == old {
        return;
    }
    let key = |(to, rel): &(Subject, String)| Key::table(INCOMING).subject(to).subject(&from).text(rel);
    old.difference(&links).for_each(|link| rows.remove(key(link)));
    links.difference(&old).for_each(|link| rows.mark(key(link)));
    let json = serde_json::to_vec(&links).expect("texts are JSON");
    if links.is_empty() || rows.put(outgoing.clone(), json).is_err() {
        rows.remove(outgoing);
    }
}

/// Who links to a record, and how.
pub(super) fn linking<'r>(to: &Subject, rows: &'r impl Rows) -> impl Iterator<Item = (Subject, String)> + 'r {
    let prefix = Key::table(INCOMING).subject(to);
    let length = prefix.as_ref().len();
    rows.scan_prefix(prefix.as_ref()).filter_map(move |(key, _)| {
        let mut parts = Parts(key.get(length..)?);
        let from = parts.subject()?;
        let rel = std::str::from_utf8(parts.0.strip_suffix(&[0])?).ok()?;
        Some((from, rel.to_owned()))
    })
}
