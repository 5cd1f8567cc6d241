//! Hard rules: an event that breaks one is rejected, and nothing is recorded.

use serde_json::Value;

use super::account::Chosen;
use super::amendment::{amended, normal, value_at};
use super::state::{choice, find};
use super::{Entry, Record};
use crate::read::Issue;
use crate::value::Name;
use crate::vocabulary::{
    ALTERNATIVE, CHANGES, CHOSEN, EVENT, HOLD, Json, POINTER, RECORD, REQUESTER, RESTATES,
};
use crate::{Event, EventKind, EventName};

/// The most events that a record may have.
pub const MOST_EVENTS: usize = 10_000;

/// Whether the event may be the record's next.
///
/// # Errors
/// Every rule that it breaks.
pub(super) fn decide(record: &Record, candidate: &Event) -> Result<(), Vec<Issue>> {
    let mut found = Found(Vec::new());
    let Some(kind) = candidate.kind.known() else {
        return Err(vec![issue("", format!("“{}” is no event type of this register", candidate.kind))]);
    };
    if kind.aggregate() != record.subject().aggregate {
        found.add("", format!("expected a subject {}/…, found {}", kind.aggregate(), record.subject()));
        return found.end();
    }
    if record.entries.len() >= MOST_EVENTS {
        found.add("", format!("the record has {MOST_EVENTS} events, and may not have more"));
    }
    if record.is_disposed() {
        found.add("", "the record was disposed of: nothing more is recorded in it");
    }
    if record.entries.is_empty() && kind.event().is_control() {
        let subject = record.subject();
        found
            .add("", format!("nothing is recorded yet under {subject} that {} could be about", kind.short()));
        return found.end();
    }
    match kind.event() {
        EventName::Corrected => found.correction(record, candidate),
        EventName::Retracted => found.retraction(record, candidate),
        EventName::Contested => found.contest(record, candidate),
        EventName::Adjudicated => found.adjudication(record, candidate),
        EventName::MergedInto => found.merger(record, candidate),
        control if control.is_control() => found.custody(record, candidate, control),
        _ => found.restatement(record, candidate, kind),
    }
    found.end()
}

fn issue(pointer: &str, detail: impl Into<String>) -> Issue {
    Issue { pointer: pointer.to_owned(), detail: detail.into() }
}

/// The rules found broken.
struct Found(Vec<Issue>);

