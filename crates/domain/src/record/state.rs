//! What a record's events amount to, one event at a time.
//!
//! A step takes the next event and what was folded before, nothing else: folding from scratch and folding as
//! events arrive come to the same.

use std::collections::BTreeMap;

use super::Entry;
use super::account::{Account, Chosen};
use super::course::Course;
use super::custody::Custody;
use crate::vocabulary::{
    self, ALTERNATIVE, Again, CHOSEN, Content, EVENT, Json, Kept, Key, POINTER, Pointer, RECORD, RESTATES,
};
use crate::{Data, EventKind, EventName, Subject};

/// What a record's events amount to.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) accounts: Vec<Account>,
    pub(super) described: Description,
    pub(super) custody: Custody,
    /// The record that stands for the same, and the event that says so.
    pub(super) merged_into: Option<(Subject, usize)>,
}

/// What the accounts amount to: the description, and how far the record has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Description {
    pub(super) course: Course,
    /// Each field with the stage of the account that it is from.
    fields: BTreeMap<&'static str, (u8, Content)>,
}

impl State {
    /// Takes the event at `index`; those before it are folded already.
    pub(super) fn step(&mut self, entries: &mut [Entry], index: usize) {
        let event = std::sync::Arc::clone(&entries[index].event);
        if index == 0 {
            self.custody.begin(&event.marking);
        }
        let Some(kind) = event.kind.known() else { return };
        match kind.event() {
            // What they change is folded again with them.
            EventName::Corrected | EventName::Retracted => {}
            EventName::Contested => self.object(entries, index),
            EventName::Adjudicated => self.adjudicate(entries, index),
            EventName::MergedInto => {
                self.merged_into = event.data.get(&RECORD).map(|record| (*record, index));
            }
            control if control.is_control() => self.custody.step(entries, index, control),
            _ => self.tell(entries, index, kind),
        }
    }

    /// Takes an event of the world: another account of a happening, or a new one.
    fn tell(&mut self, entries: &mut [Entry], index: usize, kind: EventKind) {
        let restated = self.restated(entries, kind, entries[index].data());
        let account = restated.unwrap_or(self.accounts.len());
        // What others restate stays one happening, though the account that they name was retracted.
        if let Some(named) = entries[index].data().get(&RESTATES).and_then(|event| find(entries, event.0))
            && entries[named].event.kind.known() == Some(kind)
        {
            entries[named].account.get_or_insert(account);
        }
        entries[index].account = Some(account);
        match restated {
            Some(at) => {
                if self.accounts[at].restate(entries, index) {
                    self.describe(entries);
                }
            }
            None => {
                self.described.take(kind, entries[index].data());
                self.accounts.push(Account::new(kind, index));
            }
        }
    }

    /// The account that an event restates: the one it names, or for what happens once the one there is.
    pub(super) fn restated(&self, entries: &[Entry], kind: EventKind, data: &Data) -> Option<usize> {
        let named = data.get(&RESTATES).and_then(|event| find(entries, event.0));
        if let Some(at) = named.and_then(|event| entries[event].account) {
            return Some(at).filter(|at| self.accounts[*at].kind == kind);
        }
        let again = vocabulary::row_of(kind.aggregate(), kind.event())?.again;
        let same: &[&str] = match again {
            Again::Happened => return None,
            Again::Restated => &[],
            Again::RestatedOf(fields) => fields,
        };
        let found = self.accounts.iter().rposition(|account| {
            account.kind == kind
                && same.iter().all(|name| is_same(account.data(entries).content(name), data.content(name)))
        })?;
        // What was called off and taken up again can be called off again.
        let revived =
            kind.event() == EventName::Cancelled && self.described.course.status != Some("cancelled");
        (!revived).then_some(found)
    }

    fn object(&mut self, entries: &mut [Entry], index: usize) {
        let contest = std::sync::Arc::clone(&entries[index].event);
        let Some(target) = contest.data.get(&EVENT).and_then(|event| find(entries, event.0)) else { return };
        entries[target].contested_by.push(contest.uid);
        if let Some(at) = entries[target].account.filter(|_| entries[target].stands()) {
            let pointer = contest.data.get(&POINTER).cloned().unwrap_or_else(Pointer::root);
            let alternative = contest.data.get(&ALTERNATIVE).map(|json| &json.0);
            self.accounts[at].object(entries, index, target, pointer, alternative);
        }
    }

