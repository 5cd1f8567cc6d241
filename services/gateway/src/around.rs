//! What is around every request: its id, who asks, how many at once, the log line and the count.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use contract::{ProblemKind, kind};
use http::header::{CACHE_CONTROL, VARY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue};
use service::new_request_id;
use service::token::Verified;
use tracing::Instrument;

use crate::Gateway;
use crate::identity::identify;
use crate::metrics::{InFlight, NO_ROUTE};
use crate::reads::{Asking, Disclosure, Peer};
use crate::refusal::Refusal;

/// Comes in to tie log lines together across systems, and always goes out.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a route knows of its request besides what was sent.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) request_id: Arc<str>,
    pub(crate) who: Result<Arc<Verified>, Refusal>,
    /// What the answer discloses, as it turns out.
    pub(crate) disclosure: Arc<Disclosure>,
}

pub(crate) async fn around(
    State(gateway): State<Arc<Gateway>>,
    route: Option<MatchedPath>,
    mut request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let about = About {
        request_id: request_id(request.headers()).into(),
        who: identify(&gateway, request.headers(), request.method(), request.uri()),
        disclosure: Arc::default(),
    };
    let (method, uri) = (request.method().clone(), request.uri().clone());
    request.extensions_mut().insert(about.clone());
    // One line a request is all that is said at the usual level, and it carries the id itself.
    let span = tracing::debug_span!("http", id = %about.request_id);
    let mut response = answered(&gateway, &about, request, next).instrument(span).await;
    finish(response.headers_mut(), &about.request_id);
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    gateway.metrics.answered(&method, route, status, took);
    tracing::info!(
        id = %about.request_id,
        %method,
        route,
        path = uri.path(),
        status,
        us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        agency = about.who.as_ref().map_or("", |verified| &verified.principal.agency),
        "answered"
    );
    response
}

/// Two limits: a slot, for what the gateway can work on is bounded; and the caller's share of the slots, for nobody
/// should have to wait for what another holds. Who has no token is refused at once and needs none. The slot is kept until
/// what the answer discloses is logged.
async fn answered(gateway: &Gateway, about: &About, request: Request, next: Next) -> Response {
    let who = about.who.as_deref().ok();
    let Ok(_slot) = gateway.slots.try_acquire() else {
        return Refusal::new(ProblemKind::Unavailable, "too many requests at once").into_response();
    };
    let share = who.map(|verified| gateway.shares.take(&verified.principal));
    if matches!(share, Some(None)) {
        let detail = format!("{} requests of yours are being worked on", gateway.shares.most());
        return Refusal::new(ProblemKind::TooManyRequests, detail).into_response();
    }
    let _counted = InFlight::begin(&gateway.metrics.in_flight);
    let Some(Verified { principal, .. }) = who else { return next.run(request).await };
    let peer = request.extensions().get::<Peer>().copied();
    let asking = Asking::new(&about.request_id, (request.method(), request.uri()), peer, request.headers());
    if asking.exports() {
        about.disclosure.is(kind::EXPORT);
    }
    let response = next.run(request).await;
    gateway.reads.answered(principal, asking, &about.disclosure, response).await
}

/// What every answer says besides: nobody but the caller may keep it, unless the route says otherwise, and it is what
/// it says it is.
fn finish(headers: &mut HeaderMap, request_id: &str) {
    headers.extend(HeaderValue::from_str(request_id).ok().map(|id| (REQUEST_ID, id)));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    headers.insert(VARY, HeaderValue::from_static("accept, authorization"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// The caller's id if it is one that can stand in a log line, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let sent = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let fits = |id: &&str| {
        (1..=128).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    sent.filter(fits).map_or_else(new_request_id, str::to_owned)
}
