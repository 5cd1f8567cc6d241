//! What deliveries are signed with, as it is made and as it is shown.

use contract::subscription::{Scheme, SigningKey};
use contract::{Problem, ProblemKind};
use jiff::Timestamp;
use serde::Serialize;
use webhook::{PrivateKey, Secret};

/// What is shown of a key. Of a secret that is no more than that there is one; it was shown when it was made.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    scheme: Scheme,
    /// What verifies, where that is no secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
    /// Until when it signs beside its successor.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

impl Shown {
    pub(super) fn of(key: &SigningKey) -> Self {
        let public_key = key.secret.parse::<PrivateKey>().ok().map(|key| key.public().to_string());
        Self { scheme: scheme(key), public_key, until: key.until }
    }
}

/// A new key of a scheme.
///
/// # Errors
/// When the system gives no random bytes.
pub(super) fn new(scheme: Scheme) -> Result<SigningKey, Problem> {
    let secret = match scheme {
        Scheme::V1 => Secret::random().map(|secret| secret.reveal()),
        Scheme::V1a => PrivateKey::random().map(|key| key.reveal()),
    };
    let secret = secret.map_err(|error| {
        tracing::error!(%error, "a key cannot be made");
        Problem::new(ProblemKind::Internal, "the operator's log says more")
    })?;
    Ok(SigningKey { secret: secret.to_string(), until: None })
}

/// What its owner must be told of a new key, once: the secret that both sides hold.
pub(super) fn told(key: &SigningKey) -> Option<&str> {
    (scheme(key) == Scheme::V1).then_some(key.secret.as_str())
}

/// By which scheme a key signs.
pub(super) fn scheme(key: &SigningKey) -> Scheme {
    if key.secret.starts_with(PrivateKey::PREFIX) { Scheme::V1a } else { Scheme::V1 }
}
