//! What is foreseen: the calendar, and what is overdue.

use axum::response::Response;
use contract::{Agenda, Calendar, Due, Order, Overdue, State, subjects};
use http::HeaderValue;

use super::asked::Asked;
use crate::accept::{JSON, choose};
use crate::params::Params;
use crate::refusal::{Refusal, answer};

/// Days ahead within which something runs out, unless the caller says otherwise.
const WITHIN: u16 = 30;

/// From today on, the next first.
pub(crate) async fn calendar(mut asked: Asked) -> Result<Response, Refusal> {
    choose(&asked.headers, &[JSON])?;
    let today = asked.today();
    let params = &mut asked.params;
    let mut filters = params.filters(None);
    filters.from.get_or_insert_with(|| today.to_string());
    let query = Calendar { due: due(params), filters, order: oldest_first(params), page: params.page() };
    let reply = asked.ask(subjects::CALENDAR, Agenda::Calendar(query)).await?;
    Ok(answer(reply, HeaderValue::from_static(JSON)))
}

/// What is longest overdue first.
pub(crate) async fn overdue(mut asked: Asked) -> Result<Response, Refusal> {
    choose(&asked.headers, &[JSON])?;
    let today = asked.today();
    let params = &mut asked.params;
    let query = Overdue {
        today,
        within: params.parsed("within", "a number of days").unwrap_or(WITHIN),
        state: params.several::<State>("state", "overdue, running_out, late"),
        due: due(params),
        filters: params.filters(None),
        order: oldest_first(params),
        page: params.page(),
    };
    let reply = asked.ask(subjects::CALENDAR, Agenda::Overdue(query)).await?;
    Ok(answer(reply, HeaderValue::from_static(JSON)))
}

pub(super) fn due(params: &mut Params) -> Vec<Due> {
    params.several("due", "engagement, commitment, clock, review")
}

fn oldest_first(params: &mut Params) -> Order {
    params.order_or(Order::Oldest)
}
