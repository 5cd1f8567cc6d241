//! What is signed, and the headers that say so.

use std::fmt;
use std::str::FromStr;

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;

use crate::SigningKey;

/// The header of a message's id.
pub const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
/// The header of the time of an attempt, in seconds since 1970.
pub const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
/// The header of the signatures, with spaces between them.
pub const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Tells which message it is, the same at every attempt: by it, a receiver knows what it has already.
///
/// 1 to 256 visible ASCII characters, no full stop: the signed bytes could be taken apart in two ways, otherwise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(String);

impl MessageId {
    const MOST: usize = 256;

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MessageId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let good = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.');
        if !good || text.is_empty() || text.len() > Self::MOST {
            return Err(InvalidId);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The text cannot be a message's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to {} visible ASCII characters and no full stop", MessageId::MOST)]
pub struct InvalidId;

/// One attempt to tell somebody something.
#[derive(Clone, Copy, Debug)]
pub struct Message<'m> {
    /// Which message.
    pub id: &'m MessageId,
    /// When this attempt is made; seconds count.
    pub at: Timestamp,
    /// The body, byte for byte as it is sent.
    pub body: &'m [u8],
}

impl Message<'_> {
    /// The three headers, signed with every key: while keys change, with the old and the new.
    #[must_use]
    pub fn headers(&self, keys: &[SigningKey]) -> HeaderMap {
        let text = |text: &str| HeaderValue::from_str(text).expect("visible ASCII and spaces");
        HeaderMap::from_iter([
            (WEBHOOK_ID, text(self.id.as_str())),
            (WEBHOOK_TIMESTAMP, HeaderValue::from(self.at.as_second())),
            (WEBHOOK_SIGNATURE, text(&self.signatures(keys))),
        ])
    }

    fn signatures(&self, keys: &[SigningKey]) -> String {
        let seconds = self.at.as_second().to_string();
        let signed = signed(self.id.as_str(), &seconds, self.body);
        keys.iter().map(|key| key.signature(&signed)).collect::<Vec<_>>().join(" ")
    }
}

/// `{id}.{timestamp}.{body}`, in parts.
pub(crate) const fn signed<'s>(id: &'s str, seconds: &'s str, body: &'s [u8]) -> [&'s [u8]; 5] {
    [id.as_bytes(), b".", seconds.as_bytes(), b".", body]
}
