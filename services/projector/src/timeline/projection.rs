//! One event, and what it changes in the timeline.

use domain::Record;
use prometheus_client::metrics::counter::Counter;
use readmodel::{Entry, Memory, Overlay, Projection};

use super::item::{INDEX, Item};
use crate::folds::{self, Folds, is_control};
use crate::head::Head;
use crate::history::{self, Stands};
use crate::index::{Held, Posting, Target};
use crate::{items, markings, parties};

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
    type Entry = Entry;

    const NAME: &'static str = "timeline";
    const SCHEMA: u32 = 5;

    fn memory() -> Option<Box<dyn Memory>> {
        Some(Held::of(INDEX))
    }

    fn another(&self) -> Option<Self> {
        Some(Self::new(self.folds.raw()))
    }

    fn apply(&mut self, entry: &Entry, rows: &mut Overlay<'_>) {
        let stands = Stands::of(entry, rows);
        let folds::Held { mut record, mut head } = self.folds.take_held(&stands, rows);
        history::keep(&stands, entry, rows);
        if let Some(event) = self.folds.read(&stands, &history::kept(entry)) {
            let is_control = is_control(&event);
            Folds::apply(&mut record, event, rows);
            head = Some(write(&record, head, &stands, is_control, rows));
        }
        self.folds.keep_held(folds::Held { record, head });
    }
}

/// Places the new event, or what it tells again; all of the record's, if events before it may have changed.
/// Gives the record's new head.
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
    if new.is_disposed() {
        INDEX.forget(&new.summary.subject, rows);
        items::forget(&new.summary.subject, rows);
    }
    let posting = posting(&new);
    if new.is_disposed() || old.as_ref().map(self::posting).as_ref() != Some(&posting) {
        INDEX.post(&new.summary.subject, &posting, stands.position, rows);
    }
    let told = record.events().last().and_then(|event| record.happening(event));
    let told = told.map(|(first, _)| first.event.version);
    for entry in record.events() {
        let version = entry.event.version;
        if is_control || version == stands.version || Some(version) == told {
            place(record, entry, stands, rows);
        }
    }
    parties::keep(old.as_ref(), &new, rows);
    // Which version it is shows in no happening.
    let old = old.filter(|old| !old.tells_as(&new));
    new.put(old.as_ref(), stands.position, rows);
    new
}

/// Under what the happenings of a record stand.
fn posting(head: &Head) -> Posting {
    Posting { marking: head.marking, facets: head.facets() }
}

/// Puts a happening where it stands with the event that is applied.
fn place(record: &Record, entry: &domain::Entry, stands: &Stands, rows: &mut Overlay<'_>) {
    let target = Target { subject: record.subject(), number: entry.event.version };
    // Only an event that is not new can have a row.
    let is_new = target.number == stands.version;
    let before = if is_new { None } else { items::get::<Item>(&target, None, rows) };
    let after = Item::of(record, entry);
    if before == after {
        return;
    }
    let place = |item: &Option<Item>| item.as_ref().map(Item::stands).unwrap_or_default();
    if place(&before) != place(&after) {
        INDEX.place(&target, &place(&after), stands.position, rows);
    }
    items::put(&target, (before.as_ref(), after.as_ref()), stands.position, rows);
}
