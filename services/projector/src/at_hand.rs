//! Rows read lately, as they were read: the same JSON is not read again.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use readmodel::Value;

/// Rows that are expected at once; more are no mistake.
const ROWS: usize = 16_384;

/// What the bytes of rows say. It follows from the bytes alone, so it is never out of date, whosever rows they are:
/// what has changed has other bytes, and what nobody asks for any more gives way to what is asked for.
pub(crate) struct AtHand<T>(Cache<Value, Arc<T>, Length>);

#[derive(Clone)]
struct Length;

impl<T> Weighter<Value, Arc<T>> for Length {
    fn weight(&self, row: &Value, _: &Arc<T>) -> u64 {
        row.len() as u64
    }
}

impl<T> AtHand<T> {
    /// Of rows that have so many bytes together; as read they take some times as many.
    pub(crate) fn new(bytes: u64) -> Self {
        Self(Cache::with_weighter(ROWS, bytes, Length))
    }

    /// What a row says.
    pub(crate) fn read(&self, row: Value, read: impl FnOnce(&[u8]) -> Option<T>) -> Option<Arc<T>> {
        if let Some(known) = self.0.get(&row) {
            return Some(known);
        }
        let said = Arc::new(read(&row)?);
        self.0.insert(row, said.clone());
        Some(said)
    }
}
