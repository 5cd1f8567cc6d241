//! One sled database: rows and their checkpoint in one tree.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::overlay::Changes;
use crate::rows::Row;
use crate::{Checkpoint, Direction, Error, Range, Value};

/// The store's own key; those of projections never begin with zero.
const CHECKPOINT: &[u8] = b"\0checkpoint";

/// An open database. Clones are the same database; it closes with the last.
#[derive(Clone)]
pub(crate) struct Store {
    database: sled::Db,
}

impl Store {
    /// Opens or creates the database. Reads from disk: not for async threads.
    pub(crate) fn open(folder: &Path, cache_bytes: u64) -> Result<Self, Error> {
        let config = sled::Config::new().path(folder).cache_capacity(cache_bytes);
        let opened = catch_unwind(AssertUnwindSafe(|| config.open()))
            .map_err(|_| Error::Damaged(folder.to_owned()))?;
        let database = opened.map_err(|error| Error::opening(folder, error))?;
        Ok(Self { database })
    }

    /// Where it stands; `None`: it is new.
    pub(crate) fn checkpoint(&self) -> Result<Option<Checkpoint>, Error> {
        let row = self.database.get(CHECKPOINT).map_err(Error::Store)?;
        row.map(|bytes| Checkpoint::read(&bytes)).transpose()
    }

    /// Writes changes and checkpoint: all or, after a kill, nothing of them.
    pub(crate) fn commit(&self, changes: &Changes, checkpoint: &Checkpoint) -> Result<(), Error> {
        let mut batch = sled::Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.insert(key.as_slice(), value.0.clone()),
                None => batch.remove(key.as_slice()),
            }
        }
        batch.insert(CHECKPOINT, checkpoint.write());
        self.database.apply_batch(batch).map_err(Error::Store)
    }

    /// Returns when everything committed is on disk.
    pub(crate) fn flush(&self) -> Result<(), Error> {
        self.database.flush().map(drop).map_err(Error::Store)
    }

    pub(crate) fn size_on_disk(&self) -> u64 {
        // Only a figure for a metric.
        self.database.size_on_disk().unwrap_or(0)
    }
}

/// Keeps the first error aside and gives nothing.
type Failure = RefCell<Option<sled::Error>>;

pub(crate) fn get(store: &Store, key: &[u8], failure: &Failure) -> Option<Value> {
    keep(guarded(|| store.database.get(key)), failure).flatten().map(Value)
}

pub(crate) fn scan<'s>(
    store: &Store,
    range: &Range,
    direction: Direction,
    failure: &'s Failure,
) -> Box<dyn Iterator<Item = Row> + 's> {
    // The store's own rows are not shown.
    let start = range.start.as_slice().max(&[1]);
    let rows = match range.end.as_deref() {
        Some(end) if end <= start => return Box::new(std::iter::empty()),
        Some(end) => store.database.range(start..end),
        None => store.database.range(start..),
    };
    let mut rows = rows;
    Box::new(std::iter::from_fn(move || {
        let next = || match direction {
            Direction::Ascending => rows.next().transpose(),
            Direction::Descending => rows.next_back().transpose(),
        };
        keep(guarded(next), failure).flatten().map(|(key, value)| (Value(key), Value(value)))
    }))
}

/// sled breaks off on much of what it does not expect to find: that is an error like others.
fn guarded<T>(ask: impl FnOnce() -> sled::Result<T>) -> sled::Result<T> {
    let broke_off = |_| Err(sled::Error::ReportableBug("it broke off; it may be damaged".to_owned()));
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(broke_off)
}

fn keep<T>(read: sled::Result<T>, failure: &Failure) -> Option<T> {
    read.map_err(|error| failure.borrow_mut().get_or_insert(error).clone()).ok()
}
