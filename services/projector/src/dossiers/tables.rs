//! The tables that only the dossiers have.

use domain::{Entry, Record, Subject};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use readmodel::{Overlay, Rows, Value as Bytes};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::addresses;
use crate::at_hand::AtHand;
use crate::key::{Key, Parts};

const UIDS: u8 = b'u';
const STANDINGS: u8 = b'm';
const VIEWS: u8 = b'r';

/// A view longer than this is not stored: sled would keep every version of it on disk for good.
const LONGEST_VIEW: usize = 60_000;

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

/// A view as it was read.
pub(super) struct Viewed {
    pub(super) view: Arc<Value>,
    /// The records that it names; none: not all of them are known.
    pub(super) addresses: Option<BTreeSet<Subject>>,
}

/// Views that were looked at lately, 16 MiB as rows.
static VIEWS_AT_HAND: LazyLock<AtHand<Viewed>> = LazyLock::new(|| AtHand::new(16 << 20));

/// The record as it is served to who may see all that it names, to be looked at.
pub(super) fn view_at_hand(subject: &Subject, rows: &impl Rows) -> Option<Arc<Viewed>> {
    VIEWS_AT_HAND.read(view(subject, rows)?, |row| {
        let view = Arc::new(serde_json::from_slice(row).ok()?);
        Some(Viewed { view, addresses: addresses::within(row) })
    })
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
