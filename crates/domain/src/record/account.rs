//! One happening as it was told: by one event, and by others that restate it.
//!
//! What a second account adds is added, what is equal or finer confirms, the rest is contested. Of what is
//! contested an adjudication decides, else the latest correction, else the first report.

use serde::Serialize;
use serde_json::Value;

use super::Entry;
use super::amendment::{amended, changed_places, normal, value_at};
use crate::accounts::{Difference, Differences};
use crate::vocabulary::{ALTERNATIVE, POINTER, Pointer};
use crate::{Data, EventKind};

/// Fields in which accounts do not contradict each other: words of the recorder, and what every event has.
const NOT_COMPARED: &[&str] = &["title", "links", "utterances", "citations", "notes", "restates"];

/// One happening.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) kind: EventKind,
    /// The event that told it first.
    pub(super) first: usize,
    /// The events that told it again.
    pub(super) also: Vec<usize>,
    /// What is taken to be so, if not what the first says.
    merged: Option<Data>,
    /// What accounts do not agree on, in the order of its coming up.
    pub(super) contests: Vec<Contest>,
    /// Whom a place is from, if not from the first; the latest last.
    from: Vec<(Pointer, usize)>,
}

/// What accounts do not agree on.
#[derive(Clone, Debug)]
pub(super) struct Contest {
    pub(super) pointer: Pointer,
    pub(super) standing: Claim,
    pub(super) alternatives: Vec<Claim>,
    pub(super) adjudicated_by: Option<usize>,
}

/// The rule by which what stands does, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Because {
    /// An approver decided.
    Adjudicated,
    /// Its account was corrected last.
    LatestCorrection,
    /// It was told first.
    FirstReport,
    /// Several tell it, and nobody otherwise.
    Confirmed,
    /// Nobody else says anything about it.
    OnlyAccount,
}

/// That an event says this.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) event: usize,
    /// Absent: that it says something else is not so.
    pub(super) value: Option<Value>,
}

impl Contest {
    /// Why what stands does.
    pub(super) fn because(&self, entries: &[Entry]) -> Because {
        if self.adjudicated_by.is_some() {
            Because::Adjudicated
        } else if entries[self.standing.event].corrected(&self.pointer.field()).is_some() {
            Because::LatestCorrection
        } else {
            Because::FirstReport
        }
    }
}

impl Account {
    pub(super) const fn new(kind: EventKind, first: usize) -> Self {
        Self { kind, first, also: Vec::new(), merged: None, contests: Vec::new(), from: Vec::new() }
    }

    /// The events that tell it, the first one first.
    pub(super) fn tellers(&self) -> impl Iterator<Item = usize> {
        std::iter::once(self.first).chain(self.also.iter().copied())
    }

    /// Whose word a place is, or the last that was added to it.
    pub(super) fn teller(&self, place: &Pointer) -> usize {
        let touches = |(other, _): &&(Pointer, usize)| other.is_within(place) || place.is_within(other);
        self.from.iter().rev().find(touches).map_or(self.first, |(_, event)| *event)
    }

    /// What is taken to be so.
    pub(super) fn data<'a>(&'a self, entries: &'a [Entry]) -> &'a Data {
        self.merged.as_ref().unwrap_or_else(|| entries[self.first].data())
    }

    /// Takes another account of it. Says whether what is taken to be so changed.
    pub(super) fn restate(&mut self, entries: &[Entry], event: usize) -> bool {
        self.also.push(event);
        let mut merged = self.merged.take().unwrap_or_else(|| entries[self.first].data().clone());
        let mut added = Vec::new();
        let mut contested = Vec::new();
        for (name, content) in entries[event].data().iter().filter(|(name, _)| *name != "restates") {
            let field = Pointer::root().within(name);
            let Some(standing) = merged.content_mut(name) else {
                if self.is_denied(&field) {
                    let other = value_at(entries[event].data(), &field).unwrap_or_default();
                    contested.push((name, Difference { pointer: field, standing: Value::Null, other }));
                } else {
                    merged.set(name, content.clone());
                    added.push(field);
                }
                continue;
            };
            if NOT_COMPARED.contains(&name) || standing == content {
                continue;
            }
            let before = standing.clone();
            let mut differences = Differences::of(name);
            standing.confirm(content, &mut differences);
            if *standing != before {
                added.extend(changed_places(&field, &before, standing));
            }
            contested.extend(differences.into_found().into_iter().map(|found| (name, found)));
        }
        let mut changed = !added.is_empty();
        self.from.extend(added.into_iter().map(|place| (place, event)));
        self.refine(&merged, event);
        self.merged = Some(merged);
        for (name, found) in contested {
            changed |= self.contest(entries, event, name, found);
        }
        changed
    }

    /// Whether it was decided that there is nothing at a place.
    fn is_denied(&self, place: &Pointer) -> bool {
        let denied = |contest: &Contest| contest.adjudicated_by.is_some() && contest.standing.value.is_none();
        self.contests.iter().any(|contest| contest.pointer == *place && denied(contest))
    }

    /// What stands in a contest is what an account just told more exactly.
    fn refine(&mut self, merged: &Data, event: usize) {
        for contest in &mut self.contests {
            let is_told_by =
                |(place, by): &(Pointer, usize)| *by == event && place.is_within(&contest.pointer);
            if contest.standing.value.is_some() && self.from.iter().any(is_told_by) {
                contest.standing = Claim { event, value: value_at(merged, &contest.pointer) };
            }
        }
    }

