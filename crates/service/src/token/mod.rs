//! Who asks: signed tokens (JWT, RFC 7519, with EdDSA, RFC 8037).
//!
//! An [`Issuer`] signs what a [`Principal`] is, a [`Verifier`] reads it back. Claims: `iss`, `sub`, `iat`, `exp`,
//! `agency`, `party`, `roles`, `clearance` (a level) and `caveats`. [`Keys`] are two PEM files, for one machine
//! that issues its own tokens.

pub mod claims;
mod keys;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use contract::{Principal, Role};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

pub use keys::{Keys, KeysError};

/// Who signs when nothing else is configured.
pub const ISSUER: &str = "chancery";

/// By how much clocks may differ.
pub const LEEWAY: SignedDuration = SignedDuration::from_secs(30);

/// How many tokens are remembered as good, so that a signature is not checked again on every request.
const REMEMBERED: usize = 10_000;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    iat: i64,
    exp: i64,
    agency: String,
    party: String,
    roles: BTreeSet<Role>,
    clearance: String,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    caveats: BTreeSet<String>,
}

/// Why there is no principal, or no token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key is no Ed25519 key in PEM.
    #[error("the key is no Ed25519 key in PEM")]
    Key(#[source] jsonwebtoken::errors::Error),
    /// The text is no token of the form that is issued here.
    #[error("the token cannot be read")]
    Unreadable(#[source] jsonwebtoken::errors::Error),
    /// No trusted key signed it.
    #[error("the token is not signed by a key that is trusted here")]
    Untrusted,
    /// It is over.
    #[error("the token expired at {0}")]
    Expired(Timestamp),
    /// It is not valid yet.
    #[error("the token was issued at {0}, which has not come yet")]
    Early(Timestamp),
    /// It names what nobody is.
    #[error("the token says what no token here may: {}", .0.join("; "))]
    Claims(Vec<String>),
    /// Someone else issued it.
    #[error("the token's issuer is {0}")]
    Issuer(String),
    /// It could not be signed.
    #[error("the token cannot be signed")]
    Signing(#[source] jsonwebtoken::errors::Error),
}

impl Error {
    /// Whether trying again with the same token can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Early(_))
    }
}

/// Signs tokens.
pub struct Issuer {
    name: String,
    key: EncodingKey,
}

impl Issuer {
    /// Signs as `name` with an Ed25519 private key in PEM (PKCS #8).
    ///
    /// # Errors
    /// [`Error::Key`] when the text is no such key.
    pub fn from_pem(name: impl Into<String>, private: &[u8]) -> Result<Self, Error> {
        Ok(Self { name: name.into(), key: EncodingKey::from_ed_pem(private).map_err(Error::Key)? })
    }

    /// A token that says who `principal` is, from `now` for as long as `valid`.
    ///
    /// # Errors
    /// [`Error::Signing`] when the key does not sign.
    pub fn issue(&self, principal: &Principal, now: Timestamp, valid: Duration) -> Result<String, Error> {
        let seconds = i64::try_from(valid.as_secs()).unwrap_or(i64::MAX);
        let claims = Claims {
            iss: self.name.clone(),
            sub: principal.subject.clone(),
            iat: now.as_second(),
            exp: now.as_second().saturating_add(seconds).min(Timestamp::MAX.as_second()),
            agency: principal.agency.clone(),
            party: principal.party.clone(),
            roles: principal.roles.clone(),
            clearance: principal.level.clone(),
            caveats: principal.caveats.clone(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &self.key).map_err(Error::Signing)
    }
}

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Who asks.
    pub principal: Principal,
    /// From when on.
    pub issued: Timestamp,
    /// Until when.
    pub expires: Timestamp,
}

/// Checks tokens.
pub struct Verifier {
    issuer: String,
    keys: Vec<DecodingKey>,
    validation: Validation,
    good: RwLock<HashMap<Box<str>, Arc<Verified>>>,
}

impl Verifier {
    /// Trusts what `issuer` signs with an Ed25519 key, of which this is the public part in PEM.
    ///
    /// # Errors
    /// [`Error::Key`] when the text is no such key.
    pub fn from_pem(issuer: impl Into<String>, public: &[u8]) -> Result<Self, Error> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        // Times are compared with the clock that is passed in; the issuer is named when it is another.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let verifier = Self { issuer: issuer.into(), keys: Vec::new(), validation, good: RwLock::default() };
        verifier.and_pem(public)
    }

    /// The same that trusts one more key, as while keys change.
    ///
    /// # Errors
    /// [`Error::Key`] when the text is no such key.
    pub fn and_pem(mut self, public: &[u8]) -> Result<Self, Error> {
        self.keys.push(DecodingKey::from_ed_pem(public).map_err(Error::Key)?);
        Ok(self)
    }

    /// What the token says, if it is good now.
    ///
    /// # Errors
    /// [`Error`]: unreadable, of another issuer, not signed by a trusted key, too early or too late, or with claims
    /// that have not their form.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<Verified>, Error> {
        let known = self.good.read().unwrap_or_else(PoisonError::into_inner).get(token).cloned();
        let verified = match known {
            Some(verified) => verified,
            None => self.remember(token, self.read(token)?),
        };
        if verified.expires.saturating_add(LEEWAY).is_ok_and(|end| end < now) {
            return Err(Error::Expired(verified.expires));
        }
        if verified.issued.saturating_sub(LEEWAY).is_ok_and(|begin| begin > now) {
            return Err(Error::Early(verified.issued));
        }
        Ok(verified)
    }

    fn read(&self, token: &str) -> Result<Verified, Error> {
        let claims = self.decode(token)?;
        if claims.iss != self.issuer {
            return Err(Error::Issuer(claims.iss));
        }
        let at = |second| {
            let unreadable = |_| Error::Unreadable(ErrorKind::InvalidClaimFormat("exp".to_owned()).into());
            Timestamp::from_second(second).map_err(unreadable)
        };
        let (issued, expires) = (at(claims.iat)?, at(claims.exp)?);
        let principal = Principal {
            subject: claims.sub,
            agency: claims.agency,
            party: claims.party,
            roles: claims.roles,
            level: claims.clearance,
            caveats: claims.caveats,
        };
        match claims::mistakes(&principal) {
            mistakes if mistakes.is_empty() => Ok(Verified { principal, issued, expires }),
            mistakes => Err(Error::Claims(mistakes)),
        }
    }

    fn decode(&self, token: &str) -> Result<Claims, Error> {
        for key in &self.keys {
            match jsonwebtoken::decode::<Claims>(token, key, &self.validation) {
                Ok(data) => return Ok(data.claims),
                Err(error) if matches!(error.kind(), ErrorKind::InvalidSignature) => {}
                Err(error) => return Err(Error::Unreadable(error)),
            }
        }
        Err(Error::Untrusted)
    }

    /// Only tokens with a good signature get here, so nobody fills the memory with made-up ones.
    fn remember(&self, token: &str, verified: Verified) -> Arc<Verified> {
        let verified = Arc::new(verified);
        let mut good = self.good.write().unwrap_or_else(PoisonError::into_inner);
        if good.len() >= REMEMBERED {
            good.clear();
        }
        good.insert(token.into(), Arc::clone(&verified));
        verified
    }
}
