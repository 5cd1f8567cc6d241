//! One event, and what it changes in what is foreseen.

use std::collections::BTreeSet;

use domain::{Aggregate, Record};
use prometheus_client::metrics::counter::Counter;
use readmodel::{Entry, Overlay, Projection};
use serde_json::Value;

use super::item::{self, INDEX, Item};
use crate::folds::Folds;
use crate::head::Head;
use crate::history::{self, Stands};
use crate::{markings, parties};

/// Keeps what every record foresees.
#[derive(Default)]
pub struct Expectations {
    folds: Folds,
}

impl Expectations {
    /// `raw` counts the events that cannot be read.
    #[must_use]
    pub fn new(raw: Counter) -> Self {
        Self { folds: Folds::new(raw) }
    }
}

impl Projection for Expectations {
    const NAME: &'static str = "calendar";
    const SCHEMA: u32 = 1;

    fn another(&self) -> Option<Self> {
        Some(Self::new(self.folds.raw()))
    }

    fn apply(&mut self, entry: &Entry, rows: &mut Overlay<'_>) {
        let stands = Stands::of(entry, rows);
        let mut record = self.folds.take(&stands, rows);
        history::keep(&stands, &entry.payload, rows);
        if let Some(event) = self.folds.read(&stands, &entry.payload) {
            record.apply(event);
            write(&record, &stands, rows);
        }
        self.folds.keep(record);
    }
}

/// What only the view of a commitment tells: whose it is, how firm.
pub(super) fn told(record: &Record) -> Option<Value> {
    (record.subject().aggregate == Aggregate::Commitment).then(|| record.view())
}

fn write(record: &Record, stands: &Stands, rows: &mut Overlay<'_>) {
    let subject = record.subject();
    let old = Head::get(&subject, rows);
    let first = old.as_ref().map_or(stands.position, |head| head.first);
    let marking = markings::of(record, rows);
    let new = Head::of(record, stands.version, first, told(record).as_ref(), marking);
    place(record, (old.as_ref(), &new), stands.position, rows);
    parties::keep(old.as_ref(), &new, rows);
    new.put(rows);
}

/// Moves what changed, and everything if the record moves: what stood in a slot once moves with it.
fn place(record: &Record, (old, new): (Option<&Head>, &Head), position: u64, rows: &mut Overlay<'_>) {
    let subject = record.subject();
    let (before, after) = (item::slots(&subject, rows), Item::all(record));
    let moves = old.is_some_and(|old| old.marking != new.marking || old.list_facets() != new.list_facets());
    let slots = before.keys().chain(after.keys()).copied().collect::<BTreeSet<_>>();
    for slot in slots {
        let stood = before.get(&slot);
        let stands = after.get(&slot).and_then(Option::as_ref);
        if !moves && stood.is_some_and(|stood| stood.as_ref() == stands) && !new.is_disposed() {
            continue;
        }
        if stood.is_none() && stands.is_none() {
            continue;
        }
        let posting = |item, head| Item::posting(item, slot, head);
        let was = old.zip(stood).map(|(old, stood)| posting(stood.as_ref(), old));
        let target = item::target(&subject, slot);
        INDEX.update(&target, was.as_ref(), Some(&posting(stands, new)), position, rows);
        if new.is_disposed() {
            INDEX.forget(&target, rows);
            item::remove(&subject, slot, rows);
        } else {
            item::put(&subject, slot, stands, rows);
        }
    }
}
