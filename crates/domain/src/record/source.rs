//! Sources: captured, revised, withdrawn.

use serde_json::{Map, Value};

use super::course::Course;
use super::view::{Telling, put_list};
use crate::vocabulary::{PUBLISHED, UPDATED};
use crate::{Data, EventName};

pub(super) fn advance(course: &mut Course, event: EventName, data: &Data) {
    let published = data.get(&PUBLISHED).or(data.get(&UPDATED));
    match published {
        Some(when) => course.widen(when.bounds()),
        None => course.happened(data),
    }
    course.status = match (course.status, event) {
        (Some("withdrawn"), _) => course.status,
        _ => Some(event.as_str()),
    };
}

/// What the view shows besides the description.
pub(super) fn show(told: &Telling<'_>, out: &mut Map<String, Value>) {
    put_list(out, "revisions", told.of(EventName::Revised).map(|revised| revised.all()).collect());
}
