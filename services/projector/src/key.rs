//! Keys of rows. Numbers are big-endian, so that keys sort as what they say.

use domain::{Aggregate, Subject};
use jiff::civil::Date;

/// A key under construction: a table's letter, then its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    /// Bytes that most keys have room in.
    const USUAL: usize = 64;

    pub(crate) fn table(letter: u8) -> Self {
        let mut key = Vec::with_capacity(Self::USUAL);
        key.push(letter);
        Self(key)
    }

    /// Not a key of its own, but part of a key or a value.
    pub(crate) const fn begin() -> Self {
        Self(vec![])
    }

    pub(crate) fn subject(mut self, subject: &Subject) -> Self {
        self.0.push(letter_of(subject.aggregate));
        self.0.extend(subject.id.as_bytes());
        self
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    pub(crate) fn version(self, version: u32) -> Self {
        self.bytes(&version.to_be_bytes())
    }

    pub(crate) fn position(self, position: u64) -> Self {
        self.bytes(&position.to_be_bytes())
    }

    /// A text of any length, ended by a zero byte, which no text of the register contains.
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.extend(text.bytes().filter(|byte| *byte != 0).chain([0]));
        self
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Key> for Vec<u8> {
    fn from(key: Key) -> Self {
        key.0
    }
}

/// Takes the parts of a key or value off its front.
pub(crate) struct Parts<'k>(pub(crate) &'k [u8]);

impl Parts<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    pub(crate) fn subject(&mut self) -> Option<Subject> {
        let [letter] = self.take()?;
        let aggregate = Aggregate::ALL.into_iter().find(|aggregate| letter_of(*aggregate) == letter)?;
        Some(Subject { aggregate, id: uuid::Uuid::from_bytes(self.take()?) })
    }

    pub(crate) fn version(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    pub(crate) fn position(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }
}

impl<'k> Parts<'k> {
    /// A text, and what is behind it.
    pub(crate) fn text(self) -> Option<(String, Self)> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let text = std::str::from_utf8(&self.0[..end]).ok()?;
        Some((text.to_owned(), Self(&self.0[end + 1..])))
    }
}

/// Part of the rows' form: never reused.
pub(crate) const fn letter_of(aggregate: Aggregate) -> u8 {
    match aggregate {
        Aggregate::Engagement => 1,
        Aggregate::Instrument => 2,
        Aggregate::Commitment => 3,
        Aggregate::Matter => 4,
        Aggregate::Party => 5,
        Aggregate::Source => 6,
    }
}

/// Where something stands in time: by its date, or behind everything that has one; then by log position, so
/// that no two stand at the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(pub(crate) [u8; Place::LENGTH]);

impl Place {
    /// A flag; year, month and day; a position.
    pub(crate) const LENGTH: usize = 1 + 4 + 8;

    /// Begins the places of what has a date, and of what has none.
    pub(crate) const DATED: u8 = 0;
    pub(crate) const UNDATED: u8 = 1;

    pub(crate) fn new(date: Option<Date>, position: u64) -> Self {
        let mut place = [0; Self::LENGTH];
        place[0] = if date.is_some() { Self::DATED } else { Self::UNDATED };
        if let Some(date) = date {
            // Years lie between -9999 and 9999: moved above zero, they sort as bytes.
            let year = date.year().cast_unsigned() ^ 0x8000;
            place[1..3].copy_from_slice(&year.to_be_bytes());
            place[3..5].copy_from_slice(&[date.month().cast_unsigned(), date.day().cast_unsigned()]);
        }
        place[5..].copy_from_slice(&position.to_be_bytes());
        Self(place)
    }

    /// The first that there can be of the dated or of the undated.
    pub(crate) const fn least(flag: u8) -> Self {
        let mut place = [0; Self::LENGTH];
        place[0] = flag;
        Self(place)
    }

    /// The last that there can be of the dated or of the undated.
    pub(crate) const fn greatest(flag: u8) -> Self {
        let mut place = [u8::MAX; Self::LENGTH];
        place[0] = flag;
        Self(place)
    }

    /// The place right behind this one; nothing need stand there.
    pub(crate) fn behind(self) -> Self {
        self.next_to(u8::MAX, u8::wrapping_add)
    }

    /// The place right before this one.
    pub(crate) fn before(self) -> Self {
        self.next_to(0, u8::wrapping_sub)
    }

    fn next_to(mut self, carries: u8, step: impl Fn(u8, u8) -> u8) -> Self {
        for byte in self.0.iter_mut().rev() {
            let was = *byte;
            *byte = step(was, 1);
            if was != carries {
                break;
            }
        }
        self
    }

    pub(crate) const fn is_dated(&self) -> bool {
        self.0[0] == Self::DATED
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn places_sort_by_date_then_position_and_the_undated_last() {
        let places = [
            Place::new(Some(date(-44, 3, 15)), 9),
            Place::new(Some(date(2025, 4, 13)), 2),
            Place::new(Some(date(2025, 4, 13)), 3),
            Place::new(Some(date(2025, 11, 1)), 1),
            Place::new(None, 1),
        ];
        assert!(places.is_sorted());
    }

    #[test]
    fn a_key_comes_apart_as_it_was_put_together() {
        let subject = Subject::of_key("s", Aggregate::Source, "k");
        let key = Key::table(b'h').subject(&subject).version(7).position(300);
        let mut parts = Parts(&key.as_ref()[1..]);
        assert_eq!(parts.subject(), Some(subject));
        assert_eq!((parts.version(), parts.position()), (Some(7), Some(300)));
        assert_eq!(parts.version(), None);
        let key = Key::table(b'h').text("about").version(7);
        let (text, mut rest) = Parts(&key.as_ref()[1..]).text().unwrap();
        assert_eq!((&*text, rest.version()), ("about", Some(7)));
    }
}
