//! Answering what is asked of the timeline.

use std::collections::HashMap;

use contract::{Ask, Paging, Problem, Timeline};
use domain::{Levels, Record, Subject};
use readmodel::{Projection, View};
use service::Reply;

use super::Happenings;
use super::item::{self, INDEX, Item, TIMES};
use crate::cursor::Cursor;
use crate::filter::Filter;
use crate::head::Head;
use crate::index::Selection;
use crate::markings::Visible;
use crate::page::{Budget, Page};
use crate::parties::Bearers;
use crate::{folds, history};

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
        order: TIMES,
        direction: timeline.order,
        span: filter.span,
        after,
        at,
    };
    let budget = Budget::default();
    let mut finder =
        Finder { view, visible: &visible, filter: &filter, at, budget: &budget, known: HashMap::new() };
    let mut page = Page::new(timeline.page.limit);
    let places = INDEX.find(view, &selection);
    let items = places.map(|(place, target)| (place, target.and_then(|target| finder.find(&target))));
    let next = page.fill_within(&budget, after, items);
    let next =
        next.map(|place| Cursor { schema: Happenings::SCHEMA, position, place }.write(&filters_of(timeline)));
    Ok(Reply::ok(page.finish(next.as_deref(), position)).at(position))
}

/// Reads what places point to; neighbours often belong to one record.
struct Finder<'v> {
    view: &'v View<'v>,
    visible: &'v Visible<'v>,
    filter: &'v Filter,
    at: Option<u64>,
    budget: &'v Budget,
    known: HashMap<Subject, Option<Known>>,
}

/// A record that is admitted.
struct Known {
    head: Head,
    /// As it was, if it has changed since.
    earlier: Option<Record>,
}

impl Finder<'_> {
    /// The item as served, if it is as asked.
    fn find(&mut self, target: &[u8]) -> Option<Vec<u8>> {
        let (subject, version) = item::of_target(target)?;
        if !self.known.contains_key(&subject) {
            let known = self.look_at(&subject);
            self.known.insert(subject, known);
        }
        let Known { head, earlier } = self.known.get(&subject)?.as_ref()?;
        let item = match earlier {
            Some(record) => {
                let entry = record.events().iter().find(|entry| entry.event.version == version)?;
                Item::of(record, entry)?
            }
            None => Item::get(&subject, version, self.view)?,
        };
        self.filter.span.meets(item.earliest, item.latest).then(|| item.served(&head.summary))
    }

    fn look_at(&self, subject: &Subject) -> Option<Known> {
        let aggregate = &self.filter.aggregate;
        aggregate.as_ref().is_none_or(|aggregate| aggregate == subject.aggregate.as_str()).then_some(())?;
        let mut head = Head::get(subject, self.view).filter(|head| !head.is_disposed())?;
        let earlier = self.at.and_then(|at| self.as_of(subject, at));
        if let Some(record) = &earlier {
            head = Head::as_of(record, None, &head);
        }
        let sees =
            |party: &Subject| Head::get(party, self.view).is_some_and(|head| self.visible.has(head.marking));
        let is_as_asked = self.filter.admits(&head, sees) && self.filter.is_said_of(&head.summary);
        is_as_asked.then_some(Known { head, earlier })
    }

    /// A record as it was, if events have come since.
    fn as_of(&self, subject: &Subject, at: u64) -> Option<Record> {
        history::last(subject, self.view).filter(|last| last.position > at)?;
        let record = folds::fold_until(subject, at, self.view);
        self.budget.spend(record.events().len());
        Some(record)
    }
}
