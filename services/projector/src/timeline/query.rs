//! Answering what is asked of the timeline.

use std::collections::HashMap;

use contract::{Ask, Paging, Problem, Timeline};
use domain::{Levels, Subject};
use readmodel::{Projection, View};
use service::Reply;

use super::Happenings;
use super::item::{self, Item};
use crate::cursor::Cursor;
use crate::filter::{Filter, Span};
use crate::head::Head;
use crate::key::Key;
use crate::markings::Visible;
use crate::merge::merged;
use crate::page::Page;
use crate::parties::{self, Bearers};

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
    let visible = Visible::to(&ask.principal, levels, view);
    let filter = filter(timeline, &Bearers::seen_by(&visible, view))?;
    let after = cursor(timeline)?.map(|cursor| cursor.place);
    let mut finder = Finder { view, visible: &visible, filter: &filter, heads: HashMap::new() };
    let mut page = Page::new(timeline.page.limit);
    let rows = merged(view, &prefixes(&visible, &filter), timeline.order, after);
    let next = page.fill(after, rows.map(|(place, (_, target))| (place, finder.find(&target))));
    let position = view.position();
    let next =
        next.map(|place| Cursor { schema: Happenings::SCHEMA, position, place }.write(&filters_of(timeline)));
    Ok(Reply::ok(page.finish(next.as_deref(), position)).at(position))
}

fn filter(timeline: &Timeline, bearers: &Bearers<'_>) -> Result<Filter, Problem> {
    Ok(Filter {
        parties: timeline.filters.parties.iter().map(|party| bearers.sought(party)).collect(),
        topic: timeline.filters.topic.clone(),
        aggregate: timeline.aggregate.clone(),
        span: Span::read(timeline.filters.from.as_deref(), timeline.filters.to.as_deref())?,
        ..Filter::default()
    })
}

/// Under every marking that the reader may see: the first party asked for, or all.
fn prefixes(visible: &Visible<'_>, filter: &Filter) -> Vec<Key> {
    let parties = parties::index_keys(&filter.parties);
    let of_marking = |marking| parties.iter().map(move |party| item::prefix(marking, party));
    visible.numbers().flat_map(of_marking).collect()
}

/// Reads what places point to; neighbours often belong to one record.
struct Finder<'v> {
    view: &'v View<'v>,
    visible: &'v Visible<'v>,
    filter: &'v Filter,
    heads: HashMap<Subject, Option<Head>>,
}

impl Finder<'_> {
    /// The item as served, if it is as asked.
    fn find(&mut self, target: &[u8]) -> Option<Vec<u8>> {
        let (subject, version) = item::of_target(target)?;
        let sees =
            |party: &Subject| Head::get(party, self.view).is_some_and(|head| self.visible.has(head.marking));
        let admitted = || Head::get(&subject, self.view).filter(|head| self.filter.admits(head, sees));
        let head = self.heads.entry(subject).or_insert_with(admitted);
        let summary = &head.as_ref()?.summary;
        let item = Item::get(&subject, version, self.view)?;
        self.filter.span.meets(item.earliest, item.latest).then(|| item.served(summary))
    }
}
