//! One event, and what it changes in the timeline.

use domain::Record;
use prometheus_client::metrics::counter::Counter;
use readmodel::{Entry, Overlay, Projection};

use super::item::{self, INDEX, Item};
use crate::folds::{Folds, is_control};
use crate::head::Head;
use crate::history::{self, Stands};
use crate::{markings, parties};

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
    const SCHEMA: u32 = 4;

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
    let marking = markings::of(record, rows);
    let new = Head::of(record, stands.version, first, None, marking);
    let moves = old.as_ref().is_some_and(|old| old.marking != new.marking || old.facets() != new.facets());
    let told = record.events().last().and_then(|event| record.happening(event));
    let told = told.map(|(first, _)| first.event.version);
    for entry in record.events() {
        let version = entry.event.version;
        if moves || is_control || version == stands.version || Some(version) == told {
            place(record, entry, (old.as_ref(), &new), stands, rows);
        }
    }
    parties::keep(old.as_ref(), &new, rows);
    new.put(rows);
}

fn place(
    record: &Record,
    entry: &domain::Entry,
    (old, new): (Option<&Head>, &Head),
    stands: &Stands,
    rows: &mut Overlay<'_>,
) {
    let (subject, version) = (&record.subject(), entry.event.version);
    // Only an event that is not new can have a row.
    let old = old.filter(|old| version <= old.summary.version);
    let before = old.and_then(|_| Item::get(subject, version, rows));
    let after = Item::of(record, entry);
    let stood = old.map(|old| Item::posting(before.as_ref(), old));
    let target = item::target(subject, version);
    let posting = Item::posting(after.as_ref(), new);
    INDEX.update(&target, stood.as_ref(), Some(&posting), stands.position, rows);
    if new.is_disposed() {
        INDEX.forget(&target, rows);
    }
    if before != after {
        item::put(subject, version, after.as_ref(), rows);
    }
}
