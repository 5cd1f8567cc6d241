//! The line of a signature.

use std::fmt;
use std::str::FromStr;

use super::{InvalidName, KeyId, KeyName, Verifier};
use crate::encoding;

/// One signature of a note, verified or not: whose it says it is, and its bytes.
///
/// Written `— <name> <base64(id ‖ signature)>`, without the newline (C2SP signed-note, "Format").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    name: KeyName,
    id: KeyId,
    bytes: Vec<u8>,
}

impl Signature {
    pub(crate) fn by(verifier: &Verifier, bytes: Vec<u8>) -> Self {
        Self { name: verifier.name().clone(), id: verifier.id(), bytes }
    }

    /// The name of the key.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The identifier of the key.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// What follows the identifier: 64 bytes of Ed25519, or 8 of time and 64 of Ed25519, or whatever other
    /// types have.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it says that `key` made it.
    #[must_use]
    pub fn is_from(&self, key: &Verifier) -> bool {
        self.id == key.id() && self.name == *key.name()
    }
}

impl FromStr for Signature {
    type Err = SignatureError;

    fn from_str(line: &str) -> Result<Self, SignatureError> {
        let (name, bytes) =
            line.strip_prefix("— ").and_then(|line| line.split_once(' ')).ok_or(SignatureError::Shape)?;
        let name = KeyName::new(name)?;
        let bytes = encoding::from_base64(bytes).ok_or(SignatureError::Base64)?;
        match bytes.split_first_chunk() {
            Some((id, bytes)) if !bytes.is_empty() => Ok(Self { name, id: KeyId(*id), bytes: bytes.into() }),
            _ => Err(SignatureError::Length),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id.0, &self.bytes[..]].concat();
        write!(out, "— {} {}", self.name, encoding::base64(&bytes))
    }
}

/// The line is no signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It does not begin with a dash and a space, or has no second space.
    #[error("expected a signature: a dash (U+2014), the key's name and base64, with a space between")]
    Shape,
    /// The name is none.
    #[error("the signature has no proper name")]
    Name(#[from] InvalidName),
    /// What follows the name is not in base64.
    #[error("the signature is not in base64")]
    Base64,
    /// There is nothing behind the key's identifier.
    #[error("the signature is too short")]
    Length,
}
