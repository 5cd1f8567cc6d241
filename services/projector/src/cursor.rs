//! Where a page ended, as a text that callers hand back and need not understand.
//!
//! It names the query's own filters by a hash, so that it cannot be used with others, and the position that its
//! page reflected, so that the next one is never older.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::{Problem, ProblemKind};

use crate::key::Place;

/// Schema, position, hash of the filters, place.
const LENGTH: usize = 4 + 8 + 8 + Place::LENGTH;

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The form of the rows that the place is of.
    pub(crate) schema: u32,
    /// The position that the page reflected.
    pub(crate) position: u64,
    /// The last place that was looked at.
    pub(crate) place: Place,
}

impl Cursor {
    /// The text, for a query with these filters.
    pub(crate) fn write(&self, filters: &[u8]) -> String {
        let schema = self.schema.to_be_bytes();
        let position = self.position.to_be_bytes();
        let filters = hash(filters).to_be_bytes();
        URL_SAFE_NO_PAD.encode([&schema[..], &position, &filters, &self.place.0].concat())
    }

    /// Reads what [`write`](Self::write) wrote.
    ///
    /// # Errors
    /// A problem when it is none of ours, of another query, or of rows that are no more.
    pub(crate) fn read(text: &str, filters: &[u8], schema: u32) -> Result<Self, Problem> {
        let refused = |why: &str| Problem::new(ProblemKind::InvalidQuery, format!("cursor: {why}"));
        let parsed = || {
            let bytes: [u8; LENGTH] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
            let (of_schema, rest) = bytes.split_first_chunk()?;
            let (position, rest) = rest.split_first_chunk()?;
            let (of_filters, place) = rest.split_first_chunk()?;
            let place = Place(place.try_into().ok()?);
            let cursor = Self {
                schema: u32::from_be_bytes(*of_schema),
                position: u64::from_be_bytes(*position),
                place,
            };
            Some((cursor, u64::from_be_bytes(*of_filters)))
        };
        let (cursor, of_filters) = parsed().ok_or_else(|| refused("it is none that this register gave"))?;
        if of_filters != hash(filters) {
            return Err(refused("it was given for another query"));
        }
        if cursor.schema != schema {
            return Err(refused("it is out of date; begin again without it"));
        }
        Ok(cursor)
    }
}

/// FNV-1a: the same in every process, and it needs to keep out mistakes only.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_cursor_reads_back_for_the_same_query_only() {
        let cursor = Cursor { schema: 3, position: 77, place: Place::new(Some(date(2025, 6, 1)), 5) };
        let text = cursor.write(b"a");
        assert_eq!(Cursor::read(&text, b"a", 3), Ok(cursor));
        for (text, filters, schema) in
            [(&*text, &b"b"[..], 3), (&text, b"a", 4), ("", b"a", 3), ("x/", b"a", 3)]
        {
            let problem = Cursor::read(text, filters, schema).unwrap_err();
            assert_eq!(problem.kind, ProblemKind::InvalidQuery);
        }
    }
}
