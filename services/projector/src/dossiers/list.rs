//! Lists: the records of a collection, by the time that they are about or by that of their recording.

use std::collections::BTreeSet;
use std::sync::Arc;

use contract::{Ask, List, Order, Paging, Problem, ProblemKind, Query, Sort};
use domain::{Aggregate, Subject};
use readmodel::{Overlay, Projection};
use service::Reply;

use super::query::Asked;
use super::{Dossiers, links};
use crate::addresses;
use crate::cursor::Cursor;
use crate::filter::{Filter, Span};
use crate::head::{Head, Summary};
use crate::index::{self, Among, Entry, Finding, Index, Posting, Selection, Target};
use crate::key::{Place, letter_of};
use crate::page::Page;
use crate::parties::Bearers;

pub(super) const INDEX: Index = Index { rows: b'l' };

/// Each collection has two orders.
const fn order(aggregate: Aggregate, sort: Sort) -> u8 {
    letter_of(aggregate) << 1
        | match sort {
            Sort::Valid => 0,
            Sort::Recorded => 1,
        }
}

/// Where a record stands in the lists.
fn entry(head: &Head) -> Entry {
    let Summary { subject, earliest, latest, .. } = head.summary;
    let mut places = index::places(order(subject.aggregate, Sort::Valid), earliest, latest, head.first);
    places.push((order(subject.aggregate, Sort::Recorded), Place::new(None, head.first)));
    Entry { tags: 0, last: latest, places }
}

fn posting(head: &Head) -> Posting {
    Posting { marking: head.marking, facets: head.list_facets() }
}

/// Moves a record in the lists with the event at a position. Most events move nothing.
pub(super) fn place(old: Option<&Head>, new: &Head, position: u64, rows: &mut Overlay<'_>) {
    if old.is_some_and(|old| old.stands_as(new)) {
        return;
    }
    let subject = new.summary.subject;
    if new.is_disposed() {
        INDEX.forget(&subject, rows);
    }
    let old = old.filter(|_| !new.is_disposed());
    let (posting, entry) = (posting(new), entry(new));
    if old.map(self::posting).as_ref() != Some(&posting) {
        INDEX.post(&subject, &posting, position, rows);
    }
    if old.map(self::entry).as_ref() != Some(&entry) {
        INDEX.place(&Target { subject, number: 0 }, &entry, position, rows);
    }
}

/// What a cursor is bound to: every filter and the order, not the length of the pages.
pub(super) fn filters_of(list: &List) -> Vec<u8> {
    let filters = List { page: Paging::default(), ..list.clone() };
    serde_json::to_vec(&filters).expect("texts and numbers are JSON")
}

/// The cursor of a list, if it continues another page.
///
/// # Errors
/// A problem when the cursor is not one of this list.
pub(crate) fn cursor(list: &List) -> Result<Option<Cursor>, Problem> {
    let cursor = list.page.cursor.as_deref();
    cursor.map(|text| Cursor::read(text, &filters_of(list), Dossiers::SCHEMA)).transpose()
}

/// The position of a walk that has begun: its first page's. So whatever moves meanwhile is met once, and what is
/// recorded meanwhile is met by the next walk. One who asks for a later position has a page of that.
///
/// # Errors
/// As [`cursor`].
pub(super) fn walk(ask: &Ask<Query>) -> Result<Option<u64>, Problem> {
    let Query::List(list) = &ask.query else { return Ok(None) };
    let position = cursor(list)?.map(|cursor| cursor.position);
    Ok(position.filter(|position| *position >= ask.min_position))
}

fn filter(asked: &Asked<'_>, list: &List) -> Result<Filter, Problem> {
    let bearers = Bearers::seen_by(&asked.visible, asked.view);
    Ok(Filter {
        owner: list.owner.as_deref().map(|owner| bearers.sought(owner)),
        beneficiary: list.beneficiary.as_deref().map(|party| bearers.sought(party)),
        strength: list.strength.clone(),
        ..Filter::read(&list.filters, &bearers)?
    })
}

/// A page of the records that meet every filter.
pub(super) fn list(asked: &Asked<'_>, list: &List) -> Result<Reply, Problem> {
    if list.filters.text.is_some() {
        return Err(Problem::new(ProblemKind::InvalidQuery, "the dossiers know no words: ask the search"));
    }
    let filter = filter(asked, list)?;
    let after = cursor(list)?.map(|cursor| cursor.place);
    let selection = Selection {
        markings: asked.visible.numbers().collect(),
        among: None,
        wanted: &filter.list_facets(),
        aggregate: Some(list.aggregate),
        tags: &[],
        order: order(list.aggregate, list.sort),
        direction: list.order,
        // Places by the time of recording say nothing of the time that it is about.
        span: if list.sort == Sort::Valid { filter.span } else { Span::default() },
        and_undated: false,
        after,
        at: asked.known_at,
    };
    let mut page = Page::new(list.page.limit);
    let found = index::find(asked.view, &selection);
    let items = found.map(|(place, target)| {
        (place, found_at(asked, &target.subject, &filter).map(|head| item(asked, &head)))
    });
    let next = page.fill_within(&asked.budget, after, items);
    asked.visible.keeps(page.len());
    let position = asked.position;
    let next =
        next.map(|place| Cursor { schema: Dossiers::SCHEMA, position, place }.write(&filters_of(list)));
    Ok(Reply::ok(page.finish(next.as_deref(), position)))
}

/// Records under these facets, to be asked for more than once.
pub(crate) fn among(asked: &Asked<'_>, wanted: &[BTreeSet<String>]) -> Among {
    index::among(asked.view, asked.visible.numbers(), wanted, asked.known_at)
}

/// The records of a collection, or of some, under these facets by the time that they are about, place by place; those
/// that are about none behind the others, if they are wanted.
pub(crate) fn by_time<'v>(
    asked: &Asked<'v>,
    (aggregate, among): (Aggregate, Option<&Among>),
    wanted: &[BTreeSet<String>],
    direction: Order,
    span: Span,
    and_undated: bool,
) -> Finding<'v> {
    let selection = Selection {
        markings: asked.visible.numbers().collect(),
        among,
        wanted,
        aggregate: Some(aggregate),
        tags: &[],
        order: order(aggregate, Sort::Valid),
        direction,
        span,
        and_undated,
        after: None,
        at: asked.known_at,
    };
    index::find(asked.view, &selection)
}

/// What the index leads to, if it is as asked to the last.
fn found_at(asked: &Asked<'_>, subject: &Subject, filter: &Filter) -> Option<Arc<Head>> {
    let head = asked.known_head(subject).ok()?;
    // Parties bear the names that they bear today.
    let shown = filter.admits(&head, |party| asked.sees(party))
        && filter.span.meets(head.summary.earliest, head.summary.latest);
    shown.then_some(head)
}

/// A record as a list shows it. How many rely on a source is counted as of today, and not told as of earlier.
fn item(asked: &Asked<'_>, head: &Head) -> Vec<u8> {
    let summary = &head.summary;
    asked.visible.shows(&summary.subject, head.marking);
    let mut item = serde_json::to_vec(summary).expect("texts and numbers are JSON");
    if summary.subject.aggregate == Aggregate::Source && !asked.is_earlier {
        let citing = links::citing(&summary.subject, &asked.visible, asked.view);
        item.truncate(item.len() - 1);
        item.extend(format!(",\"relied_on\":{citing}}}").into_bytes());
    }
    // The parties in an instrument's table may be on record.
    if summary.standing.is_empty() { item } else { addresses::shown(item, |to| asked.may_see(to)) }
}
