//! What a desk needs before two parties meet: as JSON, as Markdown, or as a page to print.

mod html;
mod markdown;
mod note;
mod sheet;
#[cfg(test)]
mod tests;

use axum::response::Response;
use contract::brief::Document;
use contract::{Brief, ProblemKind, Query, subjects};
use domain::{Aggregate, Subject};
use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;
use service::Reply;

use self::sheet::Sheet;
use super::asked::Asked;
use crate::accept::{HTML, JSON, choose};
use crate::params::Moment;
use crate::refusal::{Refusal, answer};

const MARKDOWN: &str = "text/markdown";

/// The page has a style of its own and nothing else: no script, no picture, nothing from elsewhere.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub(crate) async fn brief(mut asked: Asked) -> Result<Response, Refusal> {
    let kind = match asked.params.one("format").as_deref() {
        Some("json") => JSON,
        Some("md") => MARKDOWN,
        Some("html") => HTML,
        None => choose(&asked.headers, &[JSON, MARKDOWN, HTML])?,
        Some(_) => {
            asked.params.mistake("format", "expected json, md or html");
            JSON
        }
    };
    if kind != JSON {
        asked.is(contract::kind::EXPORT);
    }
    let (us, them) = (party(&asked.segment, &asked)?, party(&asked.other, &asked)?);
    let today = asked.today();
    let since = match asked.params.moment("since") {
        Some(Moment::Time(at)) => Some(asked.position_at(at, 0).await?),
        Some(Moment::Position(position)) => Some(position),
        None => None,
    };
    let reply = asked.ask(subjects::DOSSIERS, Query::Brief(Brief { us, them, since, today })).await?;
    if kind == JSON || reply.status != 200 {
        return Ok(answer(reply, HeaderValue::from_static(JSON)));
    }
    let document = serde_json::from_slice::<Document>(&reply.body).map_err(unreadable)?;
    let sheet = Sheet::of(&document);
    Ok(if kind == HTML {
        let page = html::page(&sheet).map_err(unwritable)?;
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        let mut response = answer(Reply { body: page.into(), ..reply }, html);
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
        response
    } else {
        let text = markdown::text(&sheet);
        answer(Reply { body: text.into(), ..reply }, HeaderValue::from_static("text/markdown; charset=utf-8"))
    })
}

/// A party of the path: as lists are asked for parties, or `~KEY`, the caller's own key of its record.
fn party(written: &str, asked: &Asked) -> Result<String, Refusal> {
    match written.trim().strip_prefix('~') {
        Some("") => Err(Refusal::new(
            ProblemKind::NotFound,
            "“~” is no party: expected a code, a name, a UUID or ~KEY",
        )),
        Some(key) => Ok(Subject::of_key(asked.agency(), Aggregate::Party, key).to_string()),
        None => Ok(written.trim().to_owned()),
    }
}

fn unreadable(error: serde_json::Error) -> Refusal {
    tracing::error!(%error, "a brief cannot be read");
    Refusal::new(ProblemKind::Internal, "the operator's log says more")
}

fn unwritable(error: askama::Error) -> Refusal {
    tracing::error!(%error, "a brief cannot be written");
    Refusal::new(ProblemKind::Internal, "the operator's log says more")
}
