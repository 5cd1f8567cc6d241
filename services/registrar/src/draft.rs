//! From a proposal to a draft: what is missing is filled in, everything is read, every mistake is named.
//!
//! Nothing here looks at the log: a draft is right in itself.

use std::collections::HashMap;
use std::str::FromStr;

use contract::{InputError, Principal, Problem, ProblemKind, Proposed, Role, Salt};
use domain::read::{Context, Reference};
use domain::{Data, EventKind, Marking, Subject};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::fingerprint;
use crate::refusal::Place;
use crate::rules::Rules;

/// The most events in one submission: what the log takes as one atomic batch.
const MOST_EVENTS: usize = 1_000;

/// The longest `id` and `source`, in bytes.
const LONGEST_KEY: usize = 512;

/// An event that is complete and can be read; whether the record admits it is not known yet.
pub(crate) struct Draft {
    /// Where it stands in the submission.
    pub(crate) place: Place,
    /// Unique within `source`.
    pub(crate) id: String,
    /// Who says so.
    pub(crate) source: String,
    /// The register's identifier.
    pub(crate) uid: Uuid,
    /// The record.
    pub(crate) subject: Subject,
    /// Whether the record most likely has no events yet.
    pub(crate) begins: bool,
    /// Whether the record is named by an identifier that follows from another agency's key, perhaps: nobody may
    /// begin it so, for whoever owns the key would find it taken.
    pub(crate) derived: bool,
    /// What happened.
    pub(crate) kind: EventKind,
    /// When the producer made the event.
    pub(crate) time: Timestamp,
    /// How many events the record must have.
    pub(crate) expected: Option<u32>,
    /// The marking that the proposal names.
    pub(crate) marking: Option<Marking>,
    /// What passes through: the proposal's other attributes.
    pub(crate) proposed: Proposed,
    /// What tells a retry from a conflict.
    pub(crate) fingerprint: Salt,
    /// What is recorded, in its normal form.
    pub(crate) data: Data,
    /// Records that it refers to by the producer's keys.
    pub(crate) references: Vec<Reference>,
}

/// Completes and reads every event of a submission.
///
/// # Errors
/// A [`Problem`]: what the caller may not do at all, else every mistake of every event.
pub(crate) fn complete(
    principal: &Principal,
    events: Vec<Proposed>,
    listed: bool,
    rules: &Rules,
    now: Timestamp,
) -> Result<Vec<Draft>, Problem> {
    if !principal.holds(Role::Recorder) {
        return Err(Problem::new(ProblemKind::Forbidden, "recording needs the role recorder"));
    }
    let count = events.len();
    if count > MOST_EVENTS {
        let detail = format!("expected at most {MOST_EVENTS} events, found {count}");
        return Err(Problem::invalid(vec![InputError { pointer: String::new(), detail }]));
    }
    let mut drafts = Vec::with_capacity(count);
    let mut mistakes = Vec::new();
    let mut records = HashMap::new();
    for (index, proposed) in events.into_iter().enumerate() {
        let place = Place::new(index, listed);
        if let Some(source) = proposed.source.as_deref().filter(|source| !principal.owns(source)) {
            let detail = format!("“{source}” is not {} and not below it", principal.agency);
            return Err(place.refuse(ProblemKind::Forbidden, "/source", detail));
        }
        let mut completion = Completion { place, principal, rules, mistakes: &mut mistakes };
        let Some(draft) = completion.draft(proposed, now) else { continue };
        if *records.entry(draft.uid).or_insert(draft.subject) != draft.subject {
            mistakes.push(place.mistake("/id", "another event of this submission has it, on another record"));
        }
        drafts.push(draft);
    }
    if mistakes.is_empty() { Ok(drafts) } else { Err(Problem::invalid(mistakes)) }
}

struct Completion<'s> {
    place: Place,
    principal: &'s Principal,
    rules: &'s Rules,
    mistakes: &'s mut Vec<InputError>,
}

