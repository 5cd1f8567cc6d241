//! Who asks: a bearer token (RFC 6750) in `Authorization`.

use std::sync::Arc;

use contract::{ProblemKind, Role};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use service::token::Verified;

use crate::Gateway;
use crate::refusal::Refusal;

const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Bearer realm="chancery""#);
const INVALID: HeaderValue = HeaderValue::from_static(r#"Bearer realm="chancery", error="invalid_token""#);
const INSUFFICIENT: HeaderValue =
    HeaderValue::from_static(r#"Bearer realm="chancery", error="insufficient_scope""#);

/// Whom the request's token names.
pub(crate) fn identify(gateway: &Gateway, headers: &HeaderMap) -> Result<Arc<Verified>, Refusal> {
    let Some(header) = headers.get(AUTHORIZATION) else { return Err(missing()) };
    let token = header.to_str().ok().and_then(|text| text.split_once(' '));
    let Some((_, token)) = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
        return Err(refused("the Authorization header is not Bearer <token>".to_owned(), CHALLENGE));
    };
    let verified = gateway.verifier.verify(token.trim(), gateway.shell.clock.now());
    verified.map_err(|error| refused(error.to_string(), INVALID))
}

/// There is no token.
pub(crate) fn missing() -> Refusal {
    refused("there is no token: send Authorization: Bearer <token>".to_owned(), CHALLENGE)
}

fn refused(detail: String, challenge: HeaderValue) -> Refusal {
    Refusal::new(ProblemKind::Unauthenticated, detail).challenging(Some(challenge))
}

/// Refuses who does not hold the role.
pub(crate) fn require(verified: &Verified, role: Role) -> Result<(), Refusal> {
    if verified.principal.holds(role) {
        return Ok(());
    }
    let role = serde_json::to_string(&role).unwrap_or_default();
    let detail = format!("the token lacks the role {}", role.trim_matches('"'));
    Err(Refusal::new(ProblemKind::Forbidden, detail).challenging(Some(INSUFFICIENT)))
}
