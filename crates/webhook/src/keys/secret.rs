//! Secrets of scheme `v1`.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{KeyError, hidden, read, written};

/// A secret that sender and receiver share; signs with HMAC-SHA256. Overwritten in memory when it is dropped, and in no
/// log line.
///
/// Written `whsec_` and the base64 of 24 to 64 bytes.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// What its text begins with.
    pub const PREFIX: &'static str = "whsec_";
    /// The name of its scheme in signatures.
    pub const SCHEME: &'static str = "v1";

    const LEAST: usize = 24;
    const MOST: usize = 64;
    /// As many as the hash has: more would not make it harder to guess.
    const NEW: usize = 32;

    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new(vec![0; Self::NEW]);
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Its text, for whoever is to have it.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        written(Self::PREFIX, &self.0)
    }

    pub(super) fn sign(&self, signed: &[&[u8]]) -> [u8; 32] {
        self.over(signed).finalize().into_bytes().into()
    }

    /// In a time that tells nothing of how much of it is right.
    pub(super) fn verifies(&self, signed: &[&[u8]], signature: &[u8]) -> bool {
        self.over(signed).verify_slice(signature).is_ok()
    }

    fn over(&self, signed: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        signed.iter().for_each(|part| mac.update(part));
        mac
    }
}

impl FromStr for Secret {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bytes = read(text, Self::PREFIX)?;
        if !(Self::LEAST..=Self::MOST).contains(&bytes.len()) {
            return Err(KeyError::SecretLength(bytes.len()));
        }
        Ok(Self(bytes))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        hidden(out, Self::PREFIX)
    }
}
