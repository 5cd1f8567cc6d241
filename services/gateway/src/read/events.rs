//! The log itself: pages of it, and single events; as CloudEvents where the caller asks for them.

use axum::response::Response;
use bytes::Bytes;
use contract::{ProblemKind, Query, subjects};
use http::HeaderValue;
use http::header::LINK;
use serde::Deserialize;
use serde_json::value::RawValue;
use service::Reply;
use uuid::Uuid;

use super::asked::Asked;
use crate::accept::{CLOUDEVENT, CLOUDEVENTS, JSON, choose};
use crate::refusal::{Refusal, answer};

pub(crate) async fn log(mut asked: Asked) -> Result<Response, Refusal> {
    let kind = choose(&asked.headers, &[JSON, CLOUDEVENTS])?;
    let (after, limit) = (asked.params.after(), asked.params.limit());
    if kind == CLOUDEVENTS {
        // A batch is made to be fed to something else.
        asked.is(contract::kind::EXPORT);
    }
    let reply = asked.ask(subjects::DOSSIERS, Query::Log { after, limit }).await?;
    if kind == JSON || reply.status != 200 {
        return Ok(answer(reply, HeaderValue::from_static(JSON)));
    }
    let page = serde_json::from_slice::<Page<'_>>(&reply.body).map_err(unreadable)?;
    let events = page.items.iter().map(|item| item.event).collect::<Vec<_>>();
    let body = serde_json::to_vec(&events).map_err(unreadable)?;
    // A batch has no place for what a page says besides: it goes into headers.
    let next = page.next.map(|next| next.get().trim_matches('"').to_owned());
    let next = next.map(|next| format!("</v1/events?after={next}&limit={limit}>; rel=\"next\""));
    let mut response = answer(with_body(reply.clone(), body), HeaderValue::from_static(CLOUDEVENTS));
    response
        .headers_mut()
        .extend(next.and_then(|next| HeaderValue::try_from(next).ok()).map(|next| (LINK, next)));
    Ok(response)
}

pub(crate) async fn event(asked: Asked) -> Result<Response, Refusal> {
    let kind = choose(&asked.headers, &[JSON, CLOUDEVENT])?;
    let uid = uid(&asked)?;
    let reply = asked.ask(subjects::DOSSIERS, Query::Event { uid }).await?;
    if kind == JSON || reply.status != 200 {
        return Ok(answer(reply, HeaderValue::from_static(JSON)));
    }
    let item = serde_json::from_slice::<Item<'_>>(&reply.body).map_err(unreadable)?;
    let body = item.event.get().to_owned();
    Ok(answer(with_body(reply.clone(), body), HeaderValue::from_static(CLOUDEVENT)))
}

/// The event of a path: its uid, or `~ID`, the caller's own identifier.
pub(super) fn uid(asked: &Asked) -> Result<Uuid, Refusal> {
    let id = asked.segment.as_str();
    match id.strip_prefix('~') {
        Some(id) if !id.is_empty() => Ok(domain::event_uid(asked.agency(), id)),
        _ => Uuid::try_parse(id).map_err(|_| {
            Refusal::new(ProblemKind::NotFound, format!("“{id}” is no event: expected a UUID or ~ID"))
        }),
    }
}

#[derive(Deserialize)]
struct Page<'b> {
    #[serde(borrow)]
    items: Vec<Item<'b>>,
    #[serde(borrow, default)]
    next: Option<&'b RawValue>,
}

#[derive(Deserialize)]
struct Item<'b> {
    #[serde(borrow)]
    event: &'b RawValue,
}

fn with_body(reply: Reply, body: impl Into<Bytes>) -> Reply {
    Reply { body: body.into(), ..reply }
}

pub(super) fn unreadable(error: serde_json::Error) -> Refusal {
    tracing::error!(%error, "a read model's answer cannot be read");
    Refusal::new(ProblemKind::Internal, "the operator's log says more")
}
