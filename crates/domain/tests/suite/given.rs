//! Writing down a record's history and what it amounts to, each in a line.
//!
//! Events have the ids 1, 2, 3, …; in data and in what is expected, `#2` stands for the uid of the second.

use domain::read::{Context, Issue};
use domain::{
    Aggregate, Anomaly, Event, EventKind, EventName, Kind, Record, Subject, Vocabulary, event_uid, read_data,
};
use serde_json::Value;
use uuid::Uuid;

/// A record with the events that are given.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) record: Record,
    marking: &'static str,
    vocabulary: Vocabulary,
    actor: Option<&'static str>,
}

/// A record of which nothing is known.
pub(crate) fn nothing(aggregate: Aggregate) -> Given {
    let subject = Subject::of_key("urn:agency:pk", aggregate, "it");
    let vocabulary = Vocabulary::default();
    Given { record: Record::new(subject), marking: "OFFICIAL", vocabulary, actor: None }
}

impl Given {
    /// The agency of Pakistan records this.
    pub(crate) fn when(self, kind: &str, data: Value) -> Self {
        self.when_by("pk", kind, data)
    }

    /// The agency of this party records this.
    pub(crate) fn when_by(mut self, party: &str, kind: &str, data: Value) -> Self {
        let event = self.event(party, kind, &data).unwrap_or_else(|issues| panic!("{kind}: {issues:?}"));
        let anomalies = self.admit(&event).unwrap_or_else(|issues| panic!("{kind}: {issues:?}"));
        self.record.apply(Event { anomalies, ..event });
        self
    }

    /// Records begin with this marking.
    pub(crate) fn marked(self, marking: &'static str) -> Self {
        Self { marking, ..self }
    }

    /// Another officer records what follows.
    pub(crate) fn acting(self, actor: &'static str) -> Self {
        Self { actor: Some(actor), ..self }
    }

    /// The record then shows all of this, and perhaps more.
    #[track_caller]
    pub(crate) fn then(self, expected: Value) -> Self {
        let view = self.record.view();
        let expected = self.resolved(&expected);
        if let Err(place) = contains(&view, &expected) {
            panic!("at “{place}”: expected {expected:#}\nin {view:#}");
        }
        self
    }

    /// The accounts side by side then have all of this, and perhaps more.
    #[track_caller]
    pub(crate) fn compares(self, expected: Value) -> Self {
        let accounts = Value::Array(self.record.accounts());
        if let Err(place) = contains(&accounts, &self.resolved(&expected)) {
            panic!("at “{place}”: expected {expected:#}\nin {accounts:#}");
        }
        self
    }

    /// The record then shows none of these fields.
    #[track_caller]
    pub(crate) fn without(self, fields: &[&str]) -> Self {
        let view = self.record.view();
        for field in fields {
            assert!(view.get(field).is_none(), "{field}: {}", view[field]);
        }
        self
    }

    /// The record then shows nothing at this place.
    #[track_caller]
    pub(crate) fn lacks(self, pointer: &str) -> Self {
        let view = self.record.view();
        assert!(view.pointer(pointer).is_none(), "{pointer}: {view:#}");
        self
    }

    /// This would be refused at these places, for these reasons.
    #[track_caller]
    pub(crate) fn refuses(self, kind: &str, data: Value, expected: &[(&str, &str)]) -> Self {
        self.refuses_of("pk", kind, data, expected)
    }

    /// This would be refused from the agency of this party.
    #[track_caller]
    pub(crate) fn refuses_of(self, party: &str, kind: &str, data: Value, expected: &[(&str, &str)]) -> Self {
        let refused = self.event(party, kind, &data).and_then(|event| self.admit(&event).map(|_| ()));
        let issues = refused.expect_err("it is to be refused");
        let meets = |(issue, (pointer, detail)): (&Issue, &(&str, &str))| {
            issue.pointer == *pointer && issue.detail.contains(detail)
        };
        assert!(issues.len() == expected.len() && issues.iter().zip(expected).all(meets), "{issues:?}");
        self
    }

    /// This would be recorded with these anomalies.
    #[track_caller]
    pub(crate) fn flags(self, kind: &str, data: Value, codes: &[&str]) -> Self {
        let event = self.event("pk", kind, &data).unwrap_or_else(|issues| panic!("{kind}: {issues:?}"));
        let anomalies = self.admit(&event).unwrap_or_else(|issues| panic!("{kind}: {issues:?}"));
        let found = anomalies.iter().map(|anomaly| anomaly.code.as_ref()).collect::<Vec<_>>();
        assert_eq!(found, codes, "{anomalies:?}");
        self
    }

    /// The event that the agency of this party would propose next.
    pub(crate) fn event(&self, party: &str, kind: &str, data: &Value) -> Result<Event, Vec<Issue>> {
        let source = format!("urn:agency:{party}");
        let kind = kind.parse::<EventKind>().unwrap_or_else(|error| panic!("{error}"));
        let context = Context { source: source.clone(), party: party.to_uppercase(), language: None };
        let (data, _) = read_data(kind, &self.resolved(data), &context, &self.vocabulary)?;
        let version = self.record.version() + 1;
        let recorded = "2025-11-24T12:00:00Z".parse().expect("a time");
        Ok(Event {
            uid: event_uid(&source, &version.to_string()),
            version,
            position: u64::from(version),
            kind: Kind::Known(kind),
            time: recorded,
            recorded,
            // Nobody decides about an account of their own.
            actor: self.actor.map_or_else(
                || match kind.event() {
                    EventName::Adjudicated => format!("arbiter@{party}"),
                    _ => format!("officer@{party}"),
                },
                str::to_owned,
            ),
            on_behalf_of: None,
            agency: source.clone(),
            source,
            marking: self.marking.parse().expect("a marking"),
            anomalies: Vec::new(),
            data,
        })
    }

    pub(crate) fn admit(&self, event: &Event) -> Result<Vec<Anomaly>, Vec<Issue>> {
        self.record.admit(event, &self.vocabulary)
    }

    /// The uid of an event, from 1.
    pub(crate) fn uid(&self, version: usize) -> Uuid {
        self.record.events()[version - 1].event.uid
    }

    fn resolved(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match text.strip_prefix('#').and_then(|version| version.parse().ok()) {
                Some(version) => Value::String(self.uid(version).to_string()),
                None => value.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.resolved(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, field)| (name.clone(), self.resolved(field))).collect()
            }
            other => other.clone(),
        }
    }
}

/// Whether `found` has all of `expected`: fields of objects may be more, lists must be as long.
fn contains(found: &Value, expected: &Value) -> Result<(), String> {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            for (name, value) in expected {
                let inner = found.get(name).ok_or_else(|| format!("/{name}"))?;
                contains(inner, value).map_err(|place| format!("/{name}{place}"))?;
            }
            Ok(())
        }
        (Value::Array(found), Value::Array(expected)) if found.len() == expected.len() => {
            let mut pairs = found.iter().zip(expected).enumerate();
            pairs.try_for_each(|(at, (a, b))| contains(a, b).map_err(|place| format!("/{at}{place}")))
        }
        (found, expected) if found == expected => Ok(()),
        _ => Err(String::new()),
    }
}
