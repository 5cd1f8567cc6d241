//! Accounts side by side: who tells what of one happening, what stands, and why.

use domain::{Aggregate, Subject};
use serde_json::{Value, json};

use crate::given::{Given, nothing};

fn held(data: Value) -> Given {
    nothing(Aggregate::Engagement).when("engagement.held", data)
}

/// The row of a place.
#[track_caller]
fn row(given: &Given, pointer: &str) -> Value {
    let happenings = given.record.accounts();
    let rows = happenings[0]["fields"].as_array().expect("there are rows");
    let row = rows.iter().find(|row| row["pointer"] == pointer);
    row.unwrap_or_else(|| panic!("no row of {pointer} in {rows:#?}")).clone()
}

#[track_caller]
fn because(given: &Given, pointer: &str) -> Value {
    row(given, pointer)["because"].clone()
}

#[test]
fn one_account_alone_is_what_stands() {
    let given = held(json!({
        "kind": "call", "participants": ["CA"], "citations": ["https://example.org/1"], "notes": ["By phone."],
    }))
    .compares(json!([{
        "type": "held", "of": "#1",
        "accounts": [{
            "event": "#1", "agency": "urn:agency:pk", "source": "urn:agency:pk", "actor": "officer@pk",
            "recorded": "2025-11-24T12:00:00Z", "citations": [{ "source": "https://example.org/1" }],
            "data": { "kind": "call", "participants": [{}, {}], "notes": [{}] },
        }],
        "fields": [
            { "pointer": "/kind", "stands": { "event": "#1", "value": "call" }, "because": "only_account" },
            { "pointer": "/participants", "because": "only_account" },
        ],
    }]));
    let account = &given.record.accounts()[0]["accounts"][0];
    assert!(account["data"].get("citations").is_none());
    let corrected = given.when(
        "engagement.corrected",
        json!({ "event": "#1", "changes": { "pointer": "/kind", "new": "dialogue" } }),
    );
    assert_eq!(because(&corrected, "/kind"), "latest_correction");
    assert_eq!(because(&corrected, "/participants"), "only_account");
    corrected.compares(json!([{ "accounts": [{ "corrected_by": ["#2"], "data": { "kind": "dialogue" } }] }]));
}

#[test]
fn readouts_that_disagree_stand_side_by_side() {
    held(json!({ "occurred": "2025-04-13", "kind": "call", "place": "Lahore" }))
        .when_by("ca", "engagement.held", json!({ "occurred": "2025-04-14", "kind": "call" }))
        .compares(json!([{
            "accounts": [{ "event": "#1" }, { "event": "#2", "agency": "urn:agency:ca" }],
            "fields": [
                { "pointer": "/kind", "because": "confirmed", "confirmed_by": ["#2"] },
                {
                    "pointer": "/occurred", "because": "first_report",
                    "stands": { "event": "#1", "agency": "urn:agency:pk", "value": { "edtf": "2025-04-13" } },
                    "alternatives": [
                        { "event": "#2", "agency": "urn:agency:ca", "value": { "edtf": "2025-04-14" } },
                    ],
                },
                { "pointer": "/place", "because": "only_account" },
            ],
        }]))
        .then(json!({ "contests": [{ "because": "first_report" }] }))
        .when_by(
            "ca",
            "engagement.corrected",
            json!({ "event": "#2", "changes": { "pointer": "/occurred", "new": "2025-04-15" } }),
        )
        .then(json!({ "contests": [{ "because": "latest_correction" }] }))
        .when("engagement.adjudicated", json!({
            "event": "#1", "pointer": "/occurred", "chosen": "#1", "reason": "The log of the exchange says so.",
        }))
        .then(json!({ "contests": [{ "because": "adjudicated" }] }))
        .compares(json!([{
            "fields": [{}, { "because": "adjudicated", "adjudicated_by": "#4", "stands": { "event": "#1" } }, {}],
            "adjudications": [{
                "event": "#4", "about": "#1", "pointer": "/occurred", "chosen": "#1",
                "reason": "The log of the exchange says so.", "actor": "arbiter@pk",
            }],
        }]));
}

#[test]
fn an_objection_is_no_account_and_stands_beside_them() {
    let given = held(json!({ "occurred": "2025-04-13" })).when_by(
        "ca",
        "engagement.contested",
        json!({ "event": "#1", "pointer": "/occurred", "alternative": "2025-04-14", "reason": "Time zones." }),
    );
    given
        .compares(json!([{
            "accounts": [{ "event": "#1" }],
            "objections": [{
                "event": "#2", "to": "#1", "agency": "urn:agency:ca", "pointer": "/occurred",
                "alternative": "2025-04-14", "reason": "Time zones.",
            }],
        }]))
        .when_by("ca", "engagement.retracted", json!({ "event": "#2" }))
        .compares(json!([{ "accounts": [{}] }]));
    let whole = held(json!({})).when_by("ca", "engagement.contested", json!({ "event": "#1" }));
    let row = row(&whole, "");
    assert_eq!(row["alternatives"][0]["agency"], "urn:agency:ca");
    assert!(row["stands"].get("value").is_none());
}

