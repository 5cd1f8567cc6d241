//! Asking: query parameters in, the bytes of a read model out.

mod agenda;
mod asked;
mod audit;
mod brief;
mod events;
mod find;
mod ics;
mod recipients;

use axum::response::{IntoResponse, Response};
use contract::{Find, List, ProblemKind, Query, Timeline, subjects};
use domain::{Aggregate, Subject};
use http::header::{ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use uuid::Uuid;

pub(crate) use agenda::{calendar, overdue};
pub(crate) use asked::Asked;
pub(crate) use audit::{
    checkpoint, consistency, entries, leaf, proof, reads, reads_checkpoint, reads_consistency, tile,
    timestamps, trail, witnesses,
};
pub(crate) use brief::brief;
pub(crate) use events::{event, log};
pub(crate) use find::{search, statistics};
pub(crate) use ics::calendar as calendar_ics;
pub(crate) use recipients::recipients;

use crate::accept::{JSON, choose};
use crate::etag;
use crate::refusal::{Refusal, answer};

pub(crate) async fn list(aggregate: Aggregate, mut asked: Asked) -> Result<Response, Refusal> {
    choose(&asked.headers, &[JSON])?;
    let params = &mut asked.params;
    let promised = aggregate == Aggregate::Commitment;
    let list = List {
        aggregate,
        filters: params.filters(Some(aggregate)),
        owner: promised.then(|| params.one("owner")).flatten(),
        beneficiary: promised.then(|| params.one("beneficiary")).flatten(),
        strength: promised.then(|| params.formed("strength", is_strength)).flatten(),
        sort: params.sort(),
        order: params.order(),
        page: params.page(),
    };
    // Words are looked up in the index of the search.
    let reply = match list.filters.text {
        Some(_) => asked.ask(subjects::SEARCH, Find::List(list)).await?,
        None => asked.ask(subjects::DOSSIERS, Query::List(list)).await?,
    };
    Ok(answer(reply, HeaderValue::from_static(JSON)))
}

pub(crate) async fn timeline(mut asked: Asked) -> Result<Response, Refusal> {
    choose(&asked.headers, &[JSON])?;
    let params = &mut asked.params;
    let aggregate = params.aggregate();
    let query = Timeline {
        aggregate: aggregate.map(|aggregate| aggregate.to_string()),
        filters: params.filters(aggregate),
        order: params.order(),
        page: params.page(),
    };
    let reply = asked.ask(subjects::TIMELINE, query).await?;
    Ok(answer(reply, HeaderValue::from_static(JSON)))
}

/// One record. Its tag is `"<version>-<hash>"`: `If-None-Match` is about all that is served, links from others
/// included; `If-Match` of a submission is about the version.
pub(crate) async fn record(aggregate: Aggregate, mut asked: Asked) -> Result<Response, Refusal> {
    choose(&asked.headers, &[JSON])?;
    let subject = subject(aggregate, &asked)?;
    let known = std::mem::take(&mut asked.headers);
    let reply = asked.ask(subjects::DOSSIERS, Query::Record { subject }).await?;
    let tag = reply.record_version.map(|version| etag::of_record(version, &reply.body));
    let mut response = answer(reply, HeaderValue::from_static(JSON));
    if let Some(tag) = tag {
        if response.status() == StatusCode::OK && matches(&known, &tag) {
            let position = response.headers().get(contract::headers::POSITION).cloned();
            response = StatusCode::NOT_MODIFIED.into_response();
            response.headers_mut().extend(position.map(|at| (POSITION, at)));
        }
        response.headers_mut().extend(HeaderValue::try_from(tag).ok().map(|tag| (ETAG, tag)));
    }
    Ok(response)
}

pub(crate) async fn history(aggregate: Aggregate, mut asked: Asked) -> Result<Response, Refusal> {
    choose(&asked.headers, &[JSON])?;
    let subject = subject(aggregate, &asked)?;
    let (after, limit) = (asked.params.after(), asked.params.limit());
    let reply = asked.ask(subjects::DOSSIERS, Query::History { subject, after, limit }).await?;
    Ok(answer(reply, HeaderValue::from_static(JSON)))
}

/// The accounts of each happening of a record, side by side.
pub(crate) async fn accounts(aggregate: Aggregate, asked: Asked) -> Result<Response, Refusal> {
    choose(&asked.headers, &[JSON])?;
    let subject = subject(aggregate, &asked)?;
    let reply = asked.ask(subjects::DOSSIERS, Query::Accounts { subject }).await?;
    Ok(answer(reply, HeaderValue::from_static(JSON)))
}

fn is_strength(text: &str) -> Result<(), serde_json::Error> {
    serde_json::from_value::<domain::vocabulary::Strength>(text.into()).map(drop)
}

const POSITION: http::HeaderName = http::HeaderName::from_static("chancery-position");

/// The record of a path: a UUID, or `~KEY`, the caller's own key.
fn subject(aggregate: Aggregate, asked: &Asked) -> Result<Subject, Refusal> {
    of_id(aggregate, &asked.segment, asked)
}

fn of_id(aggregate: Aggregate, id: &str, asked: &Asked) -> Result<Subject, Refusal> {
    match id.strip_prefix('~') {
        Some(key) if !key.is_empty() => Ok(Subject::of_key(asked.agency(), aggregate, key)),
        _ => Uuid::try_parse(id).map(|id| Subject { aggregate, id }).map_err(|_| {
            let detail = format!("“{id}” is no {aggregate}: expected a UUID or ~KEY");
            Refusal::new(ProblemKind::NotFound, detail)
        }),
    }
}

/// The record of a path that names its aggregate, too: `engagement/UUID` or `engagement/~KEY`.
fn named(asked: &Asked) -> Result<Subject, Refusal> {
    let aggregate = asked.segment.parse::<Aggregate>().map_err(|_| {
        let detail = format!("“{}” is no sort of record: expected engagement/UUID", asked.segment);
        Refusal::new(ProblemKind::NotFound, detail)
    })?;
    of_id(aggregate, &asked.other, asked)
}

/// Whether the caller holds what is tagged so (RFC 9110, section 13.1.2: weak comparison).
fn matches(headers: &HeaderMap, tag: &str) -> bool {
    let held = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    held.flat_map(|text| text.split(','))
        .map(|held| held.trim().trim_start_matches("W/"))
        .any(|held| held == "*" || held == tag)
}
