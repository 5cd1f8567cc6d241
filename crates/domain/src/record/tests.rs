//! Given what was recorded, when this is proposed, then that follows.

use serde_json::{Value, json};

use crate::read::Context;
use crate::{Aggregate, Event, EventKind, Kind, Record, Subject, Vocabulary, event_uid, read_data};

/// A record with the events that are given.
pub(super) struct Given {
    pub(super) record: Record,
    vocabulary: Vocabulary,
}

impl Given {
    pub(super) fn nothing(aggregate: Aggregate) -> Self {
        let subject = Subject::of_key("urn:agency:pk", aggregate, "it");
        Self { record: Record::new(subject), vocabulary: Vocabulary::default() }
    }

    /// The event that an agency would propose next.
    pub(super) fn event(&self, agency: &str, kind: &str, data: &Value) -> Event {
        let source = format!("urn:agency:{agency}");
        let kind = kind.parse::<EventKind>().expect("a type of the vocabulary");
        let context = Context { source: source.clone(), party: agency.to_uppercase(), language: None };
        let (data, _) = read_data(kind, data, &context, &self.vocabulary).expect("well-formed data");
        let version = self.record.version() + 1;
        Event {
            uid: event_uid(&source, &version.to_string()),
            version,
            position: u64::from(version),
            kind: Kind::Known(kind),
            time: "2025-11-24T12:00:00Z".parse().expect("a time"),
            recorded: "2025-11-24T12:00:00Z".parse().expect("a time"),
            agency: source.clone(),
            source,
            actor: format!("officer@{agency}"),
            on_behalf_of: None,
            marking: "OFFICIAL".parse().expect("a marking"),
            anomalies: Vec::new(),
            data,
        }
    }

    pub(super) fn then(mut self, kind: &str, data: Value) -> Self {
        let event = self.event("pk", kind, &data);
        let anomalies = self.record.admit(&event, &self.vocabulary).expect("admitted");
        self.record.apply(Event { anomalies, ..event });
        self
    }
}

#[test]
fn the_least_that_must_be_accepted_is_a_call_of_two_states() {
    let given = Given::nothing(Aggregate::Engagement);
    let view = given.then("engagement.held", json!({ "kind": "call", "participants": ["CA"] })).record.view();
    assert_eq!(view["title"], "Call: Canada and Pakistan");
    assert_eq!(view["status"], "held");
    assert_eq!(view["mode"], "phone");
    assert_eq!(view["participants"][1]["attendance"], "attended");
    assert_eq!(view["citations"][0]["source"], "first-hand");
}
