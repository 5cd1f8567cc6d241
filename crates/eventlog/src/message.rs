//! Between events and NATS messages: subjects, headers, and what the server says about a stored message.

use async_nats::{HeaderMap, Message};
use bytes::Bytes;
use contract::headers::{CONTENT_TYPE, COUNTRY, EVENT_TYPE, KIND, MARKING, PARTY, TOPIC, VERSION};
use contract::{Facets, subjects};
use domain::Subject;
use jiff::Timestamp;

use crate::{Append, Entry, Error, publish};

/// The position that the subject's last message must have; 0: there is none.
const GUARD: &str = "Nats-Expected-Last-Subject-Sequence";

/// An event ready to be published.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) subject: Subject,
    pub(crate) address: String,
    /// None: an event of the same record precedes it in its batch.
    pub(crate) guard: Option<u64>,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Bytes,
}

impl Outgoing {
    pub(crate) fn new(event: Append, is_first: bool) -> Self {
        let Append { subject, expected, kind, version, facets, payload } = event;
        let mut headers = headers_of(&kind, version, &facets);
        let guard = is_first.then_some(expected);
        if let Some(position) = guard {
            headers.insert(GUARD, position.to_string());
        }
        Self { subject, address: subjects::of_record(&subject), guard, headers, payload }
    }

    pub(crate) fn message(&self) -> publish::Message<'_> {
        publish::Message { address: &self.address, headers: &self.headers, payload: &self.payload }
    }

    pub(crate) fn size(&self) -> usize {
        self.payload.len()
    }
}

fn headers_of(kind: &str, version: u32, facets: &Facets) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let (name, value) = CONTENT_TYPE;
    headers.insert(name, value);
    headers.insert(EVENT_TYPE, kind);
    headers.insert(VERSION, version.to_string());
    for (name, values) in [(PARTY, &facets.parties), (COUNTRY, &facets.countries), (TOPIC, &facets.topics)] {
        for value in values {
            headers.append(name, value.as_str());
        }
    }
    if let Some(kind) = &facets.kind {
        headers.insert(KIND, kind.as_str());
    }
    if !facets.marking.is_empty() {
        headers.insert(MARKING, facets.marking.as_str());
    }
    headers
}

/// The event of a stored message. A message that says no version or type of ours is one all the same, of version 0
/// and without a type: whatever came into the log stops nobody from reading the rest. Only a message whose
/// subject is no record's has no place in any history.
pub(crate) fn entry(
    position: u64,
    address: &str,
    headers: Option<&HeaderMap>,
    payload: Bytes,
    stored: Timestamp,
) -> Result<Entry, Error> {
    let subject = subjects::record_of(address).map_err(|_| Error::Unreadable { position })?;
    let said = |name| headers.and_then(|headers| text(headers, name));
    let kind = said(EVENT_TYPE).unwrap_or_default();
    let version = said(VERSION).and_then(|text| text.parse().ok()).unwrap_or(0);
    let facets = headers.map(facets_of).unwrap_or_default();
    Ok(Entry { position, subject, version, kind, facets, payload, opened: None, stored })
}

fn facets_of(headers: &HeaderMap) -> Facets {
    let all = |name: &str| headers.get_all(name).map(ToString::to_string).collect();
    Facets {
        parties: all(PARTY),
        countries: all(COUNTRY),
        topics: all(TOPIC),
        kind: text(headers, KIND),
        marking: text(headers, MARKING).unwrap_or_default(),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(ToString::to_string)
}

/// What the server says of a message that it delivers to a consumer (ADR-15, the acknowledgement subject).
pub(crate) struct Delivered {
    pub(crate) position: u64,
    /// Counts the consumer's deliveries, so that a lost one is noticed.
    pub(crate) delivery: u64,
    pub(crate) stored: Timestamp,
    /// How many more there were when this one was sent.
    pub(crate) pending: u64,
}

impl Delivered {
    /// `$JS.ACK.<stream>.<consumer>.<tries>.<position>.<delivery>.<time>.<pending>`, or with domain and account
    /// before the stream and a token at the end.
    pub(crate) fn of(message: &Message) -> Option<Self> {
        let tokens = message.reply.as_ref()?.strip_prefix("$JS.ACK.")?.split('.');
        let skipped = if tokens.clone().count() >= 9 { 5 } else { 3 };
        let mut tokens = tokens.skip(skipped);
        Some(Self {
            position: tokens.next()?.parse().ok()?,
            delivery: tokens.next()?.parse().ok()?,
            stored: Timestamp::from_nanosecond(tokens.next()?.parse().ok()?).ok()?,
            pending: tokens.next()?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivered(reply: &str) -> Option<Delivered> {
        let message = Message {
            subject: "s".into(),
            reply: Some(reply.into()),
            payload: Bytes::new(),
            headers: None,
            status: None,
            description: None,
            length: 0,
        };
        Delivered::of(&message)
    }

    #[test]
    fn both_forms_of_acknowledgement_subject_are_read() {
        for reply in [
            "$JS.ACK.CHANCERY.c.1.42.7.1700000000000000001.3",
            "$JS.ACK._.hash.CHANCERY.c.1.42.7.1700000000000000001.3",
            "$JS.ACK._.hash.CHANCERY.c.1.42.7.1700000000000000001.3.token",
        ] {
            let found = delivered(reply).unwrap();
            assert_eq!((found.position, found.delivery, found.pending), (42, 7, 3), "{reply}");
            assert_eq!(found.stored.as_nanosecond(), 1_700_000_000_000_000_001, "{reply}");
        }
        assert!(delivered("_INBOX.1").is_none());
    }
}
