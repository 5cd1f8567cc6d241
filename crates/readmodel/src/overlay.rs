//! Changes that are not committed yet, and reading through them.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Bound;

use crate::rows::Row;
use crate::store::{self, Store};
use crate::{Direction, Range, Rows, Value};

/// The longest value a row can have, 64 KiB: longer ones cost sled its disk for good. An event is at most
/// 65,535 bytes, so that one event always fits.
pub const LARGEST_VALUE: usize = 64 * 1024;

/// Row changes by key; `None` removes.
pub(crate) type Changes = BTreeMap<Vec<u8>, Option<Value>>;

/// The store as it will stand once the pending changes are committed.
pub struct Overlay<'b> {
    store: &'b Store,
    changes: &'b mut Changes,
    failure: RefCell<Option<sled::Error>>,
}

impl<'b> Overlay<'b> {
    pub(crate) const fn new(store: &'b Store, changes: &'b mut Changes) -> Self {
        Self { store, changes, failure: RefCell::new(None) }
    }

    /// Writes a row.
    ///
    /// # Errors
    /// [`TooLarge`] beyond [`LARGEST_VALUE`]: the row stays as it was. The projection keeps what it needs to
    /// make such a value on reading, or splits it.
    ///
    /// # Panics
    /// When the key is empty or begins with a zero byte: those are the store's own.
    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl AsRef<[u8]>) -> Result<(), TooLarge> {
        let value = value.as_ref();
        if value.len() > LARGEST_VALUE {
            return Err(TooLarge { length: value.len() });
        }
        self.change(key.into(), Some(Value(value.into())));
        Ok(())
    }

    /// Writes a row that says all it has to say by its key.
    ///
    /// # Panics
    /// As [`put`](Self::put).
    pub fn mark(&mut self, key: impl Into<Vec<u8>>) {
        self.change(key.into(), Some(Value::default()));
    }

    /// Removes a row, if it is there.
    ///
    /// # Panics
    /// As [`put`](Self::put).
    pub fn remove(&mut self, key: impl Into<Vec<u8>>) {
        self.change(key.into(), None);
    }

    fn change(&mut self, key: Vec<u8>, value: Option<Value>) {
        assert!(key.first().is_some_and(|byte| *byte != 0), "keys that begin with zero are the store's own");
        self.changes.insert(key, value);
    }

    /// Every change that is not committed yet, by key, also of earlier events of the same batch; no value: the
    /// row goes. Shows a measurement what is written.
    pub fn pending(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.changes.iter().map(|(key, value)| (key.as_slice(), value.as_deref()))
    }

    /// The first I/O error that reading met.
    pub(crate) fn failure(self) -> Option<sled::Error> {
        self.failure.into_inner()
    }
}

impl Rows for Overlay<'_> {
    fn get(&self, key: &[u8]) -> Option<Value> {
        self.changes.get(key).map_or_else(|| store::get(self.store, key, &self.failure), Clone::clone)
    }

    fn scan<'r>(&'r self, range: &Range, direction: Direction) -> Box<dyn Iterator<Item = Row> + 'r> {
        if range.is_empty() {
            return Box::new(std::iter::empty());
        }
        let end = range.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let pending = self.changes.range::<[u8], _>((Bound::Included(range.start.as_slice()), end));
        let committed = store::scan(self.store, range, direction, &self.failure);
        match direction {
            Direction::Ascending => {
                Box::new(Merged { direction, committed: committed.peekable(), pending: pending.peekable() })
            }
            Direction::Descending => Box::new(Merged {
                direction,
                committed: committed.peekable(),
                pending: pending.rev().peekable(),
            }),
        }
    }
}

/// Committed rows with the pending changes laid over them.
struct Merged<C: Iterator, P: Iterator> {
    direction: Direction,
    committed: Peekable<C>,
    pending: Peekable<P>,
}

impl<'p, C, P> Iterator for Merged<C, P>
where
    C: Iterator<Item = Row>,
    P: Iterator<Item = (&'p Vec<u8>, &'p Option<Value>)>,
{
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        loop {
            let order = match (self.committed.peek(), self.pending.peek()) {
                (_, None) => return self.committed.next(),
                (None, Some(_)) => Ordering::Greater,
                (Some((old, _)), Some((new, _))) => match self.direction {
                    Direction::Ascending => old.as_ref().cmp(new.as_slice()),
                    Direction::Descending => new.as_slice().cmp(old.as_ref()),
                },
            };
            match order {
                Ordering::Less => return self.committed.next(),
                Ordering::Equal => drop(self.committed.next()),
                Ordering::Greater => {}
            }
            if let Some((key, Some(value))) = self.pending.next() {
                return Some((Value(key.as_slice().into()), value.clone()));
            }
        }
    }
}

/// A value is longer than a row can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a value of {length} bytes is longer than the {LARGEST_VALUE} that a row holds")]
pub struct TooLarge {
    /// How long it is.
    pub length: usize,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Checkpoint;

    #[derive(Clone, Debug)]
    enum Change {
        Put(Vec<u8>, u8),
        Remove(Vec<u8>),
        Commit,
    }

    fn key() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop::sample::select(vec![1_u8, 2, 255]), 1..4)
    }

    fn change() -> impl Strategy<Value = Change> {
        prop_oneof![
            4 => (key(), any::<u8>()).prop_map(|(key, value)| Change::Put(key, value)),
            2 => key().prop_map(Change::Remove),
            1 => Just(Change::Commit),
        ]
    }

    fn all(rows: &dyn Rows, range: &Range) -> [Vec<Row>; 2] {
        [Direction::Ascending, Direction::Descending].map(|way| rows.scan(range, way).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn what_is_read_through_the_overlay_is_what_is_read_after_the_commit(
            history in prop::collection::vec(change(), 0..40), prefix in key(), probe in key(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(folder.path(), 1 << 20).unwrap();
            let mut changes = Changes::new();
            for change in history {
                let mut overlay = Overlay::new(&store, &mut changes);
                match change {
                    Change::Put(key, value) => overlay.put(key, [value]).unwrap(),
                    Change::Remove(key) => overlay.remove(key),
                    Change::Commit => {
                        store.commit(&std::mem::take(&mut changes), &Checkpoint::start("t", 1)).unwrap();
                    }
                }
            }
            let ranges = [Range::prefix(&[1]), Range::prefix(&prefix), Range::all().after(&[0, 255]),
                Range::prefix(&prefix).after(&probe), Range::all().after(&[1]).before(&probe)];
            let overlay = Overlay::new(&store, &mut changes);
            let before = ranges.each_ref().map(|range| all(&overlay, range));
            let got = overlay.get(&probe);
            prop_assert!(overlay.failure().is_none());
            store.commit(&std::mem::take(&mut changes), &Checkpoint::start("t", 1)).unwrap();
            let overlay = Overlay::new(&store, &mut changes);
            prop_assert_eq!(before, ranges.each_ref().map(|range| all(&overlay, range)));
            prop_assert_eq!(got, overlay.get(&probe));
        }
    }

    #[test]
    fn what_is_too_large_is_refused_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), 1 << 20).unwrap();
        let mut changes = Changes::new();
        let mut overlay = Overlay::new(&store, &mut changes);
        assert_eq!(overlay.put(*b"k", [1]), Ok(()));
        let length = LARGEST_VALUE + 1;
        assert_eq!(overlay.put(*b"k", vec![2; length]), Err(TooLarge { length }));
        assert_eq!(overlay.get(b"k").as_deref(), Some([1].as_slice()));
    }
}
