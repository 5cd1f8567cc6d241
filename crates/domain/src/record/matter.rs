//! Matters: issues, trade flows, projects, and what develops in them.

use serde_json::{Map, Value, json};

use super::course::Course;
use super::view::{Telling, put_list};
use crate::vocabulary::{OCCURRED, STATUS};
use crate::{Data, EventName};

pub(super) fn advance(course: &mut Course, event: EventName, data: &Data) {
    course.happened(data);
    course.status = match event {
        EventName::Closed => Some("closed"),
        EventName::Opened if course.status.is_some() => course.status,
        EventName::Opened | EventName::Reopened => Some("open"),
        _ => course.status.or(Some("open")),
    };
}

/// What the view shows besides the description.
pub(super) fn show(told: &Telling<'_>, out: &mut Map<String, Value>) {
    let developments = told.of(EventName::DevelopmentRecorded);
    put_list(out, "developments", developments.map(|development| development.own()).collect());
    // A development with a window alone is still to come.
    let happened =
        |data: &Data| data.get(&OCCURRED).is_some() || data.get(&crate::vocabulary::WINDOW).is_none();
    let latest = told.of(EventName::DevelopmentRecorded).filter(|development| happened(development.data()));
    if let Some(status) = latest.filter_map(|development| development.data().get(&STATUS)).last() {
        out.insert("situation".to_owned(), json!(status));
    }
}
