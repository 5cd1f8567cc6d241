//! Keys that verify.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{SIGNATURE_LENGTH, VerifyingKey};

use super::{InvalidName, KeyName};
use crate::encoding;
use crate::hash::sha256;

/// What a key signs, and how (C2SP signed-note, "Signature types").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Algorithm {
    /// Ed25519 over the text of a note.
    Ed25519 = 0x01,
    /// Ed25519 over a time and a checkpoint: what a witness signs (C2SP tlog-cosignature, `cosignature/v1`).
    Cosignature = 0x04,
}

impl Algorithm {
    /// Its identifier byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0x01 => Some(Self::Ed25519),
            0x04 => Some(Self::Cosignature),
            _ => None,
        }
    }
}

/// Tells, with the name, which key signed: four bytes, written as eight lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 4]);

impl KeyId {
    /// `SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4]` (C2SP signed-note, "Signatures").
    #[must_use]
    pub fn of(name: &KeyName, algorithm: Algorithm, public: &[u8; 32]) -> Self {
        let hash = sha256(&[name.as_str().as_bytes(), b"\n", &[algorithm.byte()], public]);
        let [a, b, c, d, ..] = *hash.as_bytes();
        Self([a, b, c, d])
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&encoding::hex(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// A public key with its name and what it verifies.
///
/// Written as a verifier key, `<name>+<id>+<base64(type ‖ public key)>` (C2SP signed-note, "Verifier keys").
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    name: KeyName,
    id: KeyId,
    algorithm: Algorithm,
    key: VerifyingKey,
}

impl Verifier {
    /// The key of this name.
    ///
    /// # Errors
    /// [`KeyError::PublicKey`] if the bytes are no point of the curve, or one of the few under which anybody
    /// can sign.
    pub fn new(name: KeyName, algorithm: Algorithm, public: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(public).ok().filter(|key| !key.is_weak());
        Ok(Self::of(name, algorithm, key.ok_or(KeyError::PublicKey)?))
    }

    pub(crate) fn of(name: KeyName, algorithm: Algorithm, key: VerifyingKey) -> Self {
        Self { id: KeyId::of(&name, algorithm, key.as_bytes()), name, algorithm, key }
    }

    /// The same key under another name, and so with another identifier.
    #[must_use]
    pub fn named(&self, name: KeyName) -> Self {
        Self::of(name, self.algorithm, self.key)
    }

    /// The key's name.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The key's identifier.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// What the key verifies.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Checks a signature's bytes, without the key's identifier, over the text of a note. `None` if they are
    /// not this key's; the time that a cosignature states, in seconds.
    pub(super) fn check(&self, text: &str, signature: &[u8]) -> Option<Option<u64>> {
        match self.algorithm {
            Algorithm::Ed25519 => self.is_over(text.as_bytes(), signature).then_some(None),
            Algorithm::Cosignature => {
                let (time, signature) = signature.split_first_chunk()?;
                let seconds = u64::from_be_bytes(*time);
                let message = cosigned(seconds, text)?;
                self.is_over(message.as_bytes(), signature).then_some(Some(seconds))
            }
        }
    }

    fn is_over(&self, message: &[u8], signature: &[u8]) -> bool {
        let signature = <&[u8; SIGNATURE_LENGTH]>::try_from(signature).map(Into::into);
        signature.is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }
}

/// The message that a cosignature signs (C2SP tlog-cosignature, "Ed25519 signed message"). `None` for a time
/// of 2^63 seconds and more.
pub(crate) fn cosigned(seconds: u64, text: &str) -> Option<String> {
    i64::try_from(seconds).ok().map(|seconds| format!("cosignature/v1\ntime {seconds}\n{text}"))
}

/// Reads what follows the marks of a key: `<name>+<id>+<base64(type ‖ 32 bytes)>`.
pub(super) fn read_parts(text: &str) -> Result<(KeyName, &str, Algorithm, [u8; 32]), KeyError> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(KeyError::Shape);
    };
    let name = KeyName::new(name)?;
    let bytes = encoding::from_base64(key).ok_or(KeyError::Base64)?;
    let (algorithm, key) = bytes.split_first().ok_or(KeyError::Length)?;
    let algorithm = Algorithm::from_byte(*algorithm).ok_or(KeyError::Algorithm(*algorithm))?;
    Ok((name, id, algorithm, key.try_into().map_err(|_| KeyError::Length)?))
}

impl FromStr for Verifier {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, id, algorithm, public) = read_parts(text)?;
        let verifier = Self::new(name, algorithm, &public)?;
        if encoding::from_hex(id) == Some(verifier.id.0) { Ok(verifier) } else { Err(KeyError::Id) }
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.algorithm.byte()];
        key.extend(self.key.as_bytes());
        write!(out, "{}+{}+{}", self.name, self.id, encoding::base64(&key))
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// The text is no key that is known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Parts are missing.
    #[error("expected a key: its name, its identifier and the key itself, joined by plus signs")]
    Shape,
    /// A private key does not say that it is one.
    #[error("expected a private key, which begins with PRIVATE+KEY+")]
    NotPrivate,
    /// The name is none.
    #[error("the key has no proper name")]
    Name(#[from] InvalidName),
    /// The identifier is not that of the key and the name.
    #[error("the key's identifier does not belong to its name and the key")]
    Id,
    /// The key itself is not in base64.
    #[error("the key is not in base64")]
    Base64,
    /// The key has a type that is not known here.
    #[error("keys of type 0x{0:02x} are not known here")]
    Algorithm(u8),
    /// The key itself is too short or too long.
    #[error("the key does not have 32 bytes")]
    Length,
    /// The bytes are no Ed25519 public key, or a weak one.
    #[error("the key is no Ed25519 public key to rely on")]
    PublicKey,
    /// The key is meant for other signatures.
    #[error("the key is of type 0x{0:02x}, which does not sign this")]
    Purpose(u8),
}
