//! The CloudEvents envelope (CloudEvents 1.0.2, JSON event format): proposed by a producer, recorded by the
//! register.

use std::fmt;

use domain::Subject;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// An event as a producer sends it, before the register fills in what is missing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Proposed {
    /// Unique within `source`; absent: the register makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who says so: the caller's agency or a URI below it; absent: the agency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `engagement.held` or in full `chancery.engagement.held.v1`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `<aggregate>/<uuid>` or `<aggregate>/~KEY`; absent: derived from (`source`, `id`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When the producer made the event; absent: when the register got it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// How many events the record must have for this one to be admitted; 0: it must be the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expectedversion: Option<u32>,
    /// The marking of a record that this event begins: `LEVEL//CAVEAT//REL CA,PK`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marking: Option<String>,
    /// Whom the caller acted for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onbehalfof: Option<String>,
    /// What this event belongs with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlationid: Option<String>,
    /// What this event follows from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causationid: Option<String>,
    /// W3C Trace Context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// Whether what it says is to be recorded encrypted, so that it can be destroyed; absent: as the record's
    /// retention demands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<bool>,
    /// What is recorded, as sent: a JSON object; absent: an empty one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<RawValue>>,
}

/// An event as the log keeps it. Members stand in the canonical order (RFC 8785), so that its leaf is cut out of the bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recorded {
    /// Who recorded it: the subject of the caller's token.
    pub actor: String,
    /// The agency that recorded it.
    pub agency: String,
    /// What the rules found implausible, space-separated `code` or `code:pointer`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub anomalies: Option<String>,
    /// What this event follows from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub causationid: Option<String>,
    /// What this event belongs with.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub correlationid: Option<String>,
    /// What is recorded, normalised by the vocabulary.
    pub data: Box<RawValue>,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// 16 random bytes in hexadecimal: salts the hash of `data` in proofs.
    pub datasalt: Salt,
    /// Unique within `source`.
    pub id: String,
    /// The record's marking when this was recorded; today's governs what is shown.
    pub marking: String,
    /// Whom the caller acted for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub onbehalfof: Option<String>,
    /// First 16 bytes of the SHA-256 of the proposal as sent, in hexadecimal: tells a retry from a conflict.
    pub proposalhash: Salt,
    /// When the register recorded it.
    pub recordedtime: Timestamp,
    /// Who says so.
    pub source: String,
    /// Always `1.0`.
    pub specversion: String,
    /// The record.
    pub subject: Subject,
    /// When the producer made the event.
    pub time: Timestamp,
    /// W3C Trace Context.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub traceparent: Option<String>,
    /// `chancery.<aggregate>.<event>.v<n>`.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Recorded {
    /// Reads an envelope from the log.
    ///
    /// # Errors
    /// [`InvalidEnvelope`] when the bytes are no such envelope.
    pub fn parse(payload: &[u8]) -> Result<Self, InvalidEnvelope> {
        serde_json::from_slice(payload).map_err(InvalidEnvelope)
    }

    /// The register's identifier of the event.
    #[must_use]
    pub fn uid(&self) -> Uuid {
        domain::event_uid(&self.source, &self.id)
    }
}

/// Sixteen bytes, written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Salt(pub [u8; 16]);

impl fmt::Display for Salt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Salt {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = u128::from_str_radix(&text, 16).ok().filter(|_| digits);
        value
            .map(|value| Self(value.to_be_bytes()))
            .ok_or_else(|| serde::de::Error::custom("expected 32 hexadecimal digits"))
    }
}

/// The bytes are no envelope of ours.
#[derive(Debug, thiserror::Error)]
#[error("no recorded event")]
pub struct InvalidEnvelope(#[source] serde_json::Error);
