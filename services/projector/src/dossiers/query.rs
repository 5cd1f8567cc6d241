//! Answering what is asked of the dossiers, from one view of the rows.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;

use contract::{Ask, Principal, Problem, ProblemKind, Query};
use domain::{Levels, Record, Subject};
use readmodel::View;
use serde_json::{Value, json};
use service::Reply;

use super::{accounts, follow, links, list, tables, trail};
use crate::addresses;
use crate::brief;
use crate::folds;
use crate::head::Head;
use crate::history::{self, Stands};
use crate::markings::Visible;
use crate::page::{Budget, Page};

/// Links to one record beyond this many are not shown.
const MOST_LINKED: usize = 1_000;

/// Of those that say no more than that the one cites the other.
const MOST_CITES: usize = 100;

/// The same, where each may have to be folded.
const MOST_LINKED_THEN: usize = 200;

/// One question, while it is answered.
pub(crate) struct Asked<'v> {
    pub(crate) view: &'v View<'v>,
    pub(crate) visible: Visible<'v>,
    /// What was recorded up to here is known.
    pub(crate) position: u64,
    /// The same, if that is not all: records are told of as they stood then.
    pub(crate) known_at: Option<u64>,
    /// Whether the question is as of an earlier position in its own words.
    pub(super) is_earlier: bool,
    /// What the answer may still look at.
    pub(crate) budget: Budget,
    /// Heads that were looked at: of one record they are asked for again and again.
    heads: RefCell<HashMap<Subject, Option<Arc<Head>>>>,
    then: RefCell<HashMap<Subject, Option<Rc<Record>>>>,
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
    const fn of(is_disposed: bool) -> Self {
        if is_disposed { Self::Residue } else { Self::Everything }
    }
}

/// Answers a query.
///
/// # Errors
/// The problem that is served instead.
pub(crate) fn answer(ask: &Ask<Query>, levels: &Levels, view: &View<'_>) -> Result<Reply, Problem> {
    let asked = Asked::of(ask, levels, view)?;
    let reply = match &ask.query {
        Query::Record { subject } => asked.record(subject),
        Query::History { subject, after, limit } => asked.history(subject, *after, *limit),
        Query::Accounts { subject } => accounts::accounts(&asked, subject),
        Query::Event { uid } => asked.event(*uid),
        Query::Log { after, limit } => Ok(asked.log(*after, *limit)),
        Query::Follow(follow) => Ok(follow::answer(follow, levels, view)),
        Query::Position { at } => {
            let position = history::position_at(*at, view.position(), view);
            Ok(Reply::ok(format!("{{\"position\":{position}}}")))
        }
        Query::List(list) => list::list(&asked, list),
        Query::Brief(brief) => brief::answer(brief, &asked, levels),
        Query::Trail(trail) => trail::trail(&asked, trail),
    };
    asked.visible.account_for(reply.map(|reply| reply.at(asked.position)))
}

impl<'v> Asked<'v> {
    /// # Errors
    /// A problem when a cursor is none of the question's.
    pub(crate) fn of(ask: &Ask<Query>, levels: &'v Levels, view: &'v View<'v>) -> Result<Self, Problem> {
        let latest = view.position();
        let asked_for = ask.known_at.unwrap_or(latest);
        let position = asked_for.min(list::walk(ask)?.unwrap_or(latest)).min(latest);
        Ok(Self {
            position,
            known_at: (position < latest).then_some(position),
            is_earlier: asked_for < latest,
            ..Self::now(&ask.principal, levels, view)
        })
    }

    /// A question about what is known now.
    pub(super) fn now(reader: &Principal, levels: &'v Levels, view: &'v View<'v>) -> Self {
        Self {
            view,
            visible: Visible::to(reader, levels, view),
            position: view.position(),
            known_at: None,
            is_earlier: false,
            budget: Budget::default(),
            heads: RefCell::default(),
            then: RefCell::default(),
        }
    }
}

