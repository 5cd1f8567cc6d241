//! Managing subscriptions: what is written goes to a notifier as it is, which names every mistake in it.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use contract::delivery::Outcome;
use contract::subscription::{Deliveries, Span, Subscribing};
use contract::{Problem, ProblemKind, Role, subjects};
use http::header::{CACHE_CONTROL, ETAG, IF_MATCH, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Map, Value};
use service::Reply;
use uuid::Uuid;

use crate::accept::{JSON, choose};
use crate::etag;
use crate::read::Asked;
use crate::refusal::{Refusal, answer};
use crate::submit;

/// The largest that is read of what an owner writes.
const LARGEST: usize = 256 << 10;

pub(crate) async fn create(asked: Asked, body: Body) -> Result<Response, Refusal> {
    admit(&asked)?;
    let wanted = read(&asked, body).await?;
    let reply = asked.change(subjects::SUBSCRIPTIONS, Subscribing::Create { wanted }).await?;
    let mut response = tagged(reply);
    if let (StatusCode::CREATED, Some(Tag { id, .. })) = (response.status(), response.extensions().get()) {
        let location = HeaderValue::try_from(format!("/v1/subscriptions/{id}"));
        response.headers_mut().extend(location.ok().map(|at| (LOCATION, at)));
    }
    Ok(response)
}

pub(crate) async fn list(mut asked: Asked) -> Result<Response, Refusal> {
    admit(&asked)?;
    let page = asked.params.page();
    let reply = asked.ask(subjects::SUBSCRIPTIONS, Subscribing::List(page)).await?;
    Ok(answer(reply, HeaderValue::from_static(JSON)))
}

pub(crate) async fn get(asked: Asked) -> Result<Response, Refusal> {
    admit(&asked)?;
    let id = id(&asked)?;
    Ok(tagged(asked.ask(subjects::SUBSCRIPTIONS, Subscribing::Get { id }).await?))
}

/// What a merge patch (RFC 7396) names.
pub(crate) async fn change(asked: Asked, body: Body) -> Result<Response, Refusal> {
    admit(&asked)?;
    let (id, revision) = (id(&asked)?, revision(&asked.headers)?);
    let patch = read(&asked, body).await?;
    let change = Subscribing::Change { id, revision, patch };
    Ok(tagged(asked.change(subjects::SUBSCRIPTIONS, change).await?))
}

/// A new key, and for how long the old ones sign, too. Nothing needs to be said.
pub(crate) async fn rotate(asked: Asked, body: Body) -> Result<Response, Refusal> {
    admit(&asked)?;
    let (id, revision) = (id(&asked)?, revision(&asked.headers)?);
    let wanted = read_if_any(&asked, body).await?;
    let rotate = Subscribing::Rotate { id, revision, wanted };
    Ok(tagged(asked.change(subjects::SUBSCRIPTIONS, rotate).await?))
}

/// One message that is no event, now.
pub(crate) async fn test(asked: Asked) -> Result<Response, Refusal> {
    admit(&asked)?;
    let id = id(&asked)?;
    let reply = asked.ask(subjects::SUBSCRIPTIONS, Subscribing::Test { id }).await?;
    Ok(answer(reply, HeaderValue::from_static(JSON)))
}

/// Times are resolved to positions, as everywhere: what was recorded by then.
pub(crate) async fn replay(mut asked: Asked, body: Body) -> Result<Response, Refusal> {
    admit(&asked)?;
    let id = id(&asked)?;
    let span = read(&asked, body).await?;
    let span = Span::read(&span, asked.principal()).map_err(Problem::invalid)?;
    asked.settle().await?;
    let (after, through) = match span {
        Span::Positions { after, through } => (after, through),
        Span::Times { from, until } => {
            // What was recorded at that very time belongs to it.
            let before = from.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(from);
            let after = asked.position_at(before, 0).await?;
            let through = match until {
                Some(until) => Some(asked.position_at(until, 0).await?),
                None => None,
            };
            (after, through)
        }
    };
    let replay = Subscribing::Replay { id, after, through };
    Ok(tagged(asked.change(subjects::SUBSCRIPTIONS, replay).await?))
}