#[test]
fn a_contested_part_of_a_list_has_a_row_of_its_own() {
    let given = held(json!({ "participants": [{ "name": "CA", "attendance": "absent" }, "PK"] })).when_by(
        "us",
        "engagement.held",
        json!({ "participants": ["PK", "CA", "US"] }),
    );
    assert_eq!(because(&given, "/participants/0/attendance"), "first_report");
    let whole = row(&given, "/participants");
    assert_eq!(
        (&whole["because"], whole["stands"]["value"].as_array().map(Vec::len)),
        (&json!("first_report"), Some(3))
    );
}

#[test]
fn how_others_put_the_title_does_not_contradict() {
    let given = held(json!({ "title": "Talks", "kind": "meeting" }))
        .when_by("ca", "engagement.held", json!({ "title": "Trade talks", "kind": "meeting" }))
        .without(&["contests"]);
    let title = row(&given, "/title");
    assert_eq!((&title["because"], &title["stands"]["value"]), (&json!("first_report"), &json!("Talks")));
    assert_eq!(title["alternatives"][0]["value"], "Trade talks");
}

#[test]
fn what_a_later_account_tells_more_exactly_stands_as_its_word() {
    let given = held(json!({ "occurred": "2025-04" }))
        .when_by("ca", "engagement.held", json!({ "occurred": "2025-05" }))
        .when_by("us", "engagement.held", json!({ "occurred": "2025-04-13" }))
        .then(json!({ "occurred": { "edtf": "2025-04-13" }, "contests": [{
            "standing": { "event": "#3", "value": { "edtf": "2025-04-13" } }, "alternatives": [{ "event": "#2" }],
        }] }));
    assert_eq!(because(&given, "/occurred"), "first_report");
}

#[test]
fn who_said_what_is_told_part_by_part() {
    held(json!({ "participants": [{ "name": "CA", "role": "host" }] }))
        .when_by("us", "engagement.held", json!({ "participants": [{ "name": "FR", "role": "chair" }] }))
        .when_by("ca", "engagement.held", json!({ "participants": [
            { "name": "CA", "role": "visitor" }, { "name": "FR", "role": "observer" },
        ] }))
        .then(json!({ "contests": [
            { "pointer": "/participants/0/role", "standing": { "event": "#1" }, "alternatives": [{ "event": "#3" }] },
            { "standing": { "event": "#2", "value": "chair" }, "alternatives": [{ "event": "#3" }] },
        ] }));
}

#[test]
fn a_place_that_was_decided_to_be_none_is_not_told_again() {
    held(json!({ "place": "Lahore" }))
        .when_by("ca", "engagement.contested", json!({ "event": "#1", "pointer": "/place" }))
        .when("engagement.adjudicated", json!({ "event": "#1", "pointer": "/place", "chosen": "#2" }))
        .without(&["place"])
        .when_by("us", "engagement.held", json!({ "place": "Karachi" }))
        .without(&["place"])
        .then(json!({ "contests": [{
            "pointer": "/place", "standing": { "event": "#2" }, "because": "adjudicated",
            "alternatives": [{ "event": "#1" }, { "event": "#4", "value": { "name": "Karachi" } }],
        }] }));
}

#[test]
fn each_happening_has_accounts_of_its_own_and_a_disposed_record_none() {
    nothing(Aggregate::Engagement)
        .when("engagement.scheduled", json!({ "window": "2025-06-10" }))
        .when("engagement.scheduled", json!({ "window": "2025-06-12" }))
        .when_by("ca", "engagement.scheduled", json!({ "restates": "#1", "window": "2025-06-11" }))
        .compares(json!([
            { "of": "#1", "accounts": [{ "event": "#1" }, { "event": "#3" }] },
            { "of": "#2", "accounts": [{ "event": "#2" }] },
        ]))
        .acting("archivist")
        .when("engagement.disposed", json!({ "how": "destroyed", "authority": "Schedule 7." }))
        .compares(json!([]));
}

#[test]
fn sources_are_cited_by_what_stands() {
    let given = held(json!({ "citations": ["source/~report", "https://example.org/1", "first-hand"] }))
        .when("engagement.statement_issued", json!({ "issuers": ["PK"], "citations": ["source/~readout"] }));
    let source = |key| Subject::of_key("urn:agency:pk", Aggregate::Source, key);
    let cites = |given: &Given| given.record.cites().collect::<Vec<_>>();
    assert_eq!(cites(&given), [(source("report"), given.uid(1)), (source("readout"), given.uid(2))]);
    let given = given.when("engagement.retracted", json!({ "event": "#2" }));
    assert_eq!(cites(&given), [(source("report"), given.uid(1))]);
}
