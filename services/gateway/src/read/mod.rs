//! Asking: query parameters in, the bytes of a read model out.

mod asked;
mod events;

use std::str::FromStr;

use axum::response::{IntoResponse, Response};
use contract::{List, ProblemKind, Query, Timeline, subjects};
use domain::value::{CountryCode, TopicCode};
use domain::vocabulary::Code;
use domain::{Aggregate, Edtf, Subject};
use http::header::{ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use uuid::Uuid;

use asked::Asked;
pub(crate) use events::{event, log};

use crate::accept::{JSON, choose};
use crate::etag;
use crate::refusal::{Refusal, answer};

pub(crate) async fn list(aggregate: Aggregate, mut asked: Asked) -> Result<Response, Refusal> {
    choose(&asked.headers, &[JSON])?;
    let params = &mut asked.params;
    let query = Query::List(List {
        aggregate,
        parties: params.every("party"),
        country: params.formed("country", is_country),
        topic: params.formed("topic", is::<TopicCode>),
        kind: params.formed("kind", is::<Code>),
        status: params.formed("status", |text| is_status(aggregate, text)),
        from: params.formed("from", is::<Edtf>),
        to: params.formed("to", is::<Edtf>),
        text: params.one("text"),
        order: params.order(),
        cursor: params.one("cursor"),
        limit: params.limit(),
    });
    let reply = asked.ask(subjects::DOSSIERS, query).await?;
    Ok(answer(reply, HeaderValue::from_static(JSON)))
}

pub(crate) async fn timeline(mut asked: Asked) -> Result<Response, Refusal> {
    choose(&asked.headers, &[JSON])?;
    let params = &mut asked.params;
    let aggregate = params.one("aggregate");
    if aggregate.as_ref().is_some_and(|name| name.parse::<Aggregate>().is_err()) {
        let names = Aggregate::ALL.map(Aggregate::as_str).join(", ");
        params.mistake("aggregate", format!("expected one of {names}"));
    }
    let query = Timeline {
        parties: params.every("party"),
        topic: params.formed("topic", is::<TopicCode>),
        aggregate,
        from: params.formed("from", is::<Edtf>),
        to: params.formed("to", is::<Edtf>),
        order: params.order(),
        cursor: params.one("cursor"),
        limit: params.limit(),
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

/// Whether a text is such a value: one that cannot be is a mistake, not a question without answers.
fn is<T: FromStr>(text: &str) -> Result<(), T::Err> {
    text.parse::<T>().map(drop)
}

/// In small letters, too, as the read model takes them.
fn is_country(text: &str) -> Result<(), <CountryCode as FromStr>::Err> {
    is::<CountryCode>(&text.to_ascii_uppercase())
}

fn is_status(aggregate: Aggregate, text: &str) -> Result<(), String> {
    if domain::statuses(aggregate).any(|status| status == text) {
        return Ok(());
    }
    Err(format!("expected one of {}", domain::statuses(aggregate).collect::<Vec<_>>().join(", ")))
}

const POSITION: http::HeaderName = http::HeaderName::from_static("chancery-position");

/// The record of a path: a UUID, or `~KEY`, the caller's own key.
fn subject(aggregate: Aggregate, asked: &Asked) -> Result<Subject, Refusal> {
    let id = asked.segment.as_str();
    match id.strip_prefix('~') {
        Some(key) if !key.is_empty() => Ok(Subject::of_key(asked.agency(), aggregate, key)),
        _ => Uuid::try_parse(id).map(|id| Subject { aggregate, id }).map_err(|_| {
            let detail = format!("“{id}” is no {aggregate}: expected a UUID or ~KEY");
            Refusal::new(ProblemKind::NotFound, detail)
        }),
    }
}

/// Whether the caller holds what is tagged so (RFC 9110, section 13.1.2: weak comparison).
fn matches(headers: &HeaderMap, tag: &str) -> bool {
    let held = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    held.flat_map(|text| text.split(','))
        .map(|held| held.trim().trim_start_matches("W/"))
        .any(|held| held == "*" || held == tag)
}
