//! One event, and what it changes in what is foreseen.

use std::collections::BTreeSet;

use domain::{Aggregate, Record};
use prometheus_client::metrics::counter::Counter;
use readmodel::{Entry, Memory, Overlay, Projection};
use serde_json::Value;

use super::item::{INDEX, Item, Slots};
use crate::folds::{self, Folds};
use crate::head::Head;
use crate::history::{self, Stands};
use crate::index::{Held, Posting, Target};
use crate::{items, markings, parties};

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
    type Entry = Entry;

    const NAME: &'static str = "calendar";
    const SCHEMA: u32 = 2;

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
            Folds::apply(&mut record, event, rows);
            head = Some(write(&record, head, &stands, rows));
        }
        self.folds.keep_held(folds::Held { record, head });
    }
}

/// What only the view of a commitment tells: whose it is, how firm.
fn told(record: &Record) -> Option<Value> {
    (record.subject().aggregate == Aggregate::Commitment).then(|| record.view())
}

/// Puts what the record foresees with this event; gives its new head.
fn write(record: &Record, old: Option<Head>, stands: &Stands, rows: &mut Overlay<'_>) -> Head {
    let first = old.as_ref().map_or(stands.position, |head| head.first);
    let marking = markings::of(record, rows);
    let new = Head::of(record, stands.version, first, told(record).as_ref(), marking);
    place(record, (old.as_ref(), &new), stands.position, rows);
    parties::keep(old.as_ref(), &new, rows);
    new.put(old.as_ref(), stands.position, rows);
    new
}

fn posting(head: &Head) -> Posting {
    Posting { marking: head.marking, facets: head.list_facets() }
}

/// Puts what changed.
fn place(record: &Record, (old, new): (Option<&Head>, &Head), position: u64, rows: &mut Overlay<'_>) {
    let subject = record.subject();
    if new.is_disposed() {
        INDEX.forget(&subject, rows);
        items::forget(&subject, rows);
    }
    let posting = posting(new);
    if new.is_disposed() || old.map(self::posting).as_ref() != Some(&posting) {
        INDEX.post(&subject, &posting, position, rows);
    }
    let before = items::all(&subject, rows).collect::<Slots>();
    let after = if new.is_disposed() { Slots::new() } else { Item::all(record) };
    for number in before.keys().chain(after.keys()).copied().collect::<BTreeSet<_>>() {
        let (stood, stands) = (before.get(&number), after.get(&number));
        if stood == stands {
            continue;
        }
        let target = Target { subject, number };
        let entry = |item| Item::stands(item, number, new.first);
        if entry(stood) != entry(stands) {
            INDEX.place(&target, &entry(stands), position, rows);
        }
        items::put(&target, (stood, stands), position, rows);
    }
}
