//! Answering what is asked of the dossiers, from one view of the rows.

use std::io::Write;

use contract::{Ask, Problem, ProblemKind, Query, Recorded};
use domain::{Levels, Subject};
use readmodel::View;
use serde_json::{Value, json};
use service::Reply;

use super::{list, tables};
use crate::folds;
use crate::head::Head;
use crate::history::{self, Stands};
use crate::markings::Visible;
use crate::page::Page;

/// Links to one record beyond this many are not shown.
const MOST_LINKED: usize = 1_000;

/// One question, while it is answered.
pub(crate) struct Asked<'v> {
    pub(super) view: &'v View<'v>,
    pub(super) visible: Visible<'v>,
}

/// Answers a query.
///
/// # Errors
/// The problem that is served instead.
pub(crate) fn answer(ask: &Ask<Query>, levels: &Levels, view: &View<'_>) -> Result<Reply, Problem> {
    let asked = Asked { view, visible: Visible::to(&ask.principal, levels, view) };
    let reply = match &ask.query {
        Query::Record { subject } => asked.record(subject),
        Query::History { subject, after, limit } => asked.history(subject, *after, *limit),
        Query::Event { uid } => asked.event(*uid),
        Query::Log { after, limit } => Ok(asked.log(*after, *limit)),
        Query::List(list) => list::list(&asked, list),
    };
    reply.map(|reply| reply.at(view.position()))
}

impl Asked<'_> {
    /// The head of a record that the reader may see.
    pub(super) fn head(&self, subject: &Subject) -> Result<Head, Problem> {
        let head = Head::get(subject, self.view).filter(|head| self.visible.has(head.marking));
        head.ok_or_else(|| Problem::new(ProblemKind::NotFound, format!("there is no {subject}")))
    }

    fn may_see(&self, subject: &Subject) -> bool {
        self.head(subject).is_ok()
    }

    fn record(&self, subject: &Subject) -> Result<Reply, Problem> {
        let head = self.head(subject)?;
        let stored = tables::view(subject, self.view);
        let mut body = match stored {
            Some(stored) if !has_links(&stored) => stored.to_vec(),
            Some(stored) => self.without_hidden_links(serde_json::from_slice(&stored).unwrap_or_default()),
            None => self.without_hidden_links(folds::fold(subject, self.view).view()),
        };
        let linked = self.linked(subject);
        if !linked.is_empty() {
            let closing = body.pop();
            debug_assert_eq!(closing, Some(b'}'), "a view is an object with members");
            let linked = serde_json::to_string(&linked).expect("JSON is JSON");
            write!(body, ",\"linked\":{linked}}}").expect("memory can be written");
        }
        Ok(Reply::ok(body).of_version(head.summary.version))
    }

    fn linked(&self, subject: &Subject) -> Vec<Value> {
        let linking = tables::linking(subject, self.view).filter_map(|(from, rel)| {
            let summary = self.head(&from).ok()?.summary;
            let mut linked = json!({"rel": rel, "from": from, "title": summary.title,
                "aggregate": summary.aggregate, "status": summary.status});
            if let Some(kind) = summary.kind {
                linked["kind"] = kind.into();
            }
            Some(linked)
        });
        linking.take(MOST_LINKED).collect()
    }

    /// A link to what the reader may not see, or what is not there, is not shown.
    fn without_hidden_links(&self, mut view: Value) -> Vec<u8> {
        if let Some(links) = view.get_mut("links").and_then(Value::as_array_mut) {
            links.retain(|link| self.is_shown(link));
            if links.is_empty() {
                view.as_object_mut().map(|view| view.remove("links"));
            }
        }
        serde_json::to_vec(&view).expect("JSON is JSON")
    }

    fn is_shown(&self, link: &Value) -> bool {
        let to = link.get("to").and_then(Value::as_str).and_then(|to| to.parse().ok());
        to.is_some_and(|to| self.may_see(&to))
    }

    fn history(&self, subject: &Subject, after: u32, limit: u32) -> Result<Reply, Problem> {
        let head = self.head(subject)?;
        let mut page = Page::new(limit);
        let events = history::of_record(subject, after, self.view);
        let items = events.map(|(stands, payload)| (stands.version, Some(self.item(&stands, &payload))));
        let next = page.fill(Some(after), items).map(|version| version.to_string());
        let body = page.finish(next.as_deref(), self.view.position());
        Ok(Reply::ok(body).of_version(head.summary.version))
    }

    fn item(&self, stands: &Stands, payload: &[u8]) -> Vec<u8> {
        let Stands { subject, version, position } = stands;
        let mut item = Vec::with_capacity(payload.len() + 200);
        write!(item, "{{\"version\":{version},\"position\":{position}").expect("memory can be written");
        if let Ok(recorded) = Recorded::parse(payload) {
            write!(item, ",\"uid\":\"{}\"", recorded.uid()).expect("memory can be written");
        }
        item.extend(b",\"event\":");
        item.extend(self.served(stands, payload));
        if let Some(standing) = tables::standing(subject, *version, self.view) {
            // An object with members: they follow as our own.
            item.push(b',');
            item.extend(&standing[1..]);
        } else {
            item.push(b'}');
        }
        item
    }

    /// The CloudEvent, without links to what the reader may not see.
    fn served(&self, stands: &Stands, payload: &[u8]) -> Vec<u8> {
        let served = history::served(stands, payload);
        let event = has_links(&served).then(|| serde_json::from_slice::<Value>(&served).ok()).flatten();
        let Some(mut event) = event else { return served };
        let Some(links) = event.pointer_mut("/data/links").and_then(Value::as_array_mut) else {
            return served;
        };
        let all = links.len();
        links.retain(|link| self.is_shown(link));
        if links.len() == all {
            return served;
        }
        serde_json::to_vec(&event).expect("JSON is JSON")
    }

    fn event(&self, uid: uuid::Uuid) -> Result<Reply, Problem> {
        let none = || Problem::new(ProblemKind::NotFound, format!("there is no event {uid}"));
        let position = tables::position_of(uid, self.view).ok_or_else(none)?;
        let stands = history::at(position, self.view).ok_or_else(none)?;
        let payload = history::payload(&stands, self.view).ok_or_else(none)?;
        if !self.may_see(&stands.subject) {
            return Err(none());
        }
        Ok(Reply::ok(self.item(&stands, &payload)))
    }

    fn log(&self, after: u64, limit: u32) -> Reply {
        let mut page = Page::new(limit);
        let items = history::of_log(after, self.view).map(|stands| {
            let seen = self.may_see(&stands.subject);
            let payload = seen.then(|| history::payload(&stands, self.view)).flatten();
            (stands.position, payload.map(|payload| self.item(&stands, &payload)))
        });
        let next = page.fill(Some(after), items).map(|position| position.to_string());
        Reply::ok(page.finish(next.as_deref(), self.view.position()))
    }
}

/// Whether the JSON has a member `links`: inside a text the quotes would be escaped.
fn has_links(json: &[u8]) -> bool {
    json.windows(9).any(|bytes| bytes == b"\"links\":[")
}