    /// Takes a decision. One for an account that was retracted falls away with it; one about an account that
    /// was retracted is about the others of the same happening.
    fn adjudicate(&mut self, entries: &[Entry], index: usize) {
        let data = &entries[index].event.data;
        let Some(target) = data.get(&EVENT).and_then(|event| find(entries, event.0)) else { return };
        let Some(chosen) = data.get(&CHOSEN).map(|chosen| choice(entries, chosen)) else { return };
        let teller = match chosen {
            Chosen::Event(event) if !entries[event].stands() => return,
            Chosen::Event(event) => entries[event].account,
            Chosen::Value(_) => None,
        };
        let same = || {
            let kind = entries[target].event.kind.known()?;
            self.restated(entries, kind, entries[target].data())
        };
        let Some(at) = entries[target].account.or(teller).or_else(same) else { return };
        let pointer = data.get(&POINTER).cloned().unwrap_or_else(Pointer::root);
        if self.accounts[at].adjudicate(entries, index, &pointer, &chosen) {
            self.describe(entries);
        }
    }

    /// Works the description out again, after an earlier account changed.
    fn describe(&mut self, entries: &[Entry]) {
        self.described = Description::default();
        for account in &self.accounts {
            self.described.take(account.kind, account.data(entries));
        }
    }
}

/// An event of the record by its uid.
pub(super) fn find(entries: &[Entry], uid: uuid::Uuid) -> Option<usize> {
    entries.iter().position(|entry| entry.event.uid == uid)
}

/// What `chosen` means: the uid of an event of the record is that event's account, anything else the value.
pub(super) fn choice(entries: &[Entry], chosen: &Json) -> Chosen {
    let event = chosen.0.as_str().and_then(|text| text.parse().ok()).and_then(|uid| find(entries, uid));
    event.map_or_else(|| Chosen::Value(chosen.0.clone()), Chosen::Event)
}

/// Whether two accounts are of the same party, register, step.
fn is_same(a: Option<&Content>, b: Option<&Content>) -> bool {
    match (a, b) {
        (Some(Content::Party(a)), Some(Content::Party(b))) => crate::accounts::is_one_party(a, b),
        (Some(Content::Name(a)), Some(Content::Name(b))) => {
            crate::value::fold(a.as_str()) == crate::value::fold(b.as_str())
        }
        (a, b) => a == b,
    }
}

impl Description {
    /// Takes an account: what it says replaces what is known, unless it is of an earlier stage.
    fn take(&mut self, kind: EventKind, data: &Data) {
        let stage = self.course.stage_of(kind);
        for (name, content) in data.iter().filter(|(name, _)| vocabulary::describes(kind, name)) {
            match self.fields.get_mut(name) {
                None => {
                    self.fields.insert(name, (stage, content.clone()));
                }
                Some((known, standing)) if *known <= stage => {
                    standing.renew(content);
                    *known = stage;
                }
                Some((_, standing)) => {
                    let mut older = content.clone();
                    older.renew(standing);
                    *standing = older;
                }
            }
        }
        self.course.advance(kind, data);
    }

    /// What a field of the record holds.
    pub(super) fn get<T: Kept>(&self, key: &Key<T>) -> Option<&T> {
        self.fields.get(key.name).and_then(|(_, content)| T::of(content))
    }

    /// Every field, in the order of their names.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Content)> {
        self.fields.iter().map(|(name, (_, content))| (*name, content))
    }

    /// The record's kind.
    pub(super) fn kind(&self) -> Option<&str> {
        match &self.fields.get("kind")?.1 {
            Content::Code(code) => Some(code.as_str()),
            Content::InstrumentKind(kind) => Some(kind.as_str()),
            Content::MatterKind(kind) => Some(kind.as_str()),
            Content::PartyKind(kind) => Some(kind.as_str()),
            Content::SourceKind(kind) => Some(kind.as_str()),
            _ => None,
        }
    }
}
