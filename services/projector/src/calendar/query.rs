//! Answering what is asked of the calendar.

use std::collections::{BTreeSet, HashMap};

use contract::{Agenda, Ask, Calendar, Due, Filters, Order, Overdue, Paging, Problem, State};
use domain::{Levels, Record, Subject};
use jiff::ToSpan;
use jiff::civil::Date;
use readmodel::{Projection, View};
use service::Reply;

use super::Expectations;
use super::item::{self, INDEX, Item, LAST_DAYS, LATE, OPEN, Slots, UNLIMITED, WINDOWS};
use super::projection::told;
use crate::cursor::Cursor;
use crate::filter::{Filter, Span};
use crate::head::Head;
use crate::index::Selection;
use crate::markings::Visible;
use crate::page::{Budget, Page};
use crate::parties::Bearers;
use crate::{folds, history};

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
    let facets = wanted.facets(&filter);
    let selection = Selection {
        markings: visible.numbers().collect(),
        wanted: &facets,
        order: wanted.by,
        direction: wanted.order,
        span,
        after,
        at,
    };
    let mut page = Page::new(wanted.limit);
    let is_empty = span.from.zip(span.to).is_some_and(|(from, to)| from > to);
    let next = if is_empty {
        None
    } else {
        let budget = Budget::default();
        let known = HashMap::new();
        let mut finder =
            Finder { view, visible: &visible, wanted: &wanted, filter: &filter, at, budget: &budget, known };
        let places = INDEX.find(view, &selection);
        let items = places.map(|(place, target)| (place, target.and_then(|target| finder.find(&target))));
        page.fill_within(&budget, after, items)
    };
    let position = view.position();
    let next =
        next.map(|place| Cursor { schema: Expectations::SCHEMA, position, place }.write(&filters_of(agenda)));
    let position = at.unwrap_or(position);
    Ok(Reply::ok(page.finish(next.as_deref(), position)).at(position))
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

    /// Under which facets it stands: one of each set.
    fn facets(&self, filter: &Filter) -> Vec<BTreeSet<String>> {
        let mut states = BTreeSet::new();
        match self.on {
            None if self.due.contains(&Due::Clock) => states.extend([OPEN, UNLIMITED]),
            None => states.extend([OPEN]),
            Some(on) => {
                let is_open = on.asks_for(State::Overdue) || on.asks_for(State::RunningOut);
                states.extend(is_open.then_some(OPEN));
                states.extend(on.asks_for(State::Late).then_some(LATE));
            }
        }
        let mut facets = filter.list_facets();
        facets.push(states.into_iter().map(str::to_owned).collect());
        if !self.due.is_empty() {
            facets.push(self.due.iter().map(|due| item::facet_of(*due)).collect());
        }
        facets
    }
}

/// Reads what places point to; several often belong to one record.
struct Finder<'v> {
    view: &'v View<'v>,
    visible: &'v Visible<'v>,
    wanted: &'v Wanted<'v>,
    filter: &'v Filter,
    at: Option<u64>,
    budget: &'v Budget,
    known: HashMap<Subject, Option<Known>>,
}

/// A record that is admitted.
struct Known {
    head: Head,
    /// What it foresaw, if it has changed since.
    earlier: Option<Slots>,
}

impl Finder<'_> {
    /// The item as served, if it is as asked.
    fn find(&mut self, target: &[u8]) -> Option<Vec<u8>> {
        let (subject, slot) = item::of_target(target)?;
        if !self.known.contains_key(&subject) {
            let known = self.look_at(&subject);
            self.known.insert(subject, known);
        }
        let Known { head, earlier } = self.known.get(&subject)?.as_ref()?;
        let item = match earlier {
            Some(slots) => slots.get(&slot)?.clone()?,
            None => item::get(&subject, slot, self.view)?,
        };
        let Some(on) = self.wanted.on else {
            let meets = self.filter.span.meets(item.earliest, item.latest);
            return meets.then(|| item.served(&head.summary, None));
        };
        let stands = item.state(on.today, on.within).filter(|(state, _)| on.asks_for(*state))?;
        Some(item.served(&head.summary, Some(stands)))
    }

    fn look_at(&self, subject: &Subject) -> Option<Known> {
        let mut head = Head::get(subject, self.view).filter(|head| !head.is_disposed())?;
        let earlier = self.at.and_then(|at| self.as_of(subject, at));
        if let Some(record) = &earlier {
            head = Head::as_of(record, told(record).as_ref(), &head);
        }
        let sees =
            |party: &Subject| Head::get(party, self.view).is_some_and(|head| self.visible.has(head.marking));
        let is_as_asked = self.filter.admits(&head, sees) && self.filter.is_said_of(&head.summary);
        is_as_asked.then(|| Known { head, earlier: earlier.as_ref().map(Item::all) })
    }

    /// A record as it was, if events have come since.
    fn as_of(&self, subject: &Subject, at: u64) -> Option<Record> {
        history::last(subject, self.view).filter(|last| last.position > at)?;
        let record = folds::fold_until(subject, at, self.view);
        self.budget.spend(record.events().len());
        Some(record)
    }
}
