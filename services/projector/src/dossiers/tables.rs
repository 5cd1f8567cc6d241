//! The tables that only the dossiers have.

use std::collections::BTreeSet;

use domain::value::fold;
use domain::{Entry, Event, Record, Subject};
use readmodel::{Overlay, Rows, Value as Bytes};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::key::{Key, Parts};

const UIDS: u8 = b'u';
const STANDINGS: u8 = b'm';
const VIEWS: u8 = b'r';
const WORDS: u8 = b'w';

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

/// Keeps what became of each of a record's events.
pub(super) fn put_standings(record: &Record, rows: &mut Overlay<'_>) {
    for entry in record.events() {
        let key = Key::table(STANDINGS).subject(&record.subject()).version(entry.event.version);
        match standing_of(entry) {
            Some(standing) => rows.put(key, standing).expect("a few identifiers fit"),
            None if rows.get(key.as_ref()).is_some() => rows.remove(key),
            None => {}
        }
    }
}

/// What became of an event, as a JSON object with members, if anything did.
pub(super) fn standing_of(entry: &Entry) -> Option<Vec<u8>> {
    let mut standing = Map::new();
    if let Some(uid) = entry.retracted_by {
        standing.insert("retracted_by".to_owned(), json!(uid));
    }
    for (name, uids) in [("corrected_by", &entry.corrected_by), ("contested_by", &entry.contested_by)] {
        if !uids.is_empty() {
            standing.insert(name.to_owned(), json!(uids));
        }
    }
    (!standing.is_empty()).then(|| serde_json::to_vec(&standing).expect("JSON is JSON"))
}

/// What [`standing_of`] an event was kept.
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