impl Found {
    fn end(self) -> Result<(), Vec<Issue>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }

    fn add(&mut self, pointer: &str, detail: impl Into<String>) {
        self.0.push(issue(pointer, detail));
    }

    /// What `event` refers to must be an event of the record that stands, and say something of the world.
    fn target<'r>(&mut self, record: &'r Record, candidate: &Event) -> Option<&'r Entry> {
        let entry = self.any_target(record, candidate)?;
        if entry.event.kind.known().is_none_or(|kind| kind.event().is_control()) {
            self.add("/event", "expected an event that says what happened, not one of record control");
            return None;
        }
        Some(entry)
    }

    fn any_target<'r>(&mut self, record: &'r Record, candidate: &Event) -> Option<&'r Entry> {
        let uid = candidate.data.get(&EVENT)?.0;
        let Some(at) = find(&record.entries, uid) else {
            self.add("/event", "expected an event of this record");
            return None;
        };
        let entry = &record.entries[at];
        if !entry.stands() {
            self.add("/event", "the event was retracted");
            return None;
        }
        Some(entry)
    }

    fn own(&mut self, entry: &Entry, candidate: &Event, does: &str) {
        if entry.event.agency != candidate.agency {
            let agency = &entry.event.agency;
            self.add(
                "/event",
                format!("an agency {does} only its own events; this one is of {agency}: contest it"),
            );
        }
    }

    fn correction(&mut self, record: &Record, candidate: &Event) {
        let Some(entry) = self.target(record, candidate) else { return };
        self.own(entry, candidate, "corrects");
        let Some(kind) = entry.event.kind.known() else { return };
        let mut data = entry.data().clone();
        for (at, change) in candidate.data.list(&CHANGES).iter().enumerate() {
            if let Some(Json(old)) = &change.old {
                let old = normal(kind, &data, &change.pointer, old, &candidate.source);
                self.stated_old(at, &old, value_at(&data, &change.pointer));
            }
            let new = change.new.as_ref().map(|new| &new.0);
            match amended(kind, &data, &change.pointer, new, &candidate.source) {
                Ok(corrected) if corrected == data => self.add(&format!("/changes/{at}"), "changes nothing"),
                Ok(corrected) => data = corrected,
                Err(issues) => {
                    for wrong in issues {
                        let detail = format!("{} would be wrong: {}", wrong.pointer, wrong.detail);
                        self.add(&format!("/changes/{at}/new"), detail);
                    }
                }
            }
        }
        if kind.event() == EventName::Captured
            && ["title", "url", "sha256"].iter().all(|name| data.content(name).is_none())
        {
            self.add("/changes", "of title, url and sha256 one must be left");
        }
    }

    /// What a correction says it finds must be what stands there.
    fn stated_old(&mut self, at: usize, old: &Value, standing: Option<Value>) {
        if standing.as_ref() != Some(old) {
            let found = standing.map_or_else(|| "nothing".to_owned(), |standing| standing.to_string());
            self.add(&format!("/changes/{at}/old"), format!("expected what stands there: {found}"));
        }
    }

    fn retraction(&mut self, record: &Record, candidate: &Event) {
        let Some(entry) = self.any_target(record, candidate) else { return };
        self.own(entry, candidate, "retracts");
        let event = entry.event.kind.known().map(EventKind::event);
        let of_custody = event.is_some_and(|event| {
            use EventName as E;
            let of_contents =
                matches!(event, E::Corrected | E::Retracted | E::Contested | E::Adjudicated | E::MergedInto);
            event.is_control() && !of_contents
        });
        if of_custody {
            self.add("/event", "what is done about a record's custody is not retracted but done otherwise");
        }
    }

    fn contest(&mut self, record: &Record, candidate: &Event) {
        let Some(entry) = self.target(record, candidate) else { return };
        let Some(kind) = entry.event.kind.known() else { return };
        let pointer = candidate.data.get(&POINTER);
        match (pointer, candidate.data.get(&ALTERNATIVE)) {
            (None, Some(_)) => self.add("/pointer", "is required where there is an alternative"),
            (Some(pointer), Some(Json(alternative))) => {
                if let Err(issues) =
                    amended(kind, entry.data(), pointer, Some(alternative), &candidate.source)
                {
                    issues.into_iter().for_each(|wrong| self.add("/alternative", wrong.detail));
                }
            }
            (Some(pointer), None) if value_at(entry.data(), pointer).is_none() => {
                self.add("/pointer", "the event says nothing there");
            }
            _ => {}
        }
    }

    fn adjudication(&mut self, record: &Record, candidate: &Event) {
        let Some(entry) = self.target(record, candidate) else { return };
        let is_party =
            |(at, told): (usize, &Entry)| told.event.actor == candidate.actor && is_about(record, at, entry);
        if record.entries.iter().enumerate().any(is_party) {
            self.second_person(&candidate.actor);
        }
        let Some(chosen) = candidate.data.get(&CHOSEN) else { return };
        let Some(kind) = entry.event.kind.known() else { return };
        match (choice(&record.entries, chosen), candidate.data.get(&POINTER)) {
            (Chosen::Event(at), _) if !record.entries[at].stands() => {
                self.add("/chosen", "the event was retracted");
            }
            (Chosen::Event(at), _) if !is_about(record, at, entry) => {
                self.add("/chosen", "expected an event that tells the same or contests it");
            }
            (Chosen::Event(_), _) => {}
            (Chosen::Value(_), None) => {
                self.add(
                    "/chosen",
                    "expected the uid of an event; a value needs a pointer to where it belongs",
                );
            }
            (Chosen::Value(value), Some(pointer)) => {
                if let Err(issues) = amended(kind, entry.data(), pointer, Some(&value), &candidate.source) {
                    issues.into_iter().for_each(|wrong| self.add("/chosen", wrong.detail));
                }
            }
        }
    }

    fn merger(&mut self, record: &Record, candidate: &Event) {
        self.owner(record, candidate);
        let Some(into) = candidate.data.get(&RECORD) else { return };
        if into.aggregate != record.subject().aggregate {
            self.add(
                "/record",
                format!("expected a record of the same kind: {}/…", record.subject().aggregate),
            );
        } else if *into == record.subject() {
            self.add("/record", "expected another record");
        }
    }

    fn custody(&mut self, record: &Record, candidate: &Event, event: EventName) {
        self.owner(record, candidate);
        match event {
            EventName::ReleaseAuthorised | EventName::ReleaseRevoked
                if is_author(record, &candidate.actor) =>
            {
                self.second_person(&candidate.actor);
            }
            EventName::HoldLifted => {
                let Some(hold) = candidate.data.get(&HOLD) else { return };
                let holds = record.state.custody.holds.iter();
                if holds.into_iter().all(|placed| record.entries[*placed].event.uid != hold.0) {
                    self.add("/hold", "expected the event that placed a hold in force");
                }
            }
            EventName::Disposed => self.disposal(record, candidate),
            _ => {}
        }
    }

    fn disposal(&mut self, record: &Record, candidate: &Event) {
        if !record.state.custody.holds.is_empty() {
            self.add("", "the record is under a hold");
        }
        // Who asked for it is what the approver says, so it does not count alone.
        let requester = candidate.data.get(&REQUESTER).map(Name::as_str);
        if requester == Some(candidate.actor.as_str()) || is_author(record, &candidate.actor) {
            self.second_person(&candidate.actor);
        }
    }

    fn second_person(&mut self, first: &str) {
        self.add("", format!("must be sent by another person with the role approver than {first}"));
    }

    fn owner(&mut self, record: &Record, candidate: &Event) {
        if !record.entries.is_empty() && record.owner() != candidate.agency {
            self.add("", format!("the record belongs to {}", record.owner()));
        }
    }

    fn restatement(&mut self, record: &Record, candidate: &Event, kind: EventKind) {
        let Some(restated) = candidate.data.get(&RESTATES) else { return };
        match find(&record.entries, restated.0).map(|at| &record.entries[at].event.kind) {
            None => self.add("/restates", "expected an event of this record"),
            Some(other) if other.known() != Some(kind) => {
                self.add("/restates", format!("expected another {}, found {other}", kind.short()));
            }
            Some(_) => {}
        }
    }
}

/// Whether some of what the record says is this person's: what happened, or that it was otherwise.
fn is_author(record: &Record, actor: &str) -> bool {
    use EventName as E;
    let says_something = |entry: &Entry| {
        entry.event.kind.known().map(EventKind::event).is_none_or(|event| {
            !event.is_control() || matches!(event, E::Corrected | E::Retracted | E::Contested)
        })
    };
    record.entries.iter().any(|entry| entry.event.actor == actor && says_something(entry))
}

/// Whether an event is an account of the same as `entry`, or contests one.
fn is_about(record: &Record, at: usize, entry: &Entry) -> bool {
    let event = &record.entries[at];
    let contested = event.event.data.get(&EVENT).and_then(|event| find(&record.entries, event.0));
    let account = contested.map_or(event.account, |contested| record.entries[contested].account);
    account.is_some() && account == entry.account
}
