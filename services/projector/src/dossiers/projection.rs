//! One event, and what it changes in the dossiers.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{Event, Record};
use prometheus_client::metrics::counter::Counter;
use readmodel::{Entry, Memory, Overlay, Projection};

use super::links::{self, Link, Linking};
use super::{list, tables};
use crate::folds::{self, Folds, is_control};
use crate::head::Head;
use crate::history::{self, Stands};
use crate::index::Held;
use crate::{markings, parties};

/// Folds every record.
#[derive(Default)]
pub struct Dossiers {
    folds: Folds,
}

impl Dossiers {
    /// `raw` counts the events that cannot be read.
    #[must_use]
    pub fn new(raw: Counter) -> Self {
        Self { folds: Folds::new(raw) }
    }
}

impl Projection for Dossiers {
    type Entry = Entry;

    const NAME: &'static str = "dossiers";
    const SCHEMA: u32 = 5;

    fn memory() -> Option<Box<dyn Memory>> {
        Some(Held::of(list::INDEX))
    }

    fn another(&self) -> Option<Self> {
        Some(Self::new(self.folds.raw()))
    }

    fn apply(&mut self, entry: &Entry, rows: &mut Overlay<'_>) {
        let stands = Stands::of(entry, rows);
        let folds::Held { mut record, mut head } = self.folds.take_held(&stands, rows);
        history::keep(&stands, entry, rows);
        let event = self.folds.read(&stands, &history::kept(entry));
        let recorded = event.as_ref().map_or(entry.stored, |event| event.recorded);
        history::keep_position(&stands, recorded, rows);
        if let Some(event) = event {
            tables::put_uid(event.uid, stands.position, rows);
            let event = Arc::new(event);
            // Only an event about the register takes links back.
            let links = is_control(&event).then(|| links::of(&record));
            Folds::apply(&mut record, event.clone(), rows);
            head = Some(write(&record, head, &event, links.as_ref(), rows));
        }
        self.folds.keep_held(folds::Held { record, head });
    }
}

/// Writes what follows from the record as it stands with this event; gives its new head.
fn write(
    record: &Record,
    old: Option<Head>,
    event: &Event,
    links: Option<&BTreeSet<Link>>,
    rows: &mut Overlay<'_>,
) -> Head {
    let subject = record.subject();
    let view = record.view();
    let first = old.as_ref().map_or(event.position, |head| head.first);
    let marking = markings::of(record, rows);
    let new = Head::of(record, event.version, first, Some(&view), marking);
    list::place(old.as_ref(), &new, event.position, rows);
    parties::keep(old.as_ref(), &new, rows);
    new.put(old.as_ref(), event.position, rows);
    tables::put_view(&subject, &view, rows);
    let linking = Linking { from: subject, marking: new.marking, position: event.position };
    if let Some(links) = links {
        let marking = old.map_or(new.marking, |old| old.marking);
        linking.change((marking, links), record, rows);
        tables::put_standings(record, rows);
    } else if !record.is_disposed() {
        linking.add(event, rows);
    }
    new
}
