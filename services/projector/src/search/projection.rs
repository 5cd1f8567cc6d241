//! One event, and what it changes in what records are found by.

use domain::Subject;
use prometheus_client::metrics::counter::Counter;
use readmodel::{Direction, Entry, Overlay, Projection, Range, Row, Rows, View};

use super::texts::Texts;
use crate::folds::{Folds, Held};
use crate::head::Head;
use crate::history::{self, Stands};
use crate::key::{Key, Parts};
use crate::{markings, parties};

/// Position of a record's last change → the record. Whoever has seen all changes up to a position finds here all
/// that changed since, each record once.
const CHANGES: u8 = b'c';

/// Keeps what records are found by, and which changed when.
#[derive(Default)]
pub struct Texting {
    folds: Folds,
}

impl Texting {
    /// `raw` counts the events that cannot be read.
    #[must_use]
    pub fn new(raw: Counter) -> Self {
        Self { folds: Folds::new(raw) }
    }
}

impl Projection for Texting {
    type Entry = Entry;

    const NAME: &'static str = "search";
    const SCHEMA: u32 = 1;

    fn another(&self) -> Option<Self> {
        Some(Self::new(self.folds.raw()))
    }

    fn apply(&mut self, entry: &Entry, rows: &mut Overlay<'_>) {
        let stands = Stands::of(entry, rows);
        let mut held = self.folds.take_held(&stands, rows);
        if let Some(last) = history::last(&stands.subject, rows) {
            rows.remove(change(last.position));
        }
        let subject = Key::table(b'.').subject(&stands.subject);
        rows.put(change(stands.position), &subject.as_ref()[1..]).expect("an address fits");
        history::keep(&stands, entry, rows);
        if let Some(event) = self.folds.read(&stands, &history::kept(entry)) {
            Folds::apply(&mut held.record, event, rows);
            held.head = Some(write(&held, &stands, rows));
        }
        self.folds.keep_held(held);
    }
}

/// Writes what a record is found by, and gives its head.
fn write(held: &Held, stands: &Stands, rows: &mut Overlay<'_>) -> Head {
    let Held { record, head: old } = held;
    let subject = record.subject();
    let view = record.view();
    let first = old.as_ref().map_or(stands.position, |head| head.first);
    let marking = markings::of(record, rows);
    let new = Head::of(record, stands.version, first, Some(&view), marking);
    parties::keep(old.as_ref(), &new, rows);
    Texts::of(&subject, &view).put(&subject, rows);
    // The search answers nothing as of earlier.
    new.put(None, stands.position, rows);
    new
}

fn change(position: u64) -> Key {
    Key::table(CHANGES).position(position)
}

/// The records whose last change lies behind a position, in the order of those changes.
pub(super) fn changed<'v>(after: u64, view: &'v View<'_>) -> impl Iterator<Item = (u64, Subject)> + 'v {
    let range = Range::prefix(&[CHANGES]).after(change(after).as_ref());
    view.scan(&range, Direction::Ascending).filter_map(|(key, subject): Row| {
        Some((Parts(key.get(1..)?).position()?, Parts(&subject).subject()?))
    })
}
