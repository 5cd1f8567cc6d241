//! Who asks: a bearer token (RFC 6750) in `Authorization`.

use std::sync::Arc;

use contract::{ProblemKind, Role};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method, Uri};
use service::token::Verified;

use crate::refusal::Refusal;
use crate::{Gateway, follow};

const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Bearer realm="chancery""#);
const INVALID: HeaderValue = HeaderValue::from_static(r#"Bearer realm="chancery", error="invalid_token""#);
const INSUFFICIENT: HeaderValue =
    HeaderValue::from_static(r#"Bearer realm="chancery", error="insufficient_scope""#);

/// Whom the request's token names; for a stream, a ticket in the address will do.
pub(crate) fn identify(
    gateway: &Gateway,
    headers: &HeaderMap,
    method: &Method,
    uri: &Uri,
) -> Result<Arc<Verified>, Refusal> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        let ticket = follow::of_query(uri.query());
        let ticket =
            ticket.filter(|_| *method == Method::GET && uri.path() == follow::PATH).ok_or_else(missing)?;
        let verified = gateway.tickets.verify(ticket, gateway.shell.clock.now());
        return verified.map_err(|error| refused(format!("the ticket: {error}"), INVALID));
    };
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
