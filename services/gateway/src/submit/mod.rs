//! Submitting: `POST /v1/events` is plain JSON and every mode of the CloudEvents 1.0.2 HTTP binding.
//!
//! | `Content-Type` | what is read |
//! |---|---|
//! | `application/json` | one event or a list, what is missing is filled in |
//! | `application/json` with `ce-…` headers | one event, binary mode: the body is its `data` |
//! | `application/cloudevents+json` | one event, structured mode |
//! | `application/cloudevents-batch+json` | a list |
//!
//! Here every mistake in the envelope is found; what `data` may hold is the registrar's to say.

mod body;
mod envelope;
mod preconditions;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use contract::{Problem, ProblemKind, Proposed, Role, Submit, Submitted, subjects};
use domain::Subject;
use futures_util::StreamExt;
use http::header::{CONTENT_LENGTH, ETAG, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue};
use service::token::Verified;
use service::{AskError, Reply, ask};

use crate::Gateway;
use crate::accept::{JSON, choose};
use crate::around::About;
use crate::identity::require;
use crate::params::Params;
use crate::refusal::{Refusal, answer, unanswered};

pub(crate) use body::expect_json;

/// The largest submission: half of NATS's payload, so that what is added here always fits.
const LARGEST: usize = 4 << 20;

const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

pub(crate) async fn submit(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let about = parts.extensions.get::<About>().cloned();
    let about = about.ok_or_else(|| Refusal::new(ProblemKind::Internal, "the request has no identity"))?;
    let who = about.who?;
    require(&who, Role::Recorder)?;
    let mut params = Params::read(parts.uri.query());
    let dry_run = params.flag("dry_run");
    params.finish()?;
    choose(&parts.headers, &[JSON])?;
    let mode = body::Mode::of(&parts.headers)?;
    let strict = preconditions::is_strict(&parts.headers);
    let bytes = collect(&gateway, &parts.headers, body, LARGEST).await?;
    let mut submission = body::read(mode, &parts.headers, &bytes)?;
    preconditions::apply(&parts.headers, &mut submission)?;
    let (events, listed) = (submission.events, submission.listed);
    let alone = events.len() == 1;
    let reply = forward(&gateway, &who, &about.request_id, (events, listed, dry_run, strict)).await?;
    let mut headers = HeaderMap::new();
    if alone && !dry_run && reply.status < 300 {
        place(&reply, &mut headers);
    }
    if strict {
        headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static("handling=strict"));
    }
    let mut response = answer(reply, HeaderValue::from_static(JSON));
    response.headers_mut().extend(headers);
    Ok(response)
}

/// The whole body, within the time and the size that it may have.
pub(crate) async fn collect(
    gateway: &Gateway,
    headers: &HeaderMap,
    body: Body,
    largest: usize,
) -> Result<Bytes, Refusal> {
    let too_large =
        || Refusal::new(ProblemKind::TooLarge, format!("a submission is at most {largest} bytes"));
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > largest) {
        return Err(too_large());
    }
    let reading = async {
        let mut chunks = body.into_data_stream();
        let mut all = BytesMut::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| {
                Refusal::new(ProblemKind::Malformed, format!("the body did not arrive in full: {error}"))
            })?;
            if all.len() + chunk.len() > largest {
                return Err(too_large());
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    };
    tokio::time::timeout(gateway.read_within, reading).await.unwrap_or_else(|_| {
        let detail = format!("the body did not arrive within {:?}", gateway.read_within);
        Err(Refusal::new(ProblemKind::RequestTimeout, detail))
    })
}

async fn forward(
    gateway: &Gateway,
    who: &Verified,
    request_id: &str,
    (events, listed, dry_run, strict): (Vec<Proposed>, bool, bool, bool),
) -> Result<Reply, Refusal> {
    let submit = Submit { principal: who.principal.clone(), events, listed, dry_run, strict };
    let body = serde_json::to_vec(&submit).map_err(|error| {
        tracing::error!(%error, "a submission cannot be written");
        Refusal::new(ProblemKind::Internal, "the operator's log says more")
    })?;
    let client = &gateway.shell.client;
    let reply = ask(client, subjects::COMMANDS, body.into(), gateway.answer_within, request_id).await;
    reply.map_err(|error| if dry_run { unanswered(error, request_id) } else { unknown(error, request_id) })
}

/// Whether it was recorded is not known when the reply was lost; the same ids make a retry safe.
fn unknown(error: AskError, request_id: &str) -> Refusal {
    if !error.is_ambiguous() {
        return unanswered(error, request_id);
    }
    tracing::warn!(id = request_id, %error, "a submission's outcome is not known");
    let detail =
        "the reply was lost: send the same events with the same ids again, which records nothing twice";
    Problem::new(ProblemKind::OutcomeUnknown, detail).into()
}

/// Where the one record is, as soon as the read model has it, and its version.
fn place(reply: &Reply, headers: &mut HeaderMap) {
    let Ok(submitted) = serde_json::from_slice::<Submitted>(&reply.body) else { return };
    let [event] = submitted.events.as_slice() else { return };
    let Subject { aggregate, id } = event.subject;
    let after = event.position.map(|position| format!("?min_position={position}")).unwrap_or_default();
    let location = format!("/v1/{}/{id}{after}", aggregate.collection());
    headers.extend(HeaderValue::try_from(location).ok().map(|at| (LOCATION, at)));
    headers.extend(HeaderValue::try_from(format!("\"{}\"", event.version)).ok().map(|tag| (ETAG, tag)));
}