impl Completion<'_> {
    fn draft(&mut self, mut proposed: Proposed, now: Timestamp) -> Option<Draft> {
        let id = self.key("/id", proposed.id.take().unwrap_or_else(|| Uuid::now_v7().to_string()));
        let source = proposed.source.take().unwrap_or_else(|| self.principal.agency.clone());
        let source = self.key("/source", source);
        let kind = self.parse::<EventKind>("/type", Some(&proposed.kind));
        let marking = self.parse::<Marking>("/marking", proposed.marking.as_deref());
        let on_behalf = proposed.onbehalfof.as_deref().is_none_or(|text| self.is_text("/onbehalfof", text));
        let value = self.data(&proposed);
        // Without its type and source, nothing more of an event can be read.
        let (kind, source, id) = (kind?, source?, id?);
        let subject = self.subject(&proposed, kind, &source, &id);
        let read = value.as_ref().and_then(|value| self.read(kind, &source, value));
        let ((data, references), subject, value) = (read?, subject?, value?);
        on_behalf.then(|| Draft {
            place: self.place,
            uid: domain::event_uid(&source, &id),
            derived: proposed.subject.as_deref().is_some_and(|text| !text.contains("/~"))
                && !matches!(subject.id.get_version_num(), 4 | 7),
            begins: proposed.subject.is_none() || proposed.expectedversion == Some(0),
            subject,
            kind,
            time: proposed.time.unwrap_or(now),
            expected: proposed.expectedversion,
            marking,
            fingerprint: fingerprint::of(&proposed, &value),
            data,
            references,
            id,
            source,
            proposed,
        })
    }

    fn key(&mut self, field: &str, text: String) -> Option<String> {
        if text.is_empty() || text.len() > LONGEST_KEY || text.chars().any(char::is_control) {
            return self.mistake(field, format!("expected 1 to {LONGEST_KEY} bytes, no control characters"));
        }
        Some(text)
    }

    fn is_text(&mut self, field: &str, text: &str) -> bool {
        self.key(field, text.to_owned()).is_some()
    }

    fn parse<T: FromStr<Err: ToString>>(&mut self, field: &str, text: Option<&str>) -> Option<T> {
        text?.parse().map_err(|expected: T::Err| self.mistake::<()>(field, expected.to_string())).ok()
    }

    fn subject(&mut self, proposed: &Proposed, kind: EventKind, source: &str, id: &str) -> Option<Subject> {
        let aggregate = kind.aggregate();
        let Some(text) = &proposed.subject else { return Some(Subject::of_event(source, id, aggregate)) };
        match Subject::resolve(text, source) {
            Ok(subject) if subject.aggregate == aggregate => Some(subject),
            Ok(_) => self.mistake("/subject", format!("expected {aggregate}/…, as the type says")),
            Err(invalid) => self.mistake("/subject", invalid.to_string()),
        }
    }

    fn data(&mut self, proposed: &Proposed) -> Option<Value> {
        let Some(raw) = &proposed.data else { return Some(Value::Object(serde_json::Map::new())) };
        match serde_json::from_str(raw.get()) {
            Ok(value) => Some(value),
            Err(error) => self.mistake("/data", format!("cannot be read: {error}")),
        }
    }

    fn read(&mut self, kind: EventKind, source: &str, value: &Value) -> Option<(Data, Vec<Reference>)> {
        let context = Context {
            source: source.to_owned(),
            party: self.principal.party.clone(),
            language: self.rules.language.clone(),
        };
        match domain::read_data(kind, value, &context, &self.rules.vocabulary) {
            Ok(read) => Some(read),
            Err(issues) => {
                self.mistakes.extend(self.place.issues(issues));
                None
            }
        }
    }

    fn mistake<T>(&mut self, field: &str, detail: String) -> Option<T> {
        self.mistakes.push(self.place.mistake(field, detail));
        None
    }
}
