//! What is appended, checked before anything is sent.

use bytes::Bytes;
use contract::Facets;
use domain::Subject;

/// The most events that the server takes as one atomic batch.
const MAX_EVENTS: usize = 1000;

/// The longest envelope: entries of a transparency log have a length of 16 bits (C2SP tlog-tiles).
const MAX_PAYLOAD: usize = 65_535;

/// The longest header block: its length has 16 bits on disk; some room is left for what NATS itself adds.
const MAX_HEADERS: usize = 65_535 - 1024;

/// One event to append.
#[derive(Clone, Debug)]
pub struct Append {
    /// The record it belongs to.
    pub subject: Subject,
    /// The position of the record's last event; 0: it has none. Counts for the first event of each record in a
    /// batch; those after it follow by themselves.
    pub expected: u64,
    /// The event's type in full.
    pub kind: String,
    /// How many events the record has with this one.
    pub version: u32,
    /// The record's facets as it stands with this event.
    pub facets: Facets,
    /// The envelope. No two events have the same: it tells after a lost answer whether this one was taken.
    pub payload: Bytes,
}

/// Events that are recorded together or not at all.
#[derive(Clone, Debug)]
pub struct Batch(Vec<Append>);

impl Batch {
    /// # Errors
    /// [`InvalidBatch`] when the log could never take these events.
    pub fn new(events: Vec<Append>) -> Result<Self, InvalidBatch> {
        match events.len() {
            0 => return Err(InvalidBatch::Empty),
            1..=MAX_EVENTS => {}
            found => return Err(InvalidBatch::TooMany { found }),
        }
        events.iter().enumerate().try_for_each(|(index, event)| check(index, event))?;
        Ok(Self(events))
    }

    /// The events, in order.
    #[must_use]
    pub fn events(&self) -> &[Append] {
        &self.0
    }

    pub(crate) fn into_events(self) -> Vec<Append> {
        self.0
    }
}

impl TryFrom<Vec<Append>> for Batch {
    type Error = InvalidBatch;

    fn try_from(events: Vec<Append>) -> Result<Self, Self::Error> {
        Self::new(events)
    }
}

fn check(index: usize, event: &Append) -> Result<(), InvalidBatch> {
    let length = event.payload.len();
    if length > MAX_PAYLOAD {
        return Err(InvalidBatch::TooLong { index, length });
    }
    let Facets { parties, countries, topics, kind, marking } = &event.facets;
    let lists = parties.iter().chain(countries).chain(topics).chain(kind);
    let mut headers = 0;
    for text in lists.chain([marking, &event.kind]) {
        if text.contains(['\r', '\n']) || text.trim() != text {
            return Err(InvalidBatch::Header { index, text: text.clone() });
        }
        // The longest name, its colon, spaces and line end.
        headers += text.len() + 32;
    }
    if headers > MAX_HEADERS { Err(InvalidBatch::TooManyFacets { index }) } else { Ok(()) }
}

/// Where a batch was recorded: at consecutive positions, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The position of its first event.
    pub first: u64,
    /// The position of its last event.
    pub last: u64,
}

/// Why a batch can never be appended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBatch {
    /// There is nothing to append.
    #[error("no events")]
    Empty,
    /// More than the server takes at once.
    #[error("{found} events are more than the {MAX_EVENTS} that are taken at once")]
    TooMany {
        /// How many there are.
        found: usize,
    },
    /// An envelope is too long.
    #[error("event {index} has {length} bytes, more than the {MAX_PAYLOAD} that are taken")]
    TooLong {
        /// Which event of the batch, from 0.
        index: usize,
        /// How long its envelope is.
        length: usize,
    },
    /// A text that goes into a header holds a line break, or space at its ends.
    #[error("event {index} has a facet that no header can carry: {text:?}")]
    Header {
        /// Which event of the batch, from 0.
        index: usize,
        /// The text.
        text: String,
    },
    /// The facets fill more than a header block.
    #[error("event {index} has more facets than its headers can carry")]
    TooManyFacets {
        /// Which event of the batch, from 0.
        index: usize,
    },
}

#[cfg(test)]
mod tests {
    use domain::Aggregate;

    use super::*;

    fn event(payload: usize, party: &str) -> Append {
        let facets = Facets { parties: vec![party.to_owned()], ..Facets::default() };
        Append {
            subject: Subject::of_key("urn:agency:pk", Aggregate::Engagement, "visit"),
            expected: 0,
            kind: "chancery.engagement.held.v1".to_owned(),
            version: 1,
            facets,
            payload: vec![b' '; payload].into(),
        }
    }

    #[test]
    fn what_the_log_cannot_take_is_refused_with_its_place() {
        assert_eq!(Batch::new(vec![]).unwrap_err(), InvalidBatch::Empty);
        let found = MAX_EVENTS + 1;
        assert_eq!(Batch::new(vec![event(1, "PK"); found]).unwrap_err(), InvalidBatch::TooMany { found });
        let long = vec![event(1, "PK"), event(65_536, "PK")];
        assert_eq!(Batch::new(long).unwrap_err(), InvalidBatch::TooLong { index: 1, length: 65_536 });
        let text = "PK\r\nNats-Rollup: all".to_owned();
        let injected = Batch::new(vec![event(1, &text)]).unwrap_err();
        assert_eq!(injected, InvalidBatch::Header { index: 0, text });
        let wide = Batch::new(vec![event(1, &"x".repeat(65_000))]).unwrap_err();
        assert_eq!(wide, InvalidBatch::TooManyFacets { index: 0 });
    }

    #[test]
    fn the_longest_of_everything_is_taken() {
        assert!(Batch::new(vec![event(MAX_PAYLOAD, "Müller"); MAX_EVENTS]).is_ok());
    }
}
