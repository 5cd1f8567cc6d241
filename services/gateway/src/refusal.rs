//! The one conversion from a refusal to an HTTP answer: problem details (RFC 9457).

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use contract::{Problem, ProblemKind};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use service::{AskError, Reply};

pub(crate) const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A problem on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    problem: Box<Problem>,
    challenge: Option<HeaderValue>,
}

impl Refusal {
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Problem::new(kind, detail).into()
    }

    /// With what `WWW-Authenticate` says (RFC 6750, section 3).
    pub(crate) fn challenging(self, challenge: Option<HeaderValue>) -> Self {
        Self { challenge, ..self }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), challenge: None }
    }
}

/// A question that nobody answered.
pub(crate) fn unanswered(error: AskError, request_id: &str) -> Refusal {
    tracing::warn!(id = request_id, %error, "not answered");
    Problem::from(error).into()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let retry_after = self.problem.retry_after;
        let mut response = answer(Reply::from(*self.problem), PROBLEM);
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if let Some(challenge) = self.challenge {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// A reply's bytes with its position; a problem says so whatever the route serves.
pub(crate) fn answer(reply: Reply, content_type: HeaderValue) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let failed = status.is_client_error() || status.is_server_error();
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, if failed { PROBLEM } else { content_type });
    if let Some(position) = reply.position {
        headers.insert(contract::headers::POSITION, position.into());
    }
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