/// What was sent and what became of it.
pub(crate) async fn deliveries(mut asked: Asked) -> Result<Response, Refusal> {
    let outcome = asked.params.several("outcome", "delivered, failed, dead");
    if outcome.len() > 1 {
        asked.params.mistake("outcome", "expected once");
    }
    sent(asked, outcome.first().copied()).await
}

/// What was given up.
pub(crate) async fn dead_letters(asked: Asked) -> Result<Response, Refusal> {
    sent(asked, Some(Outcome::Dead)).await
}

async fn sent(mut asked: Asked, outcome: Option<Outcome>) -> Result<Response, Refusal> {
    admit(&asked)?;
    let id = id(&asked)?;
    let event = asked.params.parsed("event", "the uid of an event");
    let deliveries = Deliveries { id, outcome, event, page: asked.params.page() };
    let reply = asked.ask(subjects::SUBSCRIPTIONS, Subscribing::Deliveries(deliveries)).await?;
    Ok(answer(reply, HeaderValue::from_static(JSON)))
}

pub(crate) async fn delete(asked: Asked) -> Result<Response, Refusal> {
    admit(&asked)?;
    let (id, revision) = (id(&asked)?, revision(&asked.headers)?);
    let reply = asked.change(subjects::SUBSCRIPTIONS, Subscribing::Delete { id, revision }).await?;
    match reply.status {
        200 => Ok(StatusCode::NO_CONTENT.into_response()),
        _ => Ok(answer(reply, HeaderValue::from_static(JSON))),
    }
}

/// Whoever manages subscriptions may also read: by one they are told what they may see.
fn admit(asked: &Asked) -> Result<(), Refusal> {
    asked.requires(Role::SubscriberManager)?;
    choose(&asked.headers, &[JSON]).map(drop)
}

fn id(asked: &Asked) -> Result<Uuid, Refusal> {
    let none = |_| Refusal::new(ProblemKind::NotFound, "there is no such subscription");
    Uuid::try_parse(&asked.segment).map_err(none)
}

/// The revision that `If-Match` asks for.
fn revision(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    etag::version(value).map(Some).ok_or_else(|| {
        let detail = "If-Match: expected the one ETag that the subscription was answered with";
        Refusal::new(ProblemKind::Malformed, detail)
    })
}

/// JSON, or a merge patch in JSON.
async fn read(asked: &Asked, body: Body) -> Result<Value, Refusal> {
    parsed(asked, &asked.body(body, LARGEST).await?)
}

/// The same where nothing needs to be sent.
async fn read_if_any(asked: &Asked, body: Body) -> Result<Value, Refusal> {
    let bytes = asked.body(body, LARGEST).await?;
    if bytes.is_empty() { Ok(Value::Object(Map::new())) } else { parsed(asked, &bytes) }
}

fn parsed(asked: &Asked, bytes: &[u8]) -> Result<Value, Refusal> {
    submit::expect_json(&asked.headers)?;
    serde_json::from_slice(bytes)
        .map_err(|error| Refusal::new(ProblemKind::Malformed, format!("the body is no JSON: {error}")))
}

/// Which subscription is answered.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Tag {
    id: Uuid,
    revision: u64,
}

/// One subscription with its tag. There may be a secret in it, which nobody between us and the owner keeps.
fn tagged(reply: Reply) -> Response {
    let tag = (reply.status < 300).then(|| serde_json::from_slice::<Tag>(&reply.body).ok()).flatten();
    let text = tag.map(|tag| etag::of_record(tag.revision, &reply.body));
    let mut response = answer(reply, HeaderValue::from_static(JSON));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
        .headers_mut()
        .extend(text.and_then(|tag| HeaderValue::try_from(tag).ok()).map(|tag| (ETAG, tag)));
    if let Some(tag) = tag {
        response.extensions_mut().insert(tag);
    }
    response
}
