//! Full text and counts.

use axum::response::Response;
use contract::{Find, Order, Search, Statistics, subjects};
use domain::Aggregate;
use http::HeaderValue;

use super::asked::Asked;
use crate::accept::{JSON, choose};
use crate::refusal::{Refusal, answer};

/// Records in which words stand, best match first.
pub(crate) async fn search(mut asked: Asked) -> Result<Response, Refusal> {
    choose(&asked.headers, &[JSON])?;
    let params = &mut asked.params;
    let aggregate = params.aggregate();
    let (words, order) = (params.one("q"), params.one("order"));
    let order = match order.as_deref() {
        None | Some("relevance" | "") => None,
        Some("newest") => Some(Order::Newest),
        Some("oldest") => Some(Order::Oldest),
        Some(_) => {
            params.mistake("order", "expected relevance, newest or oldest");
            None
        }
    };
    let mut filters = params.filters(aggregate);
    match (words, &filters.text) {
        (Some(_), Some(_)) => params.mistake("text", "expected either q or text"),
        (None, None) => params.mistake("q", "expected the words to look for"),
        (Some(words), None) => filters.text = Some(words),
        (None, Some(_)) => {}
    }
    let aggregate = aggregate.map(|aggregate| aggregate.to_string());
    let query = Search { aggregate, filters, order, page: params.page() };
    let reply = asked.ask(subjects::SEARCH, Find::Search(query)).await?;
    Ok(answer(reply, HeaderValue::from_static(JSON)))
}

/// Counts of a collection, of engagements unless another is asked for.
pub(crate) async fn statistics(mut asked: Asked) -> Result<Response, Refusal> {
    choose(&asked.headers, &[JSON])?;
    let today = Some(asked.today());
    let params = &mut asked.params;
    let aggregate = params.aggregate().unwrap_or(Aggregate::Engagement);
    let by = params.several("by", "month, party, kind, topic, status, outcome, strength");
    let filters = params.filters(Some(aggregate));
    let query = Statistics { aggregate, filters, by, limit: params.limit(), today };
    let reply = asked.ask(subjects::SEARCH, Find::Statistics(query)).await?;
    Ok(answer(reply, HeaderValue::from_static(JSON)))
}
