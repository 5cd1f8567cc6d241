//! The log as those who follow it see it: each event is looked at once, for several readers.
//!
//! What a reader is told of an event is, byte for byte, what [`Query::Event`](contract::Query) and the pages of the log
//! tell the same reader at the same position. A filter looks at the record as it stood with the event, so that an event
//! that is told late meets what it would have met at once; of a record that was disposed of, at what is left.
//!
//! What sets earlier events right is told whatever the filter, and also when none of the readers may see it, but then
//! without a form: only whoever asks knows who received what ([`recalls`](super::recalls)).

use std::sync::Arc;

use contract::Facets;
use contract::following::{Follow, Following, Recalled, Told};
use domain::Levels;
use readmodel::View;
use serde_json::value::RawValue;
use service::Reply;

use super::query::Asked;
use super::recalls;
use crate::head::Head;
use crate::history::{self, Stands};
use crate::page::Budget;

/// A page ends when its events have this many bytes: 1 MiB.
const LARGEST: usize = 1 << 20;

/// The most events a page holds, whatever was asked for.
const LONGEST: u32 = 1_000;

/// An event, with what may be told of it.
struct Seen {
    stands: Stands,
    kind: String,
    facets: Facets,
    forms: Vec<Box<RawValue>>,
    seen: Vec<Option<u16>>,
    recalls: Vec<Recalled>,
}

/// What a recalled event adds to a page, more or less.
const OF_A_RECALLED: usize = 256;

/// What is behind a position.
pub(super) fn answer(follow: &Follow, levels: &Levels, view: &View<'_>) -> Reply {
    let readers = follow.readers.iter().map(|reader| Asked::now(reader, levels, view)).collect::<Vec<_>>();
    let (budget, mut bytes, mut unsettles) = (Budget::default(), 0, false);
    let limit = follow.limit.clamp(1, LONGEST) as usize;
    let (mut events, mut through) = (Vec::<Seen>::new(), view.position());
    let mut last = follow.after.unwrap_or(through);
    for stands in history::of_log(follow.after.unwrap_or(u64::MAX), view) {
        if events.len() == limit || bytes >= LARGEST || budget.is_spent() {
            through = last;
            break;
        }
        budget.spend(readers.len().max(1));
        last = stands.position;
        let Some(head) = Head::at_hand(&stands.subject, view) else { continue };
        unsettles |= head.changed_sight(stands.position, view);
        if let Some(seen) = told(follow, &stands, &head, &readers, levels, view) {
            budget.spend(seen.recalls.len());
            bytes += seen.forms.iter().map(|form| form.get().len()).sum::<usize>();
            bytes += seen.recalls.len() * OF_A_RECALLED;
            events.push(seen);
        }
    }
    let told = events.iter().map(|seen| Told {
        position: seen.stands.position,
        subject: seen.stands.subject,
        kind: seen.kind.as_str().into(),
        facets: seen.facets.clone(),
        forms: seen.forms.iter().map(AsRef::as_ref).collect(),
        seen: seen.seen.clone(),
        recalls: seen.recalls.clone(),
    });
    let following = Following { through, unsettles, events: told.collect() };
    Reply::ok(serde_json::to_vec(&following).expect("texts and numbers are JSON"))
}

/// An event, if it is wanted and one of the readers may see it, or if it sets others right.
fn told(
    follow: &Follow,
    stands: &Stands,
    head: &Arc<Head>,
    readers: &[Asked<'_>],
    levels: &Levels,
    view: &View<'_>,
) -> Option<Seen> {
    let sees = readers.iter().map(|reader| reader.may_see(&stands.subject)).collect::<Vec<_>>();
    let payload = history::payload(stands, view)?;
    let read = sealing::read(&payload);
    let recalls = recalls::by(stands, head, read.as_ref(), levels, view);
    if !sees.contains(&true) && recalls.is_empty() {
        return None;
    }
    let kind = read.map(|read| read.recorded.kind).unwrap_or_default();
    let facets = facets(head, stands.position, view);
    if !follow.filter.admits(&stands.subject, &kind, &facets) && recalls.is_empty() {
        return None;
    }
    let mut forms = Vec::<Box<RawValue>>::new();
    let mut form = |reader: &Asked<'_>| {
        let event = String::from_utf8(reader.served(stands, &payload)).ok()?;
        let known = forms.iter().position(|form| form.get() == event);
        let index = match known {
            Some(index) => index,
            None => {
                forms.push(RawValue::from_string(event).ok()?);
                forms.len() - 1
            }
        };
        u16::try_from(index).ok()
    };
    let seen = readers.iter().zip(sees).map(|(reader, sees)| if sees { form(reader) } else { None });
    let seen = seen.collect();
    Some(Seen { stands: *stands, kind, facets, forms, seen, recalls })
}

/// What a record was found by at a position, under its marking of today: nothing, if it did not exist yet.
pub(super) fn facets(head: &Arc<Head>, position: u64, view: &View<'_>) -> Facets {
    let marking = head.summary.marking.clone();
    let Some(then) = head.clone().known_at(position, view) else {
        return Facets { marking, ..Facets::default() };
    };
    let summary = &then.summary;
    Facets {
        parties: summary.parties.clone(),
        countries: then.countries.clone(),
        topics: summary.topics.clone(),
        kind: summary.kind.clone(),
        marking,
    }
}
