//! Following the register live: server-sent events (WHATWG HTML, section 9.2).
//!
//! What is told comes from the one live tail of the process ([`following`]); each client takes of it what its filter and
//! its clearance let through ([`client`]), in the form of a stream ([`frame`]).
//!
//! Who was given something ([`given`]) hears of what sets it right: of the event if they may see it, whatever they want
//! to hear of, and otherwise, in an event `recall`, which one it was and nothing else.
//!
//! What a stream is given is on record: marked material before it goes out, the rest soon after ([`carried`]).
//!
//! A stream ends when its token does, when the gateway stops, when the client lags beyond the ring, and when a read of
//! marked material cannot be logged. Then it is resumed: each event carries its position as `id`, and so does every
//! beat of a stream that is silent.

mod carried;
mod client;
mod frame;
mod given;
mod ticket;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use contract::following::{Filter, Wishes};
use contract::{ProblemKind, Role};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

pub(crate) use carried::Ledger;
pub(crate) use frame::Frame;
pub(crate) use ticket::{Tickets, hidden, of_query};

use crate::Gateway;
use crate::accept::{EVENT_STREAM, choose};
use crate::around::About;
use crate::identity::require;
use crate::params::Params;
use crate::reads::{Asking, Peer};
use crate::refusal::Refusal;
use client::Client;

/// Where streams are.
pub(crate) const PATH: &str = "/v1/stream";

/// What a client that resumes sends.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Tells proxies that hold answers back to let this one through as it comes.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What is asked of a stream.
struct Wanted {
    /// The last position already seen; none: from now on.
    after: Option<u64>,
    filter: Filter,
    /// Whether each event says its type as the name of the event; a browser then wants a listener for each.
    named: bool,
}

pub(crate) async fn stream(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    let about = parts.extensions.get::<About>().cloned();
    let about = about.ok_or_else(|| Refusal::new(ProblemKind::Internal, "the request has no identity"))?;
    let who = about.who?;
    require(&who, Role::Reader)?;
    choose(&parts.headers, &[EVENT_STREAM])?;
    let wanted = wanted(parts.uri.query(), &parts.headers, &who.principal.agency, &gateway)?;
    let peer = parts.extensions.get::<Peer>().copied();
    let asking = Asking::new(&about.request_id, (&parts.method, &parts.uri), peer, &parts.headers);
    let client = Client::open(gateway, who, asking, wanted).await?;
    let position = client.position();
    let mut response = Response::new(client.body());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM));
    headers.insert(contract::headers::POSITION, position.into());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

fn wanted(
    query: Option<&str>,
    headers: &HeaderMap,
    agency: &str,
    gateway: &Gateway,
) -> Result<Wanted, Refusal> {
    let mut params = Params::read(query);
    // It has said who asks.
    params.one(ticket::PARAMETER);
    let wishes = Wishes {
        party: params.every("party"),
        country: params.every("country"),
        topic: params.every("topic"),
        aggregate: params.every("aggregate"),
        kind: params.every("kind"),
        event: params.every("type"),
        subject: params.every("subject"),
        level: params.every("level"),
    };
    let filter = Filter::read_as(agency, &gateway.levels, wishes).unwrap_or_else(|unfit| {
        for unfit in unfit {
            params.mistake(unfit.member, format!("{}, found “{}”", unfit.expected, unfit.found));
        }
        Filter::default()
    });
    let mut after = params.parsed("after", "a log position");
    // A browser that resumes asks at the same address, and says here how far it has come since.
    if let Some(last) = headers.get(LAST_EVENT_ID).filter(|last| !last.is_empty()) {
        after = last.to_str().ok().and_then(|last| last.trim().parse().ok());
        if after.is_none() {
            let detail = "Last-Event-ID: expected a log position, as the stream gave it";
            return Err(Refusal::new(ProblemKind::Malformed, detail));
        }
    }
    let named = params.parsed("named", "true or false").unwrap_or(true);
    params.finish()?;
    Ok(Wanted { after, filter, named })
}

#[derive(Serialize)]
struct Ticket {
    ticket: String,
    expires: jiff::Timestamp,
}

/// A ticket to open streams with, for clients that can set no header, such as a browser's `EventSource`.
pub(crate) async fn ticket(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
) -> Result<Response, Refusal> {
    let about = request.extensions().get::<About>().cloned();
    let about = about.ok_or_else(|| Refusal::new(ProblemKind::Internal, "the request has no identity"))?;
    let who = about.who?;
    require(&who, Role::Reader)?;
    Params::read(request.uri().query()).finish()?;
    let (ticket, expires) = gateway.tickets.issue(&who, gateway.shell.clock.now()).map_err(|error| {
        tracing::error!(error = format!("{error:#}"), "a ticket cannot be signed");
        Refusal::new(ProblemKind::Internal, "the operator's log says more")
    })?;
    let mut response = (StatusCode::CREATED, Json(Ticket { ticket, expires })).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
