//! Answering what is asked of the dossiers, from one view of the rows.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;

use contract::{Ask, Problem, ProblemKind, Query, Recorded};
use domain::{Levels, Subject};
use readmodel::View;
use serde_json::{Value, json};
use service::Reply;

use super::{list, tables};
use crate::addresses;
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
    sights: RefCell<HashMap<Subject, Sight>>,
}

/// How much of a record a reader may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    Nothing,
    /// It was disposed of.
    Residue,
    Everything,
}

impl Sight {
    /// Of a record that may be seen.
    fn of(head: &Head) -> Self {
        if head.is_disposed() { Self::Residue } else { Self::Everything }
    }
}

/// Answers a query.
///
/// # Errors
/// The problem that is served instead.
pub(crate) fn answer(ask: &Ask<Query>, levels: &Levels, view: &View<'_>) -> Result<Reply, Problem> {
    let asked =
        Asked { view, visible: Visible::to(&ask.principal, levels, view), sights: RefCell::default() };
    let reply = match &ask.query {
        Query::Record { subject } => asked.record(subject),
        Query::History { subject, after, limit } => asked.history(subject, *after, *limit),
        Query::Event { uid } => asked.event(*uid),
        Query::Log { after, limit } => Ok(asked.log(*after, *limit)),
        Query::List(list) => list::list(&asked, list),
        Query::Accounts { .. } | Query::Position { .. } | Query::Brief(_) => {
            Err(Problem::new(ProblemKind::Unavailable, "this projector does not answer it"))
        }
    };
    reply.map(|reply| reply.at(view.position()))
}

impl Asked<'_> {
    /// The head of a record that the reader may see.
    pub(super) fn head(&self, subject: &Subject) -> Result<Head, Problem> {
        let head = Head::get(subject, self.view).filter(|head| self.visible.has(head.marking));
        head.ok_or_else(|| Problem::new(ProblemKind::NotFound, format!("there is no {subject}")))
    }

    /// How much of a record the reader may know; asked again and again on one page.
    fn sight(&self, subject: &Subject) -> Sight {
        if let Some(sight) = self.sights.borrow().get(subject) {
            return *sight;
        }
        let sight = self.head(subject).map_or(Sight::Nothing, |head| Sight::of(&head));
        self.sights.borrow_mut().insert(*subject, sight);
        sight
    }

    pub(super) fn may_see(&self, subject: &Subject) -> bool {
        self.sight(subject) != Sight::Nothing
    }

    fn record(&self, subject: &Subject) -> Result<Reply, Problem> {
        let head = self.head(subject)?;
        self.sights.borrow_mut().insert(*subject, Sight::of(&head));
        let body = match tables::view(subject, self.view) {
            Some(stored) => stored.to_vec(),
            None => serde_json::to_vec(&folds::fold(subject, self.view).view()).expect("JSON is JSON"),
        };
        let mut body = addresses::shown(body, |to| self.may_see(to));
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

    /// The CloudEvent, as far as the reader may know it.
    fn served(&self, stands: &Stands, payload: &[u8]) -> Vec<u8> {
        let event = match self.sight(&stands.subject) {
            Sight::Everything => history::served(stands, payload),
            Sight::Nothing | Sight::Residue => history::residue(stands, payload),
        };
        addresses::shown(event, |address| self.may_see(address))
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