impl Asked<'_> {
    /// The head, as of today, of a record that the reader may see.
    pub(crate) fn head(&self, subject: &Subject) -> Result<Arc<Head>, Problem> {
        let head = self.at_hand(subject).ok_or_else(|| not_there(subject))?;
        if self.visible.has(head.marking) {
            return Ok(head);
        }
        self.visible.refuses(subject, head.marking);
        Err(not_there(subject))
    }

    /// The head, as of today, of any record: nothing of it may be told before it is known who may see it.
    pub(crate) fn at_hand(&self, subject: &Subject) -> Option<Arc<Head>> {
        let mut heads = self.heads.borrow_mut();
        heads.entry(*subject).or_insert_with(|| Head::at_hand(subject, self.view)).clone()
    }

    /// The head of a record that was not asked for.
    fn glimpse(&self, subject: &Subject) -> Option<Arc<Head>> {
        self.at_hand(subject).filter(|head| self.visible.has(head.marking))
    }

    /// Whether the reader may see a record today.
    pub(super) fn sees(&self, subject: &Subject) -> bool {
        self.glimpse(subject).is_some()
    }

    /// The record as it stood at the position asked for; `None`: as it stands today, because nothing was recorded
    /// of it since or because it was disposed of, and only its residue is told of whatever is asked.
    ///
    /// # Errors
    /// Not found if it was not there yet.
    pub(crate) fn known(&self, today: &Head) -> Result<Option<Rc<Record>>, Problem> {
        let Some(at) = self.known_at else { return Ok(None) };
        let subject = &today.summary.subject;
        if today.first > at {
            return Err(not_there(subject));
        }
        if let Some(then) = self.then.borrow().get(subject) {
            return Ok(then.clone());
        }
        let is_as_today = || history::last(subject, self.view).is_none_or(|last| last.position <= at);
        let then = (!today.is_disposed() && !is_as_today())
            .then(|| Rc::new(folds::fold_until(subject, at, self.view)));
        self.budget.spend(then.as_ref().map_or(0, |then| then.events().len()));
        self.then.borrow_mut().insert(*subject, then.clone());
        Ok(then)
    }

    /// The head of a record as it stood at the position asked for.
    ///
    /// # Errors
    /// Not found if it was not there yet.
    pub(crate) fn known_head(&self, subject: &Subject) -> Result<Arc<Head>, Problem> {
        let today = self.head(subject)?;
        let Some(at) = self.known_at else { return Ok(today) };
        let then = today.clone().known_at(at, self.view).ok_or_else(|| not_there(subject))?;
        if Arc::ptr_eq(&then, &today) {
            // Every event puts a head: what has had none since was not folded otherwise either.
            self.then.borrow_mut().insert(*subject, None);
        }
        Ok(then)
    }

    /// How much of a record the reader may know, if it was there.
    fn sight(&self, subject: &Subject) -> Sight {
        let seen = self.glimpse(subject).filter(|head| head.first <= self.position);
        seen.map_or(Sight::Nothing, |head| Sight::of(head.is_disposed()))
    }

    pub(crate) fn may_see(&self, subject: &Subject) -> bool {
        self.sight(subject) != Sight::Nothing
    }

    fn record(&self, subject: &Subject) -> Result<Reply, Problem> {
        let head = self.head(subject)?;
        let (mut body, version) = self.shown(&head)?;
        self.visible.shows(subject, head.marking);
        let linked = self.linked(subject);
        if !linked.is_empty() {
            let closing = body.pop();
            debug_assert_eq!(closing, Some(b'}'), "a view is an object with members");
            let linked = serde_json::to_string(&linked).expect("JSON is JSON");
            write!(body, ",\"linked\":{linked}}}").expect("memory can be written");
        }
        Ok(Reply::ok(body).of_version(version))
    }

    /// The record as the reader may see it, and its version.
    ///
    /// # Errors
    /// Not found if it was not there yet.
    pub(crate) fn shown(&self, today: &Head) -> Result<(Vec<u8>, u32), Problem> {
        let subject = &today.summary.subject;
        let (body, version) = match self.known(today)? {
            Some(then) => (viewed(&then, Some(today)), version_of(&then)),
            None => {
                let stored = tables::view(subject, self.view).map(|stored| stored.to_vec());
                let folded = || viewed(&folds::fold(subject, self.view), None);
                (stored.unwrap_or_else(folded), today.summary.version)
            }
        };
        Ok((addresses::shown(body, |to| self.may_see(to)), version))
    }

    /// The record of today as the reader may see it, to be looked at.
    pub(crate) fn viewed(&self, today: &Head) -> Option<Arc<Value>> {
        let Some(view) = tables::view_at_hand(&today.summary.subject, self.view) else {
            let (view, _) = self.shown(today).ok()?;
            return serde_json::from_slice(&view).ok().map(Arc::new);
        };
        if view.addresses.as_ref().is_some_and(|all| all.iter().all(|to| self.may_see(to))) {
            return Some(view.view.clone());
        }
        let mut view = view.view.as_object().cloned().unwrap_or_default();
        addresses::hide(&mut view, |to| self.may_see(to));
        Some(Arc::new(Value::Object(view)))
    }

    /// Who links to a record, and how.
    pub(crate) fn linking(&self, to: &Subject) -> BTreeSet<(Subject, String)> {
        links::to(to, self.known_at, &self.visible, self.view)
    }

    fn linked(&self, subject: &Subject) -> Vec<Value> {
        let most = if self.known_at.is_some() { MOST_LINKED_THEN } else { MOST_LINKED };
        let mut cites = 0;
        let linking = links::to(subject, self.known_at, &self.visible, self.view).into_iter();
        let linking = linking.filter(|(_, rel)| {
            cites += usize::from(rel == links::CITES);
            rel != links::CITES || cites <= MOST_CITES
        });
        let linking = linking.filter_map(|(from, rel)| {
            let head = self.known_head(&from).ok()?;
            self.visible.shows(&from, head.marking);
            let summary = &head.summary;
            let mut linked = json!({"rel": rel, "from": from, "title": summary.title,
                "aggregate": summary.aggregate, "status": summary.status});
            if let Some(kind) = &summary.kind {
                linked["kind"] = kind.as_str().into();
            }
            Some(linked)
        });
        linking.take(most).collect()
    }

    /// Takes note that something of a record is shown that the reader may see.
    pub(crate) fn shows(&self, subject: &Subject) {
        if let Some(seen) = self.glimpse(subject) {
            self.visible.shows(subject, seen.marking);
        }
    }

    fn history(&self, subject: &Subject, after: u32, limit: u32) -> Result<Reply, Problem> {
        let head = self.head(subject)?;
        let then = self.known(&head)?;
        let mut page = Page::new(limit);
        let events = history::of_record(subject, after, self.view);
        let events = events.take_while(|(stands, _)| stands.position <= self.position);
        let items = events.map(|(stands, payload)| (stands.version, Some(self.item(&stands, &payload))));
        let next = page.fill(Some(after), items).map(|version| version.to_string());
        self.visible.shows(subject, head.marking);
        let version = then.map_or(head.summary.version, |then| version_of(&then));
        Ok(Reply::ok(page.finish(next.as_deref(), self.position)).of_version(version))
    }

    fn item(&self, stands: &Stands, payload: &[u8]) -> Vec<u8> {
        let Stands { version, position, .. } = stands;
        let mut item = Vec::with_capacity(payload.len() + 200);
        write!(item, "{{\"version\":{version},\"position\":{position}").expect("memory can be written");
        if let Some(read) = sealing::read(payload) {
            write!(item, ",\"uid\":\"{}\"", read.recorded.uid()).expect("memory can be written");
        }
        item.extend(b",\"event\":");
        item.extend(self.served(stands, payload));
        if let Some(standing) = self.standing(stands) {
            // An object with members: they follow as our own.
            item.push(b',');
            item.extend(&standing[1..]);
        } else {
            item.push(b'}');
        }
        item
    }

    /// What became of an event of a record that the reader may see.
    pub(super) fn standing(&self, stands: &Stands) -> Option<Vec<u8>> {
        let Stands { subject, version, .. } = stands;
        let then = self.known_at.and_then(|_| self.known(&*self.head(subject).ok()?).ok()?);
        match then {
            Some(then) => {
                let entry = then.events().iter().find(|entry| entry.event.version == *version);
                entry.and_then(tables::standing_of)
            }
            None => tables::standing(subject, *version, self.view).map(|standing| standing.to_vec()),
        }
    }

    /// The CloudEvent, as far as the reader may know it.
    pub(super) fn served(&self, stands: &Stands, payload: &[u8]) -> Vec<u8> {
        let event = match self.sight(&stands.subject) {
            Sight::Everything => history::served(stands, payload),
            Sight::Nothing | Sight::Residue => history::residue(stands, payload),
        };
        addresses::shown(event, |address| self.may_see(address))
    }

    fn event(&self, uid: uuid::Uuid) -> Result<Reply, Problem> {
        let none = || Problem::new(ProblemKind::NotFound, format!("there is no event {uid}"));
        let position = tables::position_of(uid, self.view).filter(|at| *at <= self.position);
        let position = position.ok_or_else(none)?;
        let stands = history::at(position, self.view).ok_or_else(none)?;
        let payload = history::payload(&stands, self.view).ok_or_else(none)?;
        if !self.may_see(&stands.subject) {
            if let Some(hidden) = self.at_hand(&stands.subject) {
                self.visible.refuses(&stands.subject, hidden.marking);
            }
            return Err(none());
        }
        self.shows(&stands.subject);
        Ok(Reply::ok(self.item(&stands, &payload)))
    }

    fn log(&self, after: u64, limit: u32) -> Reply {
        let mut page = Page::new(limit);
        let events = history::of_log(after, self.view);
        let items = events.take_while(|stands| stands.position <= self.position).map(|stands| {
            let seen = self.may_see(&stands.subject);
            let payload = seen.then(|| history::payload(&stands, self.view)).flatten();
            let item = payload.map(|payload| {
                self.shows(&stands.subject);
                self.item(&stands, &payload)
            });
            (stands.position, item)
        });
        let next = page.fill_within(&self.budget, Some(after), items).map(|position| position.to_string());
        self.visible.keeps(page.len());
        Reply::ok(page.finish(next.as_deref(), self.position))
    }
}

fn not_there(subject: &Subject) -> Problem {
    Problem::new(ProblemKind::NotFound, format!("there is no {subject}"))
}

/// The record as served, with the marking that it has today.
fn viewed(record: &Record, today: Option<&Head>) -> Vec<u8> {
    let mut view = record.view();
    if let Some(today) = today {
        view["marking"] = today.summary.marking.as_str().into();
    }
    serde_json::to_vec(&view).expect("JSON is JSON")
}

fn version_of(record: &Record) -> u32 {
    record.events().last().map_or(0, |last| last.event.version)
}
