//! The accounts of each happening side by side: who tells what, what of it stands, and why.
//!
//! A field on which accounts do not agree has a row for each contested place (`/participants/0/role`) and, if
//! that is not the field as a whole, one for the whole besides. What every account adds to, such as utterances
//! and citations, has no row: it stands beside the rest.

use serde_json::{Map, Value, json};

use super::Entry;
use super::account::{Account, Because, Claim};
use super::view::{COLLECTED, claimed, put_list};
use crate::vocabulary::{
    ALTERNATIVE, AUTHORITY, CHOSEN, CITATIONS, EVENT, POINTER, Pointer, REASON, RESTATES, TITLE,
};
use crate::{Event, EventName};

/// Every happening, in the order in which they were first told.
pub(super) fn of(entries: &[Entry], accounts: &[Account]) -> Vec<Value> {
    accounts.iter().map(|account| Comparison { entries, account }.show()).collect()
}

struct Comparison<'r> {
    entries: &'r [Entry],
    account: &'r Account,
}

impl Comparison<'_> {
    fn show(&self) -> Value {
        let mut out = Map::new();
        out.insert("type".to_owned(), json!(self.account.kind.event()));
        out.insert("of".to_owned(), json!(self.entries[self.account.first].event.uid));
        put_list(&mut out, "accounts", self.account.tellers().map(|event| self.told(event)).collect());
        put_list(&mut out, "fields", self.fields());
        put_list(&mut out, "objections", self.objections());
        put_list(&mut out, "adjudications", self.adjudications());
        Value::Object(out)
    }

    /// One account: what it says now, after its own corrections.
    fn told(&self, event: usize) -> Value {
        let entry = &self.entries[event];
        let mut row = recorded(&entry.event);
        row.insert("source".to_owned(), json!(entry.event.source));
        let corrected_by = entry.corrected_by.iter().map(|uid| json!(uid)).collect();
        put_list(&mut row, "corrected_by", corrected_by);
        let citations = entry.data().list(&CITATIONS).iter().map(|citation| json!(citation)).collect();
        put_list(&mut row, CITATIONS.name, citations);
        let mut data = entry.data().to_json();
        if let Some(fields) = data.as_object_mut() {
            fields.retain(|name, _| name != CITATIONS.name && name != RESTATES.name);
        }
        row.insert("data".to_owned(), data);
        Value::Object(row)
    }

    /// What stands, field by field.
    fn fields(&self) -> Vec<Value> {
        let data = self.account.data(self.entries);
        let names = data.iter().map(|(name, _)| name).filter(|name| !COLLECTED.contains(name));
        let wholes = names.map(|name| Pointer::root().within(name));
        let wholes = wholes.filter(|field| self.account.contests.iter().all(|found| found.pointer != *field));
        let mut rows = self.contested();
        rows.extend(wholes.filter_map(|field| Some((field.clone(), self.whole(&field)?))));
        rows.sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
        rows.into_iter().map(|(_, row)| row).collect()
    }

    fn contested(&self) -> Vec<(Pointer, Value)> {
        let rows = self.account.contests.iter().map(|contest| {
            let mut row = self.row(
                &contest.pointer,
                &contest.standing,
                contest.because(self.entries),
                &contest.alternatives,
            );
            if let Some(by) = contest.adjudicated_by {
                row["adjudicated_by"] = json!(self.entries[by].event.uid);
            }
            (contest.pointer.clone(), row)
        });
        rows.collect()
    }

    /// A field that is not contested as a whole.
    fn whole(&self, field: &Pointer) -> Option<Value> {
        let name = field.field();
        let value = super::amendment::value_at(self.account.data(self.entries), field)?;
        let said = |event: usize| super::amendment::value_at(self.entries[event].data(), field);
        let tellers = self.account.tellers().filter_map(|event| Some((event, said(event)?)));
        let tellers = tellers.collect::<Vec<_>>();
        let same = tellers.iter().find(|(_, other)| *other == value);
        let event = same.map_or_else(|| self.account.teller(field), |(event, _)| *event);
        // How somebody puts the title does not contradict how others do: the first that was put stands.
        let is_worded = name == TITLE.name;
        let others = tellers.iter().filter(|(_, other)| is_worded && *other != value);
        let others = others.map(|(event, other)| Claim { event: *event, value: Some(other.clone()) });
        let others = others.collect::<Vec<_>>();
        let within = self.account.contests.iter().filter(|contest| contest.pointer.is_within(field));
        let because = match (within.map(|contest| contest.because(self.entries)).max(), &*tellers) {
            (Some(because), _) => because,
            (None, [_]) if self.entries[event].corrected(&name).is_some() => Because::LatestCorrection,
            (None, [] | [_]) => Because::OnlyAccount,
            (None, _) if others.is_empty() => Because::Confirmed,
            (None, _) => Because::FirstReport,
        };
        let mut row = self.row(field, &Claim { event, value: Some(value) }, because, &others);
        if because == Because::Confirmed {
            let by = tellers.iter().filter(|(teller, _)| *teller != event);
            let by = by.map(|(teller, _)| json!(self.entries[*teller].event.uid));
            row["confirmed_by"] = by.collect();
        }
        Some(row)
    }

    fn row(&self, pointer: &Pointer, stands: &Claim, because: Because, others: &[Claim]) -> Value {
        let mut row = Map::new();
        row.insert("pointer".to_owned(), json!(pointer));
        row.insert("stands".to_owned(), claimed(self.entries, stands));
        row.insert("because".to_owned(), json!(because));
        let others = others.iter().map(|claim| claimed(self.entries, claim)).collect();
        put_list(&mut row, "alternatives", others);
        Value::Object(row)
    }

    /// Who objected to one of the accounts without one of their own.
    fn objections(&self) -> Vec<Value> {
        let against = self.account.tellers().map(|event| self.entries[event].event.uid).collect::<Vec<_>>();
        let objections = self.of(EventName::Contested).filter_map(|event| {
            let to = event.data.get(&EVENT)?.0;
            against.contains(&to).then(|| control(event, "to", &[ALTERNATIVE.name, "by", REASON.name]))
        });
        objections.collect()
    }

    /// Who decided what, of the decisions that hold.
    fn adjudications(&self) -> Vec<Value> {
        let hold = |event: &&Event| {
            let decides = |by: usize| self.entries[by].event.uid == event.uid;
            self.account.contests.iter().any(|contest| contest.adjudicated_by.is_some_and(decides))
        };
        let decisions = self.of(EventName::Adjudicated).filter(hold);
        let fields = [CHOSEN.name, REASON.name, AUTHORITY.name];
        decisions.map(|event| control(event, "about", &fields)).collect()
    }

    /// The record's events of one type that were not retracted.
    fn of(&self, name: EventName) -> impl Iterator<Item = &Event> {
        let standing = self.entries.iter().filter(|entry| entry.stands()).map(|entry| &*entry.event);
        standing.filter(move |event| event.kind.known().is_some_and(|kind| kind.event() == name))
    }
}

/// Who recorded it, and when.
fn recorded(event: &Event) -> Map<String, Value> {
    let mut row = Map::new();
    row.insert("event".to_owned(), json!(event.uid));
    row.insert("agency".to_owned(), json!(event.agency));
    row.insert("actor".to_owned(), json!(event.actor));
    row.insert("recorded".to_owned(), json!(event.recorded));
    row
}

/// What is said about an account.
fn control(event: &Event, target: &str, fields: &[&str]) -> Value {
    let mut row = recorded(event);
    row.insert(target.to_owned(), json!(event.data.get(&EVENT)));
    let pointer = event.data.get(&POINTER).cloned().unwrap_or_else(Pointer::root);
    row.insert(POINTER.name.to_owned(), json!(pointer));
    let said = event.data.iter().filter(|(name, _)| fields.contains(name));
    row.extend(said.map(|(name, content)| (name.to_owned(), json!(content))));
    Value::Object(row)
}
