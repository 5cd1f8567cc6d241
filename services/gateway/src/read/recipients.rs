//! Who received an event.
//!
//! What subscriptions were sent, notifiers know; what streams were given, the log of reads says. A page is of the one and
//! then of the other, each in its own order. Both ask whether the caller may know: it tells of every agency's readers.

use axum::response::Response;
use contract::subscription::Subscribing;
use contract::{Audit, Paging, Query, Role, kind, subjects};
use http::HeaderValue;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::Reply;

use super::asked::{AsOf, Asked};
use super::events::{uid, unreadable};
use crate::accept::{JSON, choose};
use crate::refusal::{Refusal, answer};

/// How a cursor begins, by whom it goes on with.
const SUBSCRIPTIONS: &str = "d";
const STREAMS: &str = "s";

/// What either answers.
#[derive(Deserialize)]
struct Found<'r> {
    #[serde(borrow)]
    items: Vec<&'r RawValue>,
    #[serde(default)]
    next: Option<String>,
}

pub(crate) async fn recipients(mut asked: Asked) -> Result<Response, Refusal> {
    #[derive(Deserialize)]
    struct At {
        position: u64,
    }
    asked.requires(Role::Auditor)?;
    choose(&asked.headers, &[JSON])?;
    let (limit, mut next) = (asked.params.limit(), Some((SUBSCRIPTIONS, None)));
    if let Some(cursor) = asked.params.one("cursor") {
        let begun = cursor.split_once('.').and_then(|(whose, rest)| {
            let whose = [SUBSCRIPTIONS, STREAMS].into_iter().find(|name| *name == whose)?;
            Some((whose, (!rest.is_empty()).then(|| rest.to_owned())))
        });
        next = begun;
        if next.is_none() {
            asked.params.mistake("cursor", "expected one that this register gave");
        }
    }
    asked.is(kind::AUDIT);
    let uid = uid(&asked)?;
    let as_of = asked.settle().await?;
    let seen = asked.put(as_of, subjects::DOSSIERS, Query::Event { uid }).await?;
    if seen.status != 200 {
        return Ok(answer(seen, HeaderValue::from_static(JSON)));
    }
    let At { position } = serde_json::from_slice(&seen.body).map_err(unreadable)?;
    let mut items = Vec::new();
    while let Some((whose, cursor)) = next.take_if(|_| items.len() < limit as usize) {
        let left = limit - u32::try_from(items.len()).unwrap_or(limit);
        let page = Paging { cursor, limit: left };
        let reply = ask(&asked, as_of, whose, (position, page)).await?;
        if reply.status != 200 {
            return Ok(answer(reply, HeaderValue::from_static(JSON)));
        }
        let found = serde_json::from_slice::<Found<'_>>(&reply.body).map_err(unreadable)?;
        items.extend(found.items.into_iter().map(ToOwned::to_owned));
        next = match (found.next, whose) {
            (Some(cursor), whose) => Some((whose, Some(cursor))),
            (None, SUBSCRIPTIONS) => Some((STREAMS, None)),
            (None, _) => None,
        };
    }
    let next = next.map(|(whose, cursor)| format!("{whose}.{}", cursor.unwrap_or_default()));
    let body = written(&Answer { items, next, event: uid, position })?;
    Ok(answer(Reply { body: body.into(), ..seen }, HeaderValue::from_static(JSON)))
}

/// What is served.
#[derive(Serialize)]
struct Answer {
    event: uuid::Uuid,
    position: u64,
    items: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

fn written(answer: &Answer) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(answer).map_err(unreadable)
}

async fn ask(
    asked: &Asked,
    as_of: AsOf,
    whose: &str,
    (position, page): (u64, Paging),
) -> Result<Reply, Refusal> {
    if whose == SUBSCRIPTIONS {
        asked.put(as_of, subjects::SUBSCRIPTIONS, Subscribing::Recipients { position, page }).await
    } else {
        asked.put(as_of, subjects::AUDIT, Audit::Recipients { position, page }).await
    }
}
