//! Commitments, and the positions that are less than that.

use serde_json::{Map, Value, json};

use super::course::Course;
use super::view::{Telling, put_list};
use crate::vocabulary::{DUE, IN_PART, STRENGTH, Strength};
use crate::{Data, EventName};

pub(super) fn advance(course: &mut Course, event: EventName, data: &Data) {
    course.happened(data);
    let in_part = data.get(&IN_PART).copied().unwrap_or_default();
    course.status = match event {
        EventName::Fulfilled if !in_part => Some("fulfilled"),
        EventName::Withdrawn => Some("withdrawn"),
        _ => course.status.or(Some("open")),
    };
}

/// The status: what is less than willingness is a position, never open.
pub(super) fn status(told: &Telling<'_>, status: &'static str) -> &'static str {
    let is_position = told.described(&STRENGTH).is_some_and(|strength: &Strength| strength.is_position());
    if status == "open" && is_position { "position" } else { status }
}

/// What the view shows besides the description.
pub(super) fn show(told: &Telling<'_>, out: &mut Map<String, Value>) {
    let list = |event| told.of(event).map(|told| told.own()).collect::<Vec<_>>();
    put_list(out, "accepted", list(EventName::Accepted));
    put_list(out, "progress", list(EventName::Progressed));
    put_list(out, "fulfilments", list(EventName::Fulfilled));
    let first_due = told.accounts().find_map(|account| account.data().get(&DUE));
    if let Some(first) = first_due.filter(|first| told.described(&DUE) != Some(first)) {
        out.insert("first_due".to_owned(), json!(first));
    }
}
