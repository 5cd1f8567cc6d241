//! What stands where in time, now and at any earlier position of the log: the index of lists and timelines.
//!
//! | table | key | value |
//! |---|---|---|
//! | `rows` | 0, order, marking, facet, [place](Place) | since which position it stands there, target |
//! | `rows` | 1, order, marking, facet, place, since | until which position it stood there, target |
//! | `closed` | length of the target, target, key of one of its rows of the second kind | |
//!
//! A target (a record, one of its events) stands under facets (its parties, topics, its status) at a place in
//! each of a few orders. Where it no longer stands its row is closed, not removed, so that a question **as of an
//! earlier position** scans as any other does. Rows that are closed lie apart: those of every meeting that once
//! was expected do not lie in the way of one who asks which still are.
//!
//! A marking is today's: when it changes, the closed rows move as well. The list of a target's closed rows is
//! for that, and for disposal.
//!
//! **Several facets are joined by leaping**: whatever stands behind the others' next places is sought there,
//! so that what others exclude is not read. A place belongs to one target, which is what makes the join one of
//! places.
//!
//! **Times have a length**, and a place only a beginning. What may last longer than [`LONGEST`] days stands in a
//! second order besides, and what has an end only, at which it is placed, in a third. So for what lies in a span
//! the order is read from a year before it begins until it ends, before that the second, after that the third.

mod find;
mod scan;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use readmodel::{Overlay, Rows};

pub(crate) use self::find::Selection;
use crate::key::{Key, Parts, Place};

/// Rows that hold, and rows that held.
const OPEN: u8 = 0;
const CLOSED: u8 = 1;

/// Days that a time may last and still be found by where it begins.
const LONGEST: i32 = 366;

/// Orders beside an order: of what lasts longer, and of what has only an end.
const LONG: u8 = 0x80;
const UNBEGUN: u8 = 0x40;

/// Orders with this bit are of days, not of times with a length: a span's bounds hold for the places as they are.
pub(crate) const DAYS: u8 = 0x20;

/// One index of a read model: a table's letter for its rows, and one for the lists of closed ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Index {
    pub(crate) rows: u8,
    pub(crate) closed: u8,
}

/// Where something stands: under which marking and facets, at which place in each order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Posting {
    pub(crate) marking: u32,
    /// The empty one is of all.
    pub(crate) facets: BTreeSet<String>,
    /// None: it stands nowhere, and this is where it stood.
    pub(crate) places: Vec<(u8, Place)>,
}

/// Where something of these bounds stands in an order of times, by its beginning, and in those beside it.
pub(crate) fn places(
    order: u8,
    earliest: Option<Date>,
    latest: Option<Date>,
    position: u64,
) -> Vec<(u8, Place)> {
    let place = Place::new(earliest.or(latest), position);
    let beside = match (earliest, latest) {
        (Some(earliest), Some(latest)) => (latest > earliest.saturating_add(LONGEST.days())).then_some(LONG),
        (Some(_), None) => Some(LONG),
        (None, Some(_)) => Some(UNBEGUN),
        (None, None) => None,
    };
    [Some(0), beside].into_iter().flatten().map(|beside| (order | beside, place)).collect()
}

/// One of the rows of a posting, whatever its marking.
type Spot<'p> = (u8, &'p str, Place);

impl Posting {
    fn spots(&self) -> BTreeSet<Spot<'_>> {
        let at = |facet| self.places.iter().map(move |(order, place)| (*order, facet, *place));
        self.facets.iter().map(String::as_str).flat_map(at).collect()
    }
}

impl Index {
    /// Moves a target from where it stood to where it stands with the event at `position`; none: it stands, or
    /// stood, nowhere. What may come to stand somewhere again says by a posting without places how it is marked.
    pub(crate) fn update(
        &self,
        target: &[u8],
        old: Option<&Posting>,
        new: Option<&Posting>,
        position: u64,
        rows: &mut Overlay<'_>,
    ) {
        // What has not stood anywhere yet has no closed rows.
        if let Some((_, new)) = old.zip(new).filter(|(old, new)| old.marking != new.marking) {
            self.mark(target, new.marking, rows);
        }
        let stood = old.map(Posting::spots).unwrap_or_default();
        let stands = new.map(Posting::spots).unwrap_or_default();
        if let Some(old) = old {
            let now = new.map_or(old.marking, |new| new.marking);
            for spot in stood.difference(&stands) {
                self.close(target, spot, (old.marking, now), position, rows);
            }
            for spot in stood.intersection(&stands).filter(|_| now != old.marking) {
                let key = self.open(old.marking, spot);
                if let Some(row) = rows.get(key.as_ref()) {
                    rows.put(self.open(now, spot), row).expect("it fitted before");
                    rows.remove(key);
                }
            }
        }
        if let Some(new) = new {
            let row = [position.to_be_bytes().as_slice(), target].concat();
            for spot in stands.difference(&stood) {
                rows.put(self.open(new.marking, spot), &row).expect("a number and a target fit");
            }
        }
    }

    /// Takes away where a target stood before; where it stands is for [`update`](Self::update) to say. After
    /// that nothing tells what is gone, not even as of an earlier position.
    pub(crate) fn forget(&self, target: &[u8], rows: &mut Overlay<'_>) {
        for (listed, closed) in self.listed(target, rows) {
            rows.remove(closed);
            rows.remove(listed);
        }
    }

    fn close(
        &self,
        target: &[u8],
        spot: &Spot<'_>,
        (stood, stands): (u32, u32),
        position: u64,
        rows: &mut Overlay<'_>,
    ) {
        let key = self.open(stood, spot);
        let since = rows.get(key.as_ref()).and_then(|row| Parts(&row).position());
        rows.remove(key);
        let Some(since) = since.filter(|since| *since < position) else { return };
        let key = self.key(CLOSED, stands, spot).position(since);
        rows.mark(self.list(target).bytes(key.as_ref()));
        let row = [position.to_be_bytes().as_slice(), target].concat();
        rows.put(key, row).expect("a number and a target fit");
    }

    /// Moves all closed rows of a target under a marking.
    fn mark(&self, target: &[u8], marking: u32, rows: &mut Overlay<'_>) {
        for (listed, closed) in self.listed(target, rows) {
            // Behind letter, state and order.
            let marked = [&closed[..3], &marking.to_be_bytes(), &closed[7..]].concat();
            if let Some(row) = rows.get(&closed).filter(|_| marked != closed) {
                rows.put(&*marked, row).expect("it fitted before");
                rows.mark(self.list(target).bytes(&marked));
                rows.remove(closed);
                rows.remove(listed);
            }
        }
    }

    /// The closed rows of a target: the keys in its list, and their own.
    fn listed(&self, target: &[u8], rows: &impl Rows) -> Vec<(Vec<u8>, Vec<u8>)> {
        let prefix = self.list(target);
        let listed = rows.scan_prefix(prefix.as_ref());
        listed.map(|(key, _)| (key.to_vec(), key[prefix.as_ref().len()..].to_vec())).collect()
    }

    fn list(&self, target: &[u8]) -> Key {
        let length = u8::try_from(target.len()).expect("a target is a few numbers");
        Key::table(self.closed).bytes(&[length]).bytes(target)
    }

    fn open(&self, marking: u32, spot: &Spot<'_>) -> Key {
        self.key(OPEN, marking, spot)
    }

    fn key(&self, state: u8, marking: u32, (order, facet, place): &Spot<'_>) -> Key {
        Key::table(self.rows).bytes(&[state, *order]).version(marking).text(facet).bytes(&place.0)
    }
}
