//! Whether a request is what its sender signed.

use std::time::Duration;

use http::{HeaderMap, HeaderName};
use jiff::{SignedDuration, Timestamp};

use crate::message::signed;
use crate::{MessageId, VerifyingKey, WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP};

/// Keys that are trusted, and how far the sender's clock and ours may be apart.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: Vec<VerifyingKey>,
    tolerance: SignedDuration,
}

impl Verifier {
    /// Trusts any of the keys, and takes what was sent at most five minutes ago, or will be within five.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        Self { keys: keys.into_iter().collect(), tolerance: SignedDuration::from_mins(5) }
    }

    /// The same with another tolerance, in full seconds.
    #[must_use]
    pub fn with_tolerance(self, tolerance: Duration) -> Self {
        let seconds = i64::try_from(tolerance.as_secs()).unwrap_or(i64::MAX);
        Self { tolerance: SignedDuration::from_secs(seconds), ..self }
    }

    /// Checks a request by its headers and its body, byte for byte as it came. Signatures of schemes that are not known
    /// here are passed over, as the standard wants it.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Verified, VerifyError> {
        let id = single(headers, &WEBHOOK_ID)?;
        let seconds = single(headers, &WEBHOOK_TIMESTAMP)?;
        let signatures = single(headers, &WEBHOOK_SIGNATURE)?;
        let checked = id.parse::<MessageId>().map_err(|_| VerifyError::Id)?;
        let at = self.at(seconds, now)?;
        let signed = signed(id, seconds, body);
        let mut known = false;
        for (scheme, signature) in signatures.split(' ').filter_map(|one| one.split_once(',')) {
            for key in self.keys.iter().filter(|key| key.scheme() == scheme) {
                known = true;
                if key.verifies(&signed, signature) {
                    return Ok(Verified { id: checked, at, scheme: key.scheme() });
                }
            }
        }
        Err(if known { VerifyError::Signature } else { VerifyError::Scheme })
    }

    /// When the attempt was made, if that was lately.
    fn at(&self, seconds: &str, now: Timestamp) -> Result<Timestamp, VerifyError> {
        // Digits alone: another text of the same number would be another text that is signed.
        let digits = seconds.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| seconds.parse().ok()).flatten().ok_or(VerifyError::Timestamp)?;
        let at = Timestamp::from_second(number).map_err(|_| VerifyError::Timestamp)?;
        let age = now.as_second() - number;
        if age > self.tolerance.as_secs() {
            return Err(VerifyError::TooOld { seconds: age });
        }
        if -age > self.tolerance.as_secs() {
            return Err(VerifyError::TooNew { seconds: -age });
        }
        Ok(at)
    }
}

/// The one value of a header.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<&'h str, VerifyError> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or_else(|| VerifyError::Missing(name.clone()))?;
    if values.next().is_some() {
        return Err(VerifyError::Repeated(name.clone()));
    }
    value.to_str().map_err(|_| VerifyError::Unreadable(name.clone()))
}

/// What a request that verifies says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Which message it is.
    pub id: MessageId,
    /// When this attempt was made.
    pub at: Timestamp,
    /// The scheme of the signature that was found good.
    pub scheme: &'static str,
}

/// Why a request is not taken for the sender's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// A header is not there.
    #[error("the header {0} is missing")]
    Missing(HeaderName),
    /// A header is there more than once.
    #[error("the header {0} is there more than once")]
    Repeated(HeaderName),
    /// A header has bytes that no such header has.
    #[error("the header {0} is not visible ASCII")]
    Unreadable(HeaderName),
    /// The id is none.
    #[error("the header webhook-id holds no id: 1 to 256 visible ASCII characters and no full stop")]
    Id,
    /// The time is none.
    #[error("the header webhook-timestamp holds no number of seconds since 1970")]
    Timestamp,
    /// It was sent too long ago: perhaps somebody sends again what they overheard.
    #[error("it was signed {seconds} seconds ago, which is too long")]
    TooOld {
        /// How long ago.
        seconds: i64,
    },
    /// The sender's clock is ahead of ours.
    #[error("it was signed {seconds} seconds in the future")]
    TooNew {
        /// How far.
        seconds: i64,
    },
    /// No signature is of a kind that the trusted keys verify.
    #[error("it has no signature of a scheme that the keys here are for")]
    Scheme,
    /// No signature is one of a trusted key over this message.
    #[error("no signature is that of a key that is trusted over this id, time and body")]
    Signature,
}

#[cfg(test)]
mod tests;
