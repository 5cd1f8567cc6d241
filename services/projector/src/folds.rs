//! Folded records at hand: those used last in memory, others folded again from the history rows.

use contract::Recorded;
use domain::{Event, Kind, Record, Subject};
use prometheus_client::metrics::counter::Counter;
use quick_cache::Weighter;
use quick_cache::unsync::Cache;
use readmodel::Rows;

use crate::history::{self, Stands};

/// Events that the records in memory may have together: about 40 MB, and more than one record can have.
const EVENTS_AT_HAND: u64 = domain::MOST_EVENTS as u64 * 5 / 4;

/// The records of a projection.
pub(crate) struct Folds {
    at_hand: Cache<Subject, Record, Events>,
    /// Events that could not be read.
    raw: Counter,
}

impl Default for Folds {
    fn default() -> Self {
        Self::new(Counter::default())
    }
}

impl Folds {
    pub(crate) fn new(raw: Counter) -> Self {
        Self { at_hand: Cache::with_weighter(1_000, EVENTS_AT_HAND, Events), raw }
    }

    /// The record as it stands before an event; it comes back by [`keep`](Self::keep).
    pub(crate) fn take(&mut self, before: &Stands, rows: &impl Rows) -> Record {
        let subject = &before.subject;
        let at_hand = self.at_hand.remove(subject).map(|(_, record)| record);
        at_hand.unwrap_or_else(|| match before.version {
            1 => Record::new(*subject),
            _ => fold(subject, rows),
        })
    }

    pub(crate) fn keep(&mut self, record: Record) {
        self.at_hand.insert(record.subject(), record);
    }

    /// Reads an event. One that cannot be read has its history row and nothing else; one of an unknown type is
    /// part of its record, raw. Both are counted.
    pub(crate) fn read(&self, stands: &Stands, payload: &[u8]) -> Option<Event> {
        let event = read(stands, payload);
        if !event.as_ref().is_some_and(|event| matches!(event.kind, Kind::Known(_))) {
            self.raw.inc();
            let (position, subject) = (stands.position, stands.subject);
            tracing::warn!(position, %subject, "an event is not known to this version; it is kept as it is");
        }
        event
    }
}

/// Folds a record from its history.
pub(crate) fn fold(subject: &Subject, rows: &impl Rows) -> Record {
    fold_until(subject, u64::MAX, rows)
}

/// Folds a record from its history up to a position.
pub(crate) fn fold_until(subject: &Subject, position: u64, rows: &impl Rows) -> Record {
    let mut record = Record::new(*subject);
    let history = history::of_record(subject, 0, rows);
    for (stands, payload) in history.take_while(|(stands, _)| stands.position <= position) {
        if let Some(event) = read(&stands, &payload) {
            record.apply(event);
        }
    }
    record
}

fn read(stands: &Stands, payload: &[u8]) -> Option<Event> {
    Some(Recorded::parse(payload).ok()?.event(stands.version, stands.position))
}

/// Whether an event is about what the register holds: it may change what became of events before it.
pub(crate) fn is_control(event: &Event) -> bool {
    matches!(&event.kind, Kind::Known(kind) if kind.event().is_control())
}

/// A record weighs as much as it has events.
#[derive(Clone)]
struct Events;

impl Weighter<Subject, Record> for Events {
    fn weight(&self, _: &Subject, record: &Record) -> u64 {
        1 + u64::from(record.version())
    }
}
