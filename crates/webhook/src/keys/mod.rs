//! Keys that sign, and keys that verify. Their texts begin with what they are.

mod pair;
mod secret;

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

pub use pair::{PrivateKey, PublicKey};
pub use secret::Secret;

/// Written with padding, read with and without: not every sender writes it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What signs: a secret (`v1`) or a private key (`v1a`). Read from either's text.
#[derive(Debug)]
pub enum SigningKey {
    /// Whoever verifies has it too.
    Secret(Secret),
    /// Whoever verifies has its public key.
    Private(PrivateKey),
}

impl SigningKey {
    /// The scheme's name, a comma, and the signature in base64.
    pub(crate) fn signature(&self, signed: &[&[u8]]) -> String {
        match self {
            Self::Secret(secret) => format!("{},{}", Secret::SCHEME, BASE64.encode(secret.sign(signed))),
            Self::Private(key) => {
                format!("{},{}", PublicKey::SCHEME, BASE64.encode(key.sign(&signed.concat())))
            }
        }
    }
}

impl FromStr for SigningKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.starts_with(PrivateKey::PREFIX) {
            return text.parse().map(Self::Private);
        }
        text.parse().map(Self::Secret)
    }
}

impl From<Secret> for SigningKey {
    fn from(secret: Secret) -> Self {
        Self::Secret(secret)
    }
}

impl From<PrivateKey> for SigningKey {
    fn from(key: PrivateKey) -> Self {
        Self::Private(key)
    }
}

/// What verifies: the same secret (`v1`), or the public key (`v1a`). Read from either's text.
#[derive(Clone, Debug)]
pub enum VerifyingKey {
    /// Whoever signs has it too.
    Secret(Secret),
    /// Whoever signs has its private key.
    Public(PublicKey),
}

impl VerifyingKey {
    /// The name of the scheme that it verifies.
    #[must_use]
    pub const fn scheme(&self) -> &'static str {
        match self {
            Self::Secret(_) => Secret::SCHEME,
            Self::Public(_) => PublicKey::SCHEME,
        }
    }

    /// Whether the base64 of a signature is this key's over these bytes.
    pub(crate) fn verifies(&self, signed: &[&[u8]], signature: &str) -> bool {
        let Ok(signature) = BASE64.decode(signature) else { return false };
        match self {
            Self::Secret(secret) => secret.verifies(signed, &signature),
            Self::Public(key) => key.verifies(&signed.concat(), &signature),
        }
    }
}

impl FromStr for VerifyingKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.starts_with(PublicKey::PREFIX) {
            return text.parse().map(Self::Public);
        }
        text.parse().map(Self::Secret)
    }
}

impl From<Secret> for VerifyingKey {
    fn from(secret: Secret) -> Self {
        Self::Secret(secret)
    }
}

impl From<PublicKey> for VerifyingKey {
    fn from(key: PublicKey) -> Self {
        Self::Public(key)
    }
}

/// The bytes behind a prefix.
fn read(text: &str, prefix: &'static str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let text = text.strip_prefix(prefix).ok_or(KeyError::Prefix(prefix))?;
    Ok(Zeroizing::new(BASE64.decode(text).map_err(|_| KeyError::Base64)?))
}

/// A prefix and bytes, as [`read`] takes them.
fn written(prefix: &str, bytes: &[u8]) -> Zeroizing<String> {
    // Large enough from the start: what a string leaves when it grows is not overwritten.
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + bytes.len().div_ceil(3) * 4));
    text.push_str(prefix);
    BASE64.encode_string(bytes, &mut text);
    text
}

/// The text is no such key. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It does not say that it is one.
    #[error("expected a key that begins with {0}")]
    Prefix(&'static str),
    /// The rest is not in base64.
    #[error("the key is not in base64 behind its prefix")]
    Base64,
    /// A secret is too short or too long.
    #[error("a secret has 24 to 64 bytes; this one has {0}")]
    SecretLength(usize),
    /// A private or public key has another length than such keys have.
    #[error(
        "a private key has 64 bytes (or 32, without its public key) and a public key has 32; this one has {0}"
    )]
    Length(usize),
    /// No point of the curve, one under which anybody can sign, or a private key beside another's public key.
    #[error("the key is none of Ed25519's")]
    Invalid,
}

/// Says what kind of key stands there and nothing of it.
fn hidden(out: &mut fmt::Formatter<'_>, prefix: &str) -> fmt::Result {
    write!(out, "{prefix}…")
}