    /// Opens a contest, or adds to one. Says whether the new claim stands.
    fn contest(&mut self, entries: &[Entry], event: usize, field: &str, found: Difference) -> bool {
        let claim = Claim { event, value: Some(found.other) };
        let at =
            self.contests.iter().position(|contest| contest.pointer == found.pointer).unwrap_or_else(|| {
                let standing = Claim { event: self.teller(&found.pointer), value: Some(found.standing) };
                let pointer = found.pointer.clone();
                self.contests.push(Contest {
                    pointer,
                    standing,
                    alternatives: Vec::new(),
                    adjudicated_by: None,
                });
                self.contests.len() - 1
            });
        let contest = &self.contests[at];
        let corrected = |claim: &Claim| entries[claim.event].corrected(field);
        if contest.adjudicated_by.is_none() && corrected(&claim) > corrected(&contest.standing) {
            return self.choose(entries, at, claim);
        }
        self.contests[at].alternatives.push(claim);
        false
    }

    /// Takes an objection by an event that has no account of its own.
    pub(super) fn object(
        &mut self,
        entries: &[Entry],
        event: usize,
        against: usize,
        pointer: Pointer,
        alternative: Option<&Value>,
    ) {
        let data = self.data(entries);
        let source = &entries[event].event.source;
        let alternative = alternative.map(|value| normal(self.kind, data, &pointer, value, source));
        let value = value_at(data, &pointer).filter(|_| !pointer.as_str().is_empty());
        let claim = Claim { event, value: alternative };
        match self.contests.iter_mut().find(|contest| contest.pointer == pointer) {
            Some(contest) => contest.alternatives.push(claim),
            None => {
                let standing = Claim { event: against, value };
                let alternatives = vec![claim];
                self.contests.push(Contest { pointer, standing, alternatives, adjudicated_by: None });
            }
        }
    }

    /// Decides what is contested at a place, or everywhere. Says whether what is taken to be so changed.
    pub(super) fn adjudicate(
        &mut self,
        entries: &[Entry],
        event: usize,
        pointer: &Pointer,
        chosen: &Chosen,
    ) -> bool {
        if !pointer.as_str().is_empty() && self.contests.iter().all(|contest| contest.pointer != *pointer) {
            let value = value_at(self.data(entries), pointer);
            let standing = Claim { event: self.teller(pointer), value };
            let contest = Contest {
                pointer: pointer.clone(),
                standing,
                alternatives: Vec::new(),
                adjudicated_by: None,
            };
            self.contests.push(contest);
        }
        let mut changed = false;
        for at in 0..self.contests.len() {
            let contest = &self.contests[at];
            if !contest.pointer.is_within(pointer) {
                continue;
            }
            let claim = chosen.of(self.kind, self.data(entries), contest, entries, event);
            self.contests[at].adjudicated_by = Some(event);
            if let Some(claim) = claim {
                changed |= self.choose(entries, at, claim);
            }
        }
        changed
    }

    /// Lets a claim stand; the one that stood becomes an alternative.
    fn choose(&mut self, entries: &[Entry], at: usize, claim: Claim) -> bool {
        let contest = &mut self.contests[at];
        if contest.standing.value == claim.value {
            contest.standing = claim;
            return false;
        }
        contest.alternatives.retain(|other| other.event != claim.event || other.value != claim.value);
        let stood = std::mem::replace(&mut contest.standing, claim);
        contest.alternatives.push(stood);
        let contest = &self.contests[at];
        let source = &entries[contest.standing.event].event.source;
        let value = contest.standing.value.as_ref();
        // What was admitted can be put there, unless what it builds on was itself taken back.
        match amended(self.kind, self.data(entries), &contest.pointer, value, source) {
            Ok(data) => {
                self.from.push((contest.pointer.clone(), contest.standing.event));
                self.merged = Some(data);
                true
            }
            Err(_) => false,
        }
    }
}

/// What an adjudication chooses.
pub(super) enum Chosen {
    /// The account of that event.
    Event(usize),
    /// This value.
    Value(Value),
}

impl Chosen {
    /// What it makes of a contest; nothing if the chosen event says nothing there.
    fn of(
        &self,
        kind: EventKind,
        data: &Data,
        contest: &Contest,
        entries: &[Entry],
        adjudication: usize,
    ) -> Option<Claim> {
        match self {
            Self::Value(value) => {
                let source = &entries[adjudication].event.source;
                let value = normal(kind, data, &contest.pointer, value, source);
                Some(Claim { event: adjudication, value: Some(value) })
            }
            Self::Event(event) => {
                let claims = std::iter::once(&contest.standing).chain(&contest.alternatives);
                let claimed = claims.rev().find(|claim| claim.event == *event).cloned();
                claimed.or_else(|| {
                    let event = *event;
                    let value = said_at(kind, data, &contest.pointer, &entries[event])?;
                    Some(Claim { event, value: Some(value) })
                })
            }
        }
    }
}

/// What an event says should stand at a place: its own account, or its objection to another.
fn said_at(kind: EventKind, data: &Data, pointer: &Pointer, entry: &Entry) -> Option<Value> {
    if entry.event.kind.known() == Some(kind) {
        return value_at(entry.data(), pointer);
    }
    let alternative = entry.event.data.get(&ALTERNATIVE)?;
    let is_there = entry.event.data.get(&POINTER) == Some(pointer);
    is_there.then(|| normal(kind, data, pointer, &alternative.0, &entry.event.source))
}
