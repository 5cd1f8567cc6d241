//! Reading rows, the same for a committed view and for an overlay of pending changes.

use std::ops::Deref;

/// Rows in the order of their keys.
///
/// An I/O error gives nothing here and is kept aside: whoever lent the rows checks for it before it trusts
/// what was made of them.
pub trait Rows {
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Option<Value>;

    /// The rows of a range, as they stand now.
    fn scan<'r>(&'r self, range: &Range, direction: Direction) -> Box<dyn Iterator<Item = Row> + 'r>;

    /// The rows whose keys begin with `prefix`, in ascending order.
    fn scan_prefix<'r>(&'r self, prefix: &[u8]) -> Box<dyn Iterator<Item = Row> + 'r> {
        self.scan(&Range::prefix(prefix), Direction::Ascending)
    }
}

/// A key with its value.
pub type Row = (Value, Value);

/// Keys from `start`, included, to `end`, excluded; no `end`: to the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first key that belongs to it.
    pub start: Vec<u8>,
    /// The first key that no longer does.
    pub end: Option<Vec<u8>>,
}

impl Range {
    /// Every key.
    #[must_use]
    pub const fn all() -> Self {
        Self { start: Vec::new(), end: None }
    }

    /// The keys that begin with `prefix`.
    #[must_use]
    pub fn prefix(prefix: &[u8]) -> Self {
        let mut end = prefix.to_vec();
        while end.pop_if(|byte| *byte == u8::MAX).is_some() {}
        let end = end.last_mut().map(|byte| *byte += 1).map(|()| end);
        Self { start: prefix.to_vec(), end }
    }

    /// Without the keys up to and including `key`.
    #[must_use]
    pub fn after(mut self, key: &[u8]) -> Self {
        let next = [key, &[0]].concat();
        self.start = self.start.max(next);
        self
    }

    /// Without `key` and the keys after it.
    #[must_use]
    pub fn before(mut self, key: &[u8]) -> Self {
        self.end = Some(self.end.map_or_else(|| key.to_vec(), |end| end.min(key.to_vec())));
        self
    }

    /// Whether no key can lie in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.end.as_ref().is_some_and(|end| *end <= self.start)
    }
}

/// In which order rows are scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the first key.
    Ascending,
    /// From the last key.
    Descending,
}

/// A key or a value as the store holds it: cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(pub(crate) sled::IVec);

impl Deref for Value {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Value {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_one() {
        assert_eq!(Range::prefix(b"ab").end.as_deref(), Some(b"ac".as_slice()));
        assert_eq!(Range::prefix(&[1, 255, 255]).end.as_deref(), Some([2].as_slice()));
        assert_eq!(Range::prefix(&[255]).end, None);
        assert_eq!(Range::prefix(&[]), Range::all());
    }

    #[test]
    fn a_range_is_cut_at_both_ends() {
        let cut = Range::prefix(b"a").after(b"a1").before(b"a3");
        assert_eq!(cut.start, b"a1\0");
        assert_eq!(cut.end.as_deref(), Some(b"a3".as_slice()));
        assert!(Range::prefix(b"a").before(b"a").is_empty());
    }
}
