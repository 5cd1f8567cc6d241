//! Answering what is asked of the calendar.

use contract::{Agenda, Ask, Calendar, Due, Filters, Order, Overdue, Paging, Problem, State};
use domain::Levels;
use jiff::ToSpan;
use jiff::civil::Date;
use readmodel::{Projection, View};
use service::Reply;

use super::Expectations;
use super::item::{Item, LAST_DAYS, LATE, OPEN, UNLIMITED, WINDOWS, tag_of};
use crate::admitted::Admitted;
use crate::cursor::Cursor;
use crate::filter::{Filter, Span};
use crate::index::{self, Selection, Target};
use crate::items;
use crate::markings::Visible;
use crate::page::Page;
use crate::parties::Bearers;

/// Every filter and the order, not the length of the pages, nor the day: the next page may be asked for tomorrow.
fn filters_of(agenda: &Agenda) -> Vec<u8> {
    let filters = match agenda.clone() {
        Agenda::Calendar(calendar) => Agenda::Calendar(Calendar { page: Paging::default(), ..calendar }),
        Agenda::Overdue(overdue) => {
            Agenda::Overdue(Overdue { page: Paging::default(), today: Date::ZERO, ..overdue })
        }
    };
    serde_json::to_vec(&filters).expect("texts and numbers are JSON")
}

/// The cursor of a calendar, if it continues another page.
///
/// # Errors
/// A problem when the cursor is not one of this calendar.
pub(crate) fn cursor(agenda: &Agenda) -> Result<Option<Cursor>, Problem> {
    let page = match agenda {
        Agenda::Calendar(Calendar { page, .. }) | Agenda::Overdue(Overdue { page, .. }) => page,
    };
    let read = |text| Cursor::read(text, &filters_of(agenda), Expectations::SCHEMA);
    page.cursor.as_deref().map(read).transpose()
}

/// Answers a query.
///
/// # Errors
/// The problem that is served instead.
pub(crate) fn answer(ask: &Ask<Agenda>, levels: &Levels, view: &View<'_>) -> Result<Reply, Problem> {
    let agenda = &ask.query;
    let at = ask.known_at.filter(|at| *at < view.position());
    let visible = Visible::to(&ask.principal, levels, view);
    let wanted = Wanted::of(agenda);
    let filter = Filter::read(wanted.filters, &Bearers::seen_by(&visible, view))?;
    let span = wanted.span(filter.span);
    let after = cursor(agenda)?.map(|cursor| cursor.place);
    let selection = Selection {
        markings: visible.numbers().collect(),
        wanted: &filter.list_facets(),
        among: None,
        aggregate: None,
        tags: &wanted.tags(),
        order: wanted.by,
        direction: wanted.order,
        span,
        and_undated: false,
        after,
        at,
    };
    let mut page = Page::new(wanted.limit);
    let is_empty = span.from.zip(span.to).is_some_and(|(from, to)| from > to);
    let next = if is_empty {
        None
    } else {
        let mut admitted = Admitted::new(view, &visible, &filter, at);
        let found = index::find(view, &selection);
        let items = found.map(|(place, target)| (place, wanted.served(&target, &mut admitted)));
        let next = page.fill(after, items);
        visible.keeps(page.len());
        next
    };
    let position = view.position();
    let next =
        next.map(|place| Cursor { schema: Expectations::SCHEMA, position, place }.write(&filters_of(agenda)));
    let position = at.unwrap_or(position);
    visible.account_for(Ok(Reply::ok(page.finish(next.as_deref(), position)).at(position)))
}

/// What both questions are.
struct Wanted<'q> {
    filters: &'q Filters,
    due: &'q [Due],
    order: Order,
    limit: u32,
    /// The order in which it is read.
    by: u8,
    /// How things stand on a day, if that is asked.
    on: Option<On<'q>>,
}

#[derive(Clone, Copy)]
struct On<'q> {
    today: Date,
    within: u16,
    states: &'q [State],
}

impl On<'_> {
    fn asks_for(&self, state: State) -> bool {
        self.states.is_empty() || self.states.contains(&state)
    }
}

impl<'q> Wanted<'q> {
    fn of(agenda: &'q Agenda) -> Self {
        match agenda {
            Agenda::Calendar(Calendar { due, filters, order, page }) => {
                Self { filters, due, order: *order, limit: page.limit, by: WINDOWS, on: None }
            }
            Agenda::Overdue(Overdue { today, within, state, due, filters, order, page }) => {
                let on = On { today: *today, within: *within, states: state };
                Self { filters, due, order: *order, limit: page.limit, by: LAST_DAYS, on: Some(on) }
            }
        }
    }

    /// The times looked at: of what is overdue, last days up to the last that is asked for.
    fn span(&self, asked: Span) -> Span {
        let Some(on) = self.on else { return asked };
        let has_lapsed = on.asks_for(State::Overdue) || on.asks_for(State::Late);
        let last = if on.asks_for(State::RunningOut) {
            on.today.saturating_add(i32::from(on.within).days())
        } else {
            on.today.saturating_sub(1.day())
        };
        let first = (!has_lapsed).then_some(on.today);
        Span { from: asked.from.max(first), to: Some(asked.to.map_or(last, |to| to.min(last))) }
    }

    /// How it stands and what is due: one tag of each.
    fn tags(&self) -> Vec<u8> {
        let states = match self.on {
            None if self.due.contains(&Due::Clock) => OPEN | UNLIMITED,
            None => OPEN,
            Some(on) => {
                let is_open = on.asks_for(State::Overdue) || on.asks_for(State::RunningOut);
                let late = if on.asks_for(State::Late) { LATE } else { 0 };
                late | if is_open { OPEN } else { 0 }
            }
        };
        let due = self.due.iter().fold(0, |tags, due| tags | tag_of(*due));
        if due == 0 { vec![states] } else { vec![states, due] }
    }

    /// The item as served, if it is as asked.
    fn served(&self, target: &Target, admitted: &mut Admitted<'_>) -> Option<Vec<u8>> {
        let (view, visible, filter, at) = (admitted.view, admitted.visible, admitted.filter, admitted.at);
        let head = admitted.head(&target.subject)?;
        let item = items::get::<Item>(target, at, view)?;
        let stands = match self.on {
            None if !filter.span.meets(item.earliest, item.latest) => return None,
            None => None,
            Some(on) => Some(item.state(on.today, on.within).filter(|(state, _)| on.asks_for(*state))?),
        };
        visible.shows(&target.subject, head.marking);
        Some(item.served(&head.summary, stands))
    }
}
