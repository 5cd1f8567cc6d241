//! What is kept in memory beside the rows.

use std::any::Any;
use std::cell::RefCell;

use crate::overlay::Changes;
use crate::store::{self, Store};
use crate::{Direction, Error, Range};

/// A structure in memory that follows from rows, for questions that would read too many of them.
///
/// It is made of all rows of its tables when a database is opened. After that it takes every change of such a
/// row with the commit that makes it, so that a reader finds it at the position of the rows. Both times rows
/// come in the order of their keys, and what was made of them must be the same in either way.
pub trait Memory: Any + Send + Sync {
    /// The first bytes of the keys of the rows that it is made of.
    fn tables(&self) -> &[u8];

    /// Takes a row as it is now; no value: it is gone.
    fn take(&mut self, key: &[u8], value: Option<&[u8]>);
}

/// Reads all its rows; gives how many. Takes long on a large database: not for async threads.
pub(crate) fn load(memory: &mut dyn Memory, store: &Store) -> Result<u64, Error> {
    let failure = RefCell::new(None);
    let mut rows = 0;
    for table in memory.tables().to_vec() {
        for (key, value) in store::scan(store, &Range::prefix(&[table]), Direction::Ascending, &failure) {
            memory.take(&key, Some(&value));
            rows += 1;
        }
    }
    failure.into_inner().map_or(Ok(rows), |error| Err(Error::Store(error)))
}

/// Has it take the changes of a commit, if there is one.
pub(crate) fn change(memory: Option<&mut (dyn Memory + 'static)>, changes: &Changes) {
    let Some(memory) = memory else { return };
    for table in memory.tables().to_vec() {
        let of_table = changes.range(vec![table]..).take_while(|(key, _)| key.first() == Some(&table));
        of_table.for_each(|(key, value)| memory.take(key, value.as_deref()));
    }
}
