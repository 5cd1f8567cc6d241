//! One event, and what it changes in the timeline.

use domain::Record;
use prometheus_client::metrics::counter::Counter;
use readmodel::{Entry, Overlay, Projection};

use super::item::{self, INDEX, Item};
use crate::folds::{Folds, Held, is_control};
use crate::head::Head;
use crate::history::{self, Stands};
use crate::index::Posting;
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

    fn another(&self) -> Option<Self> {
        Some(Self::new(self.folds.raw()))
    }

    fn apply(&mut self, entry: &Entry, rows: &mut Overlay<'_>) {
        let stands = Stands::of(entry, rows);
        let Held { mut record, mut head } = self.folds.take_held(&stands, rows);
        history::keep(&stands, &entry.payload, rows);
        if let Some(event) = self.folds.read(&stands, &entry.payload) {
            let is_control = is_control(&event);
            record.apply(event);
            head = Some(write(&record, head, &stands, is_control, rows));
        }
        self.folds.keep_held(Held { record, head });
    }
}

/// Places the new event, or what it tells again; all of the record's, if the record moves or events before it
/// may have changed. Gives the record's new head.
fn write(
    record: &Record,
    old: Option<Head>,
    stands: &Stands,
    is_control: bool,
    rows: &mut Overlay<'_>,
) -> Head {
    let first = old.as_ref().map_or(stands.position, |head| head.first);
    let marking = markings::of(record, rows);
    let new = Head::of(record, stands.version, first, None, marking);
    let mut places = Places { record, old: old.as_ref().map(unplaced), new: unplaced(&new), stands };
    let moves = places.old.as_ref().is_some_and(|old| *old != places.new);
    let told = record.events().last().and_then(|event| record.happening(event));
    let told = told.map(|(first, _)| first.event.version);
    for entry in record.events() {
        let version = entry.event.version;
        if moves || is_control || version == stands.version || Some(version) == told {
            places.put(entry, rows);
        }
    }
    parties::keep(old.as_ref(), &new, rows);
    new.put(rows);
    new
}

/// Under what the happenings of a record stand.
fn unplaced(head: &Head) -> Posting {
    Posting { marking: head.marking, facets: head.facets(), places: vec![] }
}

/// Where the happenings of a record stood before an event, and stand with it.
struct Places<'e> {
    record: &'e Record,
    old: Option<Posting>,
    new: Posting,
    stands: &'e Stands,
}

impl Places<'_> {
    fn put(&mut self, entry: &domain::Entry, rows: &mut Overlay<'_>) {
        let (subject, version) = (&self.record.subject(), entry.event.version);
        // Only an event that is not new can have a row.
        let old = self.old.as_mut().filter(|_| version < self.stands.version);
        let before = old.is_some().then(|| Item::get(subject, version, rows)).flatten();
        let after = Item::of(self.record, entry);
        let places = |item: &Option<Item>| item.as_ref().map(Item::places).unwrap_or_default();
        self.new.places = places(&after);
        let target = item::target(subject, version);
        let old = old.map(|old| {
            old.places = places(&before);
            &*old
        });
        INDEX.update(&target, old, Some(&self.new), self.stands.position, rows);
        if self.record.is_disposed() {
            INDEX.forget(&target, rows);
        }
        if before != after {
            item::put(subject, version, after.as_ref(), rows);
        }
    }
}
