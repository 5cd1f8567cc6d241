//! One event, and what it changes in the timeline.

use domain::Record;
use prometheus_client::metrics::counter::Counter;
use readmodel::{Entry, Overlay, Projection};

use super::item::{self, Item};
use crate::folds::{Folds, is_control};
use crate::head::Head;
use crate::history::{self, Stands};
use crate::parties;

/// Puts every event in its place.
#[derive(Default)]
pub struct Happenings {
    folds: Folds,
}

impl Happenings {
    /// `raw` counts the events that cannot be read.
    #[must_use]
    pub fn new(raw: Counter) -> Self {
        Self { folds: Folds::new(raw) }
    }
}

impl Projection for Happenings {
    const NAME: &'static str = "timeline";
    const SCHEMA: u32 = 3;

    fn apply(&mut self, entry: &Entry, rows: &mut Overlay<'_>) {
        let stands = Stands::of(entry, rows);
        let mut record = self.folds.take(&stands, rows);
        history::keep(&stands, &entry.payload, rows);
        if let Some(event) = self.folds.read(&stands, &entry.payload) {
            let is_control = is_control(&event);
            record.apply(event);
            write(&record, &stands, is_control, rows);
        }
        self.folds.keep(record);
    }
}

/// Places the new event, or what it tells again; all of the record's, if the record moves or events before it
/// may have changed.
fn write(record: &Record, stands: &Stands, is_control: bool, rows: &mut Overlay<'_>) {
    let subject = record.subject();
    let old = Head::get(&subject, rows);
    let first = old.as_ref().map_or(stands.position, |head| head.first);
    let new = Head::of(record, stands.version, first, None, rows);
    let moves =
        old.as_ref().is_some_and(|old| old.marking != new.marking || old.index_keys() != new.index_keys());
    let told = record.events().last().and_then(|event| record.happening(event));
    let told = told.map(|(first, _)| first.event.version);
    for entry in record.events() {
        let version = entry.event.version;
        if moves || is_control || version == stands.version || Some(version) == told {
            place(record, entry, old.as_ref(), &new, rows);
        }
    }
    parties::keep(old.as_ref(), &new, rows);
    new.put(rows);
}

fn place(record: &Record, entry: &domain::Entry, old: Option<&Head>, new: &Head, rows: &mut Overlay<'_>) {
    let (subject, version) = (&record.subject(), entry.event.version);
    // Only an event that is not new can have a row.
    let before =
        old.filter(|old| version <= old.summary.version).and_then(|_| Item::get(subject, version, rows));
    let after = Item::of(record, entry);
    let keys = |item: Option<&Item>, head: Option<&Head>| {
        item.zip(head).map(|(item, head)| item.keys(head)).unwrap_or_default()
    };
    let (stood, stands) = (keys(before.as_ref(), old), keys(after.as_ref(), Some(new)));
    for key in stood.iter().filter(|key| !stands.contains(key)) {
        rows.remove(key.clone());
    }
    for key in stands.iter().filter(|key| !stood.contains(key)) {
        rows.put(key.clone(), item::target(subject, version)).expect("a subject and a number fit");
    }
    if before != after {
        item::put(subject, version, after.as_ref(), rows);
    }
}
