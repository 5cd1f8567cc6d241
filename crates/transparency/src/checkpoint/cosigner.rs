//! Cosigning, as a witness does.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer as _, SigningKey};

use super::Checkpoint;
use crate::note::{self, Algorithm, KeyError, KeyName, Signature, Verifier, private_key, read_private_key};

/// A witness's private key: signs that it saw a checkpoint, and when (C2SP tlog-cosignature, type 0x04).
///
/// Written as a [`note::Signer`] is, with the type 0x04.
#[derive(Clone)]
pub struct Cosigner {
    verifier: Verifier,
    key: SigningKey,
}

impl Cosigner {
    /// The key that grows out of 32 bytes from a good source of randomness. One key serves one witness only,
    /// for what it signs does not name it.
    #[must_use]
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        Self { verifier: Verifier::of(name, Algorithm::Cosignature, key.verifying_key()), key }
    }

    /// The public half.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The key as text. Whoever has it can sign.
    #[must_use]
    pub fn to_private_key(&self) -> String {
        private_key(&self.verifier, &self.key)
    }

    /// States that, at this time, `checkpoint` is the largest of its log that was seen and found consistent.
    /// Whether that is so is for the caller to see to, and to keep, before it signs:
    /// [`witness::examine`](crate::witness::examine).
    ///
    /// # Errors
    /// [`InvalidTime`] for the time 0 and for 2^63 seconds and more.
    pub fn cosign(&self, checkpoint: &Checkpoint, seconds: u64) -> Result<Signature, InvalidTime> {
        let message = note::cosigned(seconds, &checkpoint.to_string()).filter(|_| seconds > 0);
        let signature = self.key.sign(message.ok_or(InvalidTime { seconds })?.as_bytes());
        let bytes = [&seconds.to_be_bytes(), &signature.to_bytes()[..]].concat();
        Ok(Signature::by(&self.verifier, bytes))
    }
}

impl FromStr for Cosigner {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (verifier, key) = read_private_key(text, Algorithm::Cosignature)?;
        Ok(Self { verifier, key })
    }
}

impl fmt::Debug for Cosigner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "private key of {}", self.verifier)
    }
}

/// No cosignature can state this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no cosignature can state the time {seconds}")]
pub struct InvalidTime {
    /// The time that was given, in Unix seconds.
    pub seconds: u64,
}
