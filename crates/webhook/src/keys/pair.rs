//! Pairs of keys of scheme `v1a`.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{KEYPAIR_LENGTH, SECRET_KEY_LENGTH, SIGNATURE_LENGTH, Signer};
use zeroize::Zeroizing;

use super::{KeyError, hidden, read, written};

/// Signs with Ed25519, and stays with the sender. Overwritten in memory when it is dropped, and in no log line.
///
/// Written `whsk_` and the base64 of its 32 bytes and the 32 of its public key, as libsodium does; read without the
/// latter, too.
#[derive(Clone)]
pub struct PrivateKey(ed25519_dalek::SigningKey);

impl PrivateKey {
    /// What its text begins with.
    pub const PREFIX: &'static str = "whsk_";

    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; SECRET_KEY_LENGTH]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&bytes)))
    }

    /// Its text, for where it is kept.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        written(Self::PREFIX, Zeroizing::new(self.0.to_keypair_bytes()).as_slice())
    }

    /// What verifies its signatures.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, signed: &[u8]) -> [u8; SIGNATURE_LENGTH] {
        self.0.sign(signed).to_bytes()
    }
}

impl FromStr for PrivateKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bytes = read(text, Self::PREFIX)?;
        if let Ok(alone) = <&[u8; SECRET_KEY_LENGTH]>::try_from(bytes.as_slice()) {
            return Ok(Self(ed25519_dalek::SigningKey::from_bytes(alone)));
        }
        let pair = <&[u8; KEYPAIR_LENGTH]>::try_from(bytes.as_slice());
        let pair = pair.map_err(|_| KeyError::Length(bytes.len()))?;
        ed25519_dalek::SigningKey::from_keypair_bytes(pair).map(Self).map_err(|_| KeyError::Invalid)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        hidden(out, Self::PREFIX)
    }
}

/// Verifies what its [`PrivateKey`] signed; no secret.
///
/// Written `whpk_` and the base64 of 32 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// What its text begins with.
    pub const PREFIX: &'static str = "whpk_";
    /// The name of its scheme in signatures.
    pub const SCHEME: &'static str = "v1a";

    pub(super) fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        let signature = <&[u8; SIGNATURE_LENGTH]>::try_from(signature).map(Into::into);
        signature.is_ok_and(|signature| self.0.verify_strict(signed, &signature).is_ok())
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bytes = read(text, Self::PREFIX)?;
        let bytes = bytes.as_slice().try_into().map_err(|_| KeyError::Length(bytes.len()))?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak());
        key.map(Self).ok_or(KeyError::Invalid)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&written(Self::PREFIX, self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
