//! Lists: the records of a collection, by valid time.

use contract::{List, Paging, Problem};
use domain::Subject;
use readmodel::Projection;
use service::Reply;
use uuid::Uuid;

use super::query::Asked;
use super::{Dossiers, tables};
use crate::cursor::Cursor;
use crate::filter::Filter;
use crate::head::Head;
use crate::key::Key;
use crate::merge::merged;
use crate::page::Page;
use crate::parties::{self, Bearers};

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

/// A page of the records that meet every filter.
pub(super) fn list(asked: &Asked<'_>, list: &List) -> Result<Reply, Problem> {
    let filter = Filter::read(&list.filters, &Bearers::seen_by(&asked.visible, asked.view))?;
    let after = cursor(list)?.map(|cursor| cursor.place);
    let mut page = Page::new(list.page.limit);
    let rows = merged(asked.view, &prefixes(asked, list, &filter), list.order, after);
    let items =
        rows.map(|(place, (_, id))| (place, found(asked, list, &id, &filter).map(|head| summary(&head))));
    let next = page.fill(after, items);
    let position = asked.view.position();
    let next =
        next.map(|place| Cursor { schema: Dossiers::SCHEMA, position, place }.write(&filters_of(list)));
    Ok(Reply::ok(page.finish(next.as_deref(), position)))
}

/// Under every marking that the reader may see: the first party asked for, or all.
fn prefixes(asked: &Asked<'_>, list: &List, filter: &Filter) -> Vec<Key> {
    let parties = parties::index_keys(&filter.parties);
    let markings = asked.visible.numbers();
    let of_marking =
        |marking| parties.iter().map(move |party| tables::list_prefix(list.aggregate, marking, party));
    markings.flat_map(of_marking).collect()
}

fn found(asked: &Asked<'_>, list: &List, id: &[u8], filter: &Filter) -> Option<Head> {
    let subject = Subject { aggregate: list.aggregate, id: Uuid::from_slice(id).ok()? };
    let head = Head::get(&subject, asked.view)?;
    let shown = filter.admits(&head, |party| asked.may_see(party))
        && filter.span.meets(head.summary.earliest, head.summary.latest)
        && tables::has_words(&subject, &filter.words, asked.view);
    shown.then_some(head)
}

fn summary(head: &Head) -> Vec<u8> {
    serde_json::to_vec(&head.summary).expect("texts and numbers are JSON")
}
