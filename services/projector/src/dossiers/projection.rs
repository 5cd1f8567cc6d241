//! One event, and what it changes in the dossiers.

use std::sync::Arc;

use domain::{Event, Record};
use prometheus_client::metrics::counter::Counter;
use readmodel::{Entry, Overlay, Projection};

use super::tables;
use crate::folds::{Folds, is_control};
use crate::head::Head;
use crate::history::{self, Stands};
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
    const NAME: &'static str = "dossiers";
    const SCHEMA: u32 = 4;

    fn apply(&mut self, entry: &Entry, rows: &mut Overlay<'_>) {
        let stands = Stands::of(entry, rows);
        let mut record = self.folds.take(&stands, rows);
        history::keep(&stands, &entry.payload, rows);
        history::keep_position(&stands, rows);
        if let Some(event) = self.folds.read(&stands, &entry.payload) {
            tables::put_uid(event.uid, stands.position, rows);
            let event = Arc::new(event);
            record.apply(event.clone());
            write(&record, &event, rows);
        }
        self.folds.keep(record);
    }
}

/// Writes what follows from the record as it stands with this event.
fn write(record: &Record, event: &Event, rows: &mut Overlay<'_>) {
    let subject = record.subject();
    let view = record.view();
    let old = Head::get(&subject, rows);
    let first = old.as_ref().map_or(event.position, |head| head.first);
    let marking = markings::of(record, rows);
    let new = Head::of(record, event.version, first, Some(&view), marking);
    let changes_others = is_control(event);
    tables::list(old.as_ref(), &new, rows);
    parties::keep(old.as_ref(), &new, rows);
    tables::put_view(&subject, &view, rows);
    let added = Some(event).filter(|_| !changes_others && !record.is_disposed());
    tables::put_words(record, &view, added, rows);
    if new.links || old.is_some_and(|old| old.links) {
        tables::link(record, &view, rows);
    }
    if changes_others {
        tables::put_standings(record, rows);
    }
    new.put(rows);
}
