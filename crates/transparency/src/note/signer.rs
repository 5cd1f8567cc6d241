//! Keys that sign.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer as _, SigningKey};

use super::key::read_parts;
use super::{Algorithm, KeyError, KeyName, Signature, Verifier};
use crate::encoding;

const PRIVATE: &str = "PRIVATE+KEY+";

/// A private Ed25519 key with its name: signs notes (C2SP signed-note, type 0x01).
///
/// Read from the form that Go's `sumdb/note` began and others took over,
/// `PRIVATE+KEY+<name>+<id>+<base64(type ‖ 32-byte seed)>`. Neither `Debug` nor an error shows the key; its
/// bytes are wiped when it is dropped.
#[derive(Clone)]
pub struct Signer {
    verifier: Verifier,
    key: SigningKey,
}

impl Signer {
    /// The key that grows out of 32 bytes from a good source of randomness.
    #[must_use]
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        Self { verifier: Verifier::of(name, Algorithm::Ed25519, key.verifying_key()), key }
    }

    /// The same key under another name, which is another key to who verifies.
    #[must_use]
    pub fn named(&self, name: KeyName) -> Self {
        Self { verifier: self.verifier.named(name), key: self.key.clone() }
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

    /// Signs a text. [`Note::sign`](super::Note::sign) does it with the text checked.
    #[must_use]
    pub(super) fn sign(&self, text: &str) -> Signature {
        let signature = self.key.sign(text.as_bytes()).to_vec();
        Signature::by(&self.verifier, signature)
    }
}

impl FromStr for Signer {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (verifier, key) = read_private_key(text, Algorithm::Ed25519)?;
        Ok(Self { verifier, key })
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "private key of {}", self.verifier)
    }
}

/// Writes a private key.
pub(crate) fn private_key(verifier: &Verifier, key: &SigningKey) -> String {
    let mut bytes = vec![verifier.algorithm().byte()];
    bytes.extend(key.as_bytes());
    format!("{PRIVATE}{}+{}+{}", verifier.name(), verifier.id(), encoding::base64(&bytes))
}

/// Reads a private key for this purpose.
pub(crate) fn read_private_key(text: &str, purpose: Algorithm) -> Result<(Verifier, SigningKey), KeyError> {
    let text = text.strip_prefix(PRIVATE).ok_or(KeyError::NotPrivate)?;
    let (name, id, algorithm, seed) = read_parts(text)?;
    if algorithm != purpose {
        return Err(KeyError::Purpose(algorithm.byte()));
    }
    let key = SigningKey::from_bytes(&seed);
    let verifier = Verifier::of(name, algorithm, key.verifying_key());
    if encoding::from_hex(id) == Some(verifier.id().0) { Ok((verifier, key)) } else { Err(KeyError::Id) }
}
