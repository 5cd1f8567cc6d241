//! Answering what is asked of the timeline.

use contract::{Ask, Paging, Problem, Timeline};
use domain::Levels;
use readmodel::{Projection, View};
use service::Reply;

use super::Happenings;
use super::item::{Item, TIMES};
use crate::admitted::Admitted;
use crate::cursor::Cursor;
use crate::filter::Filter;
use crate::index::{self, Selection, Target};
use crate::items;
use crate::markings::Visible;
use crate::page::Page;
use crate::parties::Bearers;

/// Every filter and the order, not the length of the pages.
fn filters_of(timeline: &Timeline) -> Vec<u8> {
    let filters = Timeline { page: Paging::default(), ..timeline.clone() };
    serde_json::to_vec(&filters).expect("texts and numbers are JSON")
}

/// The cursor of a timeline, if it continues another page.
///
/// # Errors
/// A problem when the cursor is not one of this timeline.
pub(crate) fn cursor(timeline: &Timeline) -> Result<Option<Cursor>, Problem> {
    let cursor = timeline.page.cursor.as_deref();
    cursor.map(|text| Cursor::read(text, &filters_of(timeline), Happenings::SCHEMA)).transpose()
}

/// Answers a query.
///
/// # Errors
/// The problem that is served instead.
pub(crate) fn answer(ask: &Ask<Timeline>, levels: &Levels, view: &View<'_>) -> Result<Reply, Problem> {
    let timeline = &ask.query;
    let (cursor, latest) = (cursor(timeline)?, view.position());
    // A walk is of its first page's position, as those through lists are.
    let walk = cursor.map(|cursor| cursor.position).filter(|position| *position >= ask.min_position);
    let position = latest.min(ask.known_at.unwrap_or(latest)).min(walk.unwrap_or(latest));
    let at = (position < latest).then_some(position);
    let visible = Visible::to(&ask.principal, levels, view);
    let filter = Filter {
        aggregate: timeline.aggregate.clone(),
        ..Filter::read(&timeline.filters, &Bearers::seen_by(&visible, view))?
    };
    let after = cursor.map(|cursor| cursor.place);
    let selection = Selection {
        markings: visible.numbers().collect(),
        wanted: &filter.facets(),
        among: None,
        aggregate: None,
        tags: &[],
        order: TIMES,
        direction: timeline.order,
        span: filter.span,
        and_undated: false,
        after,
        at,
    };
    let mut admitted = Admitted::new(view, &visible, &filter, at);
    let mut page = Page::new(timeline.page.limit);
    let found = index::find(view, &selection);
    let items = found.map(|(place, target)| (place, served(&target, &mut admitted)));
    let next = page.fill(after, items);
    visible.keeps(page.len());
    let next =
        next.map(|place| Cursor { schema: Happenings::SCHEMA, position, place }.write(&filters_of(timeline)));
    visible.account_for(Ok(Reply::ok(page.finish(next.as_deref(), position)).at(position)))
}

/// A happening as served, if it is as asked.
fn served(target: &Target, admitted: &mut Admitted<'_>) -> Option<Vec<u8>> {
    let (view, visible, filter, at) = (admitted.view, admitted.visible, admitted.filter, admitted.at);
    let head = admitted.head(&target.subject)?;
    let item = items::get::<Item>(target, at, view)?;
    filter.span.meets(item.earliest, item.latest).then(|| {
        visible.shows(&target.subject, head.marking);
        item.served(&head.summary)
    })
}
