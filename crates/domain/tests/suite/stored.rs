//! What is stored is read tolerantly, whatever version wrote it.

use domain::vocabulary::{OCCURRED, PARTICIPANTS};
use domain::{Aggregate, Data, Event, EventKind, Kind};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::given::nothing;

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).expect("JSON")
}

#[test]
fn what_was_read_is_stored_and_reads_back() {
    let given = nothing(Aggregate::Engagement);
    let data = given
        .event("pk", "engagement.held", &json!({ "participants": ["CA"], "occurred": "2025" }))
        .expect("read")
        .data;
    let stored = raw(&serde_json::to_string(&data).expect("JSON"));
    assert_eq!(Data::parse("engagement.held".parse().expect("a type"), &stored), data);
}

/// One event of every type with all its fields, as version 1 wrote it. Lines are only ever added.
const CORPUS: &str = include_str!("../corpus/v1.ndjson");

#[derive(serde::Deserialize)]
struct Line {
    #[serde(rename = "type")]
    kind: String,
    data: Box<RawValue>,
}

#[test]
fn what_was_ever_written_stays_readable() {
    let mut kinds = std::collections::BTreeSet::new();
    for line in CORPUS.lines() {
        let line = serde_json::from_str::<Line>(line).expect("a line of the corpus");
        let kind = line.kind.parse::<EventKind>().expect("a type once is a type for ever");
        let data = Data::parse(kind, &line.data);
        let written = serde_json::from_str::<Value>(line.data.get()).expect("JSON");
        assert_eq!(data.to_json(), written, "{kind}");
        for field in written.as_object().into_iter().flat_map(|fields| fields.keys()) {
            assert!(data.content(field).is_some(), "{kind}: {field} is not read any more");
        }
        kinds.insert(kind);
    }
    let missing = EventKind::all().filter(|kind| !kinds.contains(kind)).map(EventKind::short);
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<String>::new(), "a new type needs a line in the corpus");
}

#[test]
fn fields_unknown_or_unreadable_are_kept_as_they_are() {
    let kind = "engagement.held".parse::<EventKind>().expect("a type");
    let text = r#"{"colour":"red","occurred":{"edtf":"2025"},"participants":[{"name":7}]}"#;
    let data = Data::parse(kind, &raw(text));
    assert!(data.get(&OCCURRED).is_some() && data.get(&PARTICIPANTS).is_none());
    assert_eq!(data.to_json(), serde_json::from_str::<Value>(text).expect("JSON"));
}

#[test]
fn data_that_is_no_object_stops_nothing() {
    let kind = "engagement.held".parse::<EventKind>().expect("a type");
    assert_eq!(Data::parse(kind, &raw("[1]")).to_json(), json!({}));
}

#[test]
fn an_event_of_a_later_version_counts_and_changes_nothing_else() {
    let mut given = nothing(Aggregate::Engagement).when("engagement.held", json!({ "kind": "call" }));
    let event = given.event("pk", "engagement.held", &json!({})).expect("well-formed");
    let data = Data::unread(&raw(r#"{"planet":"Mars"}"#));
    given.record.apply(Event { kind: Kind::parse("chancery.engagement.teleported.v1"), data, ..event });
    assert_eq!(given.record.events()[1].data().to_json(), json!({ "planet": "Mars" }));
    given.then(json!({ "version": 2, "status": "held", "kind": "call" }));
}
