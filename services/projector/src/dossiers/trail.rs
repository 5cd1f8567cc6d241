//! The trail of a record: each event with who recorded it, on whose behalf, when, in whose name, from which sources, by
//! which authority, and what it changed. What proves it, its leaf and the checkpoint that covers it, the auditor adds.

use std::cell::OnceCell;
use std::rc::Rc;

use contract::{Problem, Trail};
use domain::Record;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use service::Reply;

use super::query::Asked;
use crate::history::{self, Stands};
use crate::page::Page;
use crate::{addresses, folds};

/// Members of an event that say who, when, and in whose name.
const WHO_AND_WHEN: [&str; 9] =
    ["type", "actor", "agency", "onbehalfof", "source", "time", "recordedtime", "marking", "anomalies"];

/// Members of what an event says: by which authority, for whom, why, and about which event or record.
const GROUNDS: [&str; 6] = ["authority", "requester", "reason", "event", "record", "hold"];

/// A page of the trail of a record that the reader may see.
pub(super) fn trail(asked: &Asked<'_>, trail: &Trail) -> Result<Reply, Problem> {
    let head = asked.head(&trail.subject)?;
    let then = asked.known(&head)?;
    let folded = OnceCell::new();
    let record = || {
        let fold = || then.clone().unwrap_or_else(|| Rc::new(folds::fold(&trail.subject, asked.view)));
        Rc::clone(folded.get_or_init(fold))
    };
    let mut page = Page::new(trail.limit);
    let events = history::of_record(&trail.subject, trail.after, asked.view);
    let events = events.take_while(|(stands, _)| stands.position <= asked.position);
    let items = events.map(|(stands, payload)| {
        let event = asked.served(&stands, &payload);
        let event = serde_json::from_slice::<Map<String, Value>>(&event).unwrap_or_default();
        let is_wanted = is_wanted(trail, &event);
        (stands.version, is_wanted.then(|| item(asked, &stands, event, &record)))
    });
    let next = page.fill(Some(trail.after), items).map(|version| version.to_string());
    asked.visible.shows(&trail.subject, head.marking);
    Ok(Reply::ok(page.finish(next.as_deref(), asked.position)))
}

fn is_wanted(trail: &Trail, event: &Map<String, Value>) -> bool {
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    let is = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == text(name));
    let recorded = text("recordedtime").parse::<Timestamp>().ok();
    let does = |action: &String| {
        let (kind, of_record) = (text("type"), of_record(text("type")));
        *action == kind
            || *action == of_record
            || Some(action.as_str()) == of_record.split_once('.').map(|(_, name)| name)
    };
    is(&trail.actor, "actor")
        && is(&trail.agency, "agency")
        && trail.action.as_ref().is_none_or(does)
        && trail.from.is_none_or(|from| recorded.is_some_and(|at| at >= from))
        && trail.until.is_none_or(|until| recorded.is_some_and(|at| at <= until))
}

/// `chancery.engagement.held.v1` is `engagement.held`.
fn of_record(kind: &str) -> &str {
    let of_record = kind.strip_prefix("chancery.").unwrap_or(kind);
    of_record.rsplit_once(".v").map_or(of_record, |(of_record, _)| of_record)
}

fn item(
    asked: &Asked<'_>,
    stands: &Stands,
    mut event: Map<String, Value>,
    record: &impl Fn() -> Rc<Record>,
) -> Vec<u8> {
    let Stands { version, position, .. } = *stands;
    let mut item = json!({"version": version, "position": position, "index": position.saturating_sub(1)});
    let id = |name: &str| event.get(name).and_then(Value::as_str);
    if let Some((source, id)) = id("source").zip(id("id")) {
        item["uid"] = json!(domain::event_uid(source, id));
    }
    let action = of_record(id("type").unwrap_or_default());
    item["action"] = action.split_once('.').map_or(action, |(_, name)| name).into();
    for name in WHO_AND_WHEN {
        if let Some(value) = event.remove(name) {
            item[name] = value;
        }
    }
    let mut data = match event.remove("data") {
        Some(Value::Object(data)) => data,
        _ => Map::new(),
    };
    for name in GROUNDS {
        if let Some(value) = data.remove(name) {
            item[name] = value;
        }
    }
    if let Some(citations) = data.remove("citations") {
        item["sources"] = citations;
    }
    if item["action"] == "corrected" {
        item["changed"] = changed(version, data.remove("changes"), &record());
    }
    let standing =
        asked.standing(stands).and_then(|standing| serde_json::from_slice::<Value>(&standing).ok());
    if let Some(standing) = standing {
        item["standing"] = standing;
    }
    addresses::shown(item.to_string().into_bytes(), |to| asked.may_see(to))
}

/// What a correction changed, with what stood there before; of one that was retracted, what it said.
fn changed(version: u32, said: Option<Value>, record: &Record) -> Value {
    let applied = record.corrections().filter(|corrected| corrected.by.version == version);
    let applied = applied.map(|corrected| {
        json!({
            "event": corrected.of.uid, "version": corrected.of.version, "pointer": corrected.pointer,
            "old": corrected.old, "new": corrected.new,
        })
    });
    let applied = applied.collect::<Vec<_>>();
    if applied.is_empty() { said.unwrap_or_default() } else { Value::Array(applied) }
}
