//! Folded records at hand: those used last in memory, others folded again from the history rows.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{Event, Kind, Record, Subject};
use prometheus_client::metrics::counter::Counter;
use readmodel::{Overlay, Rows};

use crate::head::Head;
use crate::history::{self, Stands};

/// Events that the records used last may have together, and those used before them: about 20 MB each, and more
/// than half of what one record can have.
const EVENTS_AT_HAND: usize = domain::MOST_EVENTS * 5 / 8;

/// A record at hand.
pub(crate) struct Held {
    pub(crate) record: Record,
    /// As it was put last, so that it need not be read again.
    pub(crate) head: Option<Head>,
}

impl Held {
    /// As much as it has events.
    fn weight(&self) -> usize {
        1 + self.record.events().len()
    }
}

/// The records of a projection.
pub(crate) struct Folds {
    /// Used since these were last too many together.
    young: HashMap<Subject, Held>,
    /// How much those weigh.
    weight: usize,
    /// Used before: whatever is not used until the young are too many again goes.
    old: HashMap<Subject, Held>,
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
        Self { young: HashMap::new(), weight: 0, old: HashMap::new(), raw }
    }

    /// What counts the events that could not be read.
    pub(crate) fn raw(&self) -> Counter {
        self.raw.clone()
    }

    /// The record as it stands before an event, and its head; it comes back by [`keep_held`](Self::keep_held).
    pub(crate) fn take_held(&mut self, before: &Stands, rows: &impl Rows) -> Held {
        let subject = &before.subject;
        let young = self.young.remove(subject).inspect(|held| self.weight -= held.weight());
        young.or_else(|| self.old.remove(subject)).unwrap_or_else(|| match before.version {
            1 => Held { record: Record::new(*subject), head: None },
            _ => Held { record: fold(subject, rows), head: Head::get(subject, rows) },
        })
    }

    pub(crate) fn keep_held(&mut self, held: Held) {
        self.weight += held.weight();
        self.young.insert(held.record.subject(), held);
        if self.weight > EVENTS_AT_HAND {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
    }

    /// Takes an event into its record. Once that is disposed of, nothing of what was sealed in it is kept, and the
    /// record is what those make of it who come later.
    pub(crate) fn apply(record: &mut Record, event: impl Into<Arc<Event>>, rows: &mut Overlay<'_>) {
        record.apply(event);
        let subject = record.subject();
        if record.is_disposed() && history::close(&subject, rows) {
            *record = fold(&subject, rows);
        }
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
    Some(sealing::read(payload)?.recorded.event(stands.version, stands.position))
}

/// Whether an event is about what the register holds: it may change what became of events before it.
pub(crate) fn is_control(event: &Event) -> bool {
    matches!(&event.kind, Kind::Known(kind) if kind.event().is_control())
}

#[cfg(test)]
mod tests {
    use domain::Aggregate::Engagement;
    use serde_json::json;

    use super::*;
    use crate::testing::{Register, subject};

    /// No rows: whatever is not at hand is empty.
    struct Nothing;

    impl Rows for Nothing {
        fn get(&self, _: &[u8]) -> Option<readmodel::Value> {
            None
        }

        fn scan<'r>(
            &'r self,
            _: &readmodel::Range,
            _: readmodel::Direction,
        ) -> Box<dyn Iterator<Item = readmodel::Row> + 'r> {
            Box::new(std::iter::empty())
        }
    }

    #[test]
    fn what_was_used_last_is_at_hand_and_what_was_not_for_long_goes() {
        let mut folds = Folds::default();
        let mut register = Register::default();
        let of = |n: usize| subject(Engagement, &n.to_string());
        register.record("engagement.held", of(0), "OFFICIAL", &json!({"occurred": "2025-08-12"}));
        let payload = register.entries[0].payload.clone();
        let stands = |n, version| Stands { subject: of(n), version, position: 1 };
        let used = |folds: &mut Folds, n, version| {
            let mut held = folds.take_held(&stands(n, version), &Nothing);
            let before = held.record.version();
            held.record.apply(folds.read(&stands(n, version), &payload).unwrap());
            folds.keep_held(held);
            before
        };
        used(&mut folds, 0, 1);
        for n in 1..2 * EVENTS_AT_HAND {
            used(&mut folds, n, 1);
            if n % 100 == 0 {
                assert_eq!(used(&mut folds, 0, 2), u32::try_from(n / 100).unwrap());
            }
        }
        assert_eq!(folds.take_held(&stands(1, 2), &Nothing).record.version(), 0);
    }
}
