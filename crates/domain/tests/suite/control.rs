//! What is said about earlier events.

use domain::{Aggregate, Subject};
use serde_json::{Value, json};

use crate::given::{Given, nothing};

fn held(data: Value) -> Given {
    nothing(Aggregate::Engagement).when("engagement.held", data)
}

#[test]
fn corrected_shows_both_spellings() {
    let given = held(json!({ "participants": [{ "name": "Delegation", "country": "US",
            "members": [{ "name": "Jack Bergman" }, { "name": "Thomas Souzzi" }] }] }))
        .when("engagement.corrected", json!({ "event": "#1", "reason": "Misspelt.", "authority": "The desk.",
            "changes": [{ "pointer": "/participants/0/members/1/name", "old": "Thomas Souzzi", "new": "Thomas Suozzi" }] }))
        .then(json!({
            "participants": [{ "members": [{ "name": "Jack Bergman" }, { "name": "Thomas Suozzi" }] }, {}],
            "corrections": [{
                "event": "#2", "corrects": "#1", "pointer": "/participants/0/members/1/name",
                "old": "Thomas Souzzi", "new": "Thomas Suozzi", "reason": "Misspelt.", "authority": "The desk.",
            }],
        }));
    let entry = &given.record.events()[0];
    assert_eq!(entry.corrected_by, [given.uid(2)]);
    let original = entry.event.data.to_json();
    assert_eq!(original.pointer("/participants/0/members/1/name"), Some(&json!("Thomas Souzzi")));
}

#[test]
fn corrected_adds_and_takes_away() {
    held(json!({ "place": "Doha", "participants": ["CA", "US"] }))
        .when("engagement.corrected", json!({ "event": "~1", "changes": [
            { "pointer": "/place" }, { "pointer": "/kind", "new": "call" }, { "pointer": "/participants/-", "new": "CN" },
            { "pointer": "/participants/0" },
        ] }))
        .then(json!({ "kind": "call", "mode": "phone", "participants": [{ "country": "US" }, { "country": "CN" }] }))
        .without(&["place"]);
}

#[test]
fn corrected_finds_what_stands_there_in_shorthand_too() {
    held(json!({ "occurred": "2025-11", "place": "Doha", "participants": ["CA"] }))
        .when("engagement.corrected", json!({ "event": "#1", "changes": [
            { "pointer": "/occurred", "old": "2025-11", "new": "2025-12" },
            { "pointer": "/place", "old": "Doha", "new": "Geneva" },
            { "pointer": "/participants/0", "old": "CA", "new": "US" },
        ] }))
        .then(json!({
            "occurred": { "edtf": "2025-12" }, "place": { "name": "Geneva" }, "participants": [{ "country": "US" }, {}],
            "corrections": [{ "old": { "edtf": "2025-11" } }, {}, {}],
        }));
}

#[test]
fn a_correction_can_itself_be_retracted() {
    held(json!({ "place": "Doha" }))
        .when(
            "engagement.corrected",
            json!({ "event": "#1", "changes": { "pointer": "/place", "new": "Geneva" } }),
        )
        .then(json!({ "place": { "name": "Geneva" } }))
        .when("engagement.retracted", json!({ "event": "#2" }))
        .then(json!({ "place": { "name": "Doha" } }))
        .without(&["corrections"]);
}

#[test]
fn retracted_did_not_happen() {
    let given = nothing(Aggregate::Engagement)
        .when("engagement.scheduled", json!({ "window": "2025-06-10", "participants": ["CA"] }))
        .when("engagement.held", json!({ "occurred": "2025-06-10", "notes": "Good." }))
        .when("engagement.retracted", json!({ "event": "#2", "reason": "Another meeting." }))
        .then(json!({ "status": "scheduled", "retractions": [{ "event": "#3", "retracts": "#2", "reason": "Another meeting." }] }))
        .without(&["occurred", "notes"]);
    assert_eq!(given.record.events()[1].retracted_by, Some(given.uid(3)));
    given
        .when("engagement.retracted", json!({ "event": "#3" }))
        .then(json!({ "status": "held" }))
        .without(&["retractions"]);
}

#[test]
fn a_record_of_which_all_was_retracted_says_so() {
    held(json!({}))
        .when("engagement.retracted", json!({ "event": "#1" }))
        .then(json!({ "status": "retracted", "marking": "OFFICIAL" }));
}

#[test]
fn a_record_of_which_all_was_retracted_keeps_its_last_title() {
    held(json!({ "kind": "call", "participants": ["CA"] }))
        .when(
            "engagement.corrected",
            json!({ "event": "#1", "changes": { "pointer": "/kind", "new": "visit" } }),
        )
        .when("engagement.retracted", json!({ "event": "#1" }))
        .then(json!({ "status": "retracted", "title": "Visit: Canada and Pakistan" }))
        .when("engagement.held", json!({ "kind": "summit" }))
        .then(json!({ "title": "Summit" }));
}

#[test]
fn a_contest_names_whose_accounts_they_are_and_since_when() {
    held(json!({ "occurred": "2025-04-13" }))
        .when_by("ca", "engagement.held", json!({ "occurred": "2025-04-14" }))
        .then(json!({ "contests": [{
            "standing": { "agency": "urn:agency:pk", "recorded": "2025-11-24T12:00:00Z" },
            "alternatives": [{ "agency": "urn:agency:ca", "recorded": "2025-11-24T12:00:00Z" }],
        }] }));
}

#[test]
fn contested_without_an_account_of_its_own() {
    let given = held(json!({ "occurred": "2025-04-13" }))
        .when_by(
            "ca",
            "engagement.contested",
            json!({ "event": "#1", "pointer": "/occurred", "alternative": "2025-04-14", "by": "CA" }),
        )
        .then(json!({ "occurred": { "edtf": "2025-04-13" }, "contests": [{
            "pointer": "/occurred", "standing": { "event": "#1", "value": { "edtf": "2025-04-13" } },
            "alternatives": [{ "event": "#2", "value": { "edtf": "2025-04-14" } }],
        }] }));
    assert_eq!(given.record.events()[0].contested_by, [given.uid(2)]);
}

#[test]
fn contested_as_a_whole() {
    held(json!({})).when_by("ca", "engagement.contested", json!({ "event": "#1", "reason": "There was no meeting." })).then(
        json!({ "status": "held", "contests": [{ "pointer": "", "standing": { "event": "#1" }, "alternatives": [{ "event": "#2" }] }] }),
    );
}

#[test]
fn adjudicated_for_an_account_a_value_or_an_objection() {
    let contested = held(json!({ "occurred": "2025-04-13" })).when_by(
        "ca",
        "engagement.held",
        json!({ "occurred": "2025-04-14" }),
    );
    contested
        .clone()
        .when("engagement.adjudicated", json!({ "event": "#1", "pointer": "/occurred", "chosen": "#2" }))
        .then(json!({ "occurred": { "edtf": "2025-04-14" }, "contests": [{
            "standing": { "event": "#2" }, "alternatives": [{ "event": "#1" }], "adjudicated_by": "#3",
        }] }));
    contested.clone()
        .when("engagement.adjudicated", json!({ "event": "#1", "chosen": "#1" }))
        .then(json!({ "occurred": { "edtf": "2025-04-13" }, "contests": [{ "standing": { "event": "#1" }, "adjudicated_by": "#3" }] }));
    contested.clone()
        .when("engagement.adjudicated", json!({ "event": "#1", "pointer": "/occurred", "chosen": { "edtf": "2025-04-12" } }))
        .then(json!({ "occurred": { "edtf": "2025-04-12" }, "contests": [{ "standing": { "event": "#3" }, "alternatives": [{}, {}] }] }));
    contested
        .when_by(
            "us",
            "engagement.contested",
            json!({ "event": "#1", "pointer": "/occurred", "alternative": "2025-04-11" }),
        )
        .when("engagement.adjudicated", json!({ "event": "#1", "pointer": "/occurred", "chosen": "#3" }))
        .then(json!({ "occurred": { "edtf": "2025-04-11" } }));
}

#[test]
fn later_accounts_and_corrections_do_not_undo_an_adjudication() {
    held(json!({ "occurred": "2025-04-13" }))
        .when_by("ca", "engagement.held", json!({ "occurred": "2025-04-14" }))
        .when("engagement.adjudicated", json!({ "event": "#1", "pointer": "/occurred", "chosen": "#2" }))
        .when_by("us", "engagement.held", json!({ "occurred": "2025-04-15" }))
        .when_by(
            "us",
            "engagement.corrected",
            json!({ "event": "#4", "changes": { "pointer": "/occurred", "new": "2025-04-16" } }),
        )
        .then(json!({ "occurred": { "edtf": "2025-04-14" }, "contests": [{ "adjudicated_by": "#3" }] }));
}

#[test]
fn merged_into_another_record() {
    let other = Subject::of_key("urn:agency:pk", Aggregate::Engagement, "other");
    held(json!({}))
        .when("engagement.merged_into", json!({ "record": "engagement/~other" }))
        .then(json!({ "status": "merged", "merged_into": { "record": other, "event": "#2" } }))
        .when("engagement.retracted", json!({ "event": "#2" }))
        .then(json!({ "status": "held" }))
        .without(&["merged_into"]);
}

#[test]
fn every_aggregate_takes_record_control() {
    for aggregate in Aggregate::ALL {
        let first = match aggregate {
            Aggregate::Engagement => ("held", json!({})),
            Aggregate::Instrument => ("signed", json!({})),
            Aggregate::Commitment => ("accepted", json!({})),
            Aggregate::Matter => ("opened", json!({})),
            Aggregate::Party => ("registered", json!({ "names": "ISPR" })),
            Aggregate::Source => ("captured", json!({ "title": "Talks" })),
        };
        let kind = |event: &str| format!("{aggregate}.{event}");
        nothing(aggregate)
            .when(&kind(first.0), first.1)
            .when(
                &kind("corrected"),
                json!({ "event": "#1", "changes": { "pointer": "/reason", "new": "So it is." } }),
            )
            .when_by("ca", &kind("contested"), json!({ "event": "#1" }))
            .when(&kind("adjudicated"), json!({ "event": "#1", "chosen": "#1" }))
            .when(&kind("marking_changed"), json!({ "level": "SECRET" }))
            .when(&kind("hold_placed"), json!({}))
            .then(json!({ "marking": "SECRET", "corrections": [{ "new": "So it is." }], "holds": [{}] }));
    }
}

/// Three agencies date one meeting.
fn dated() -> Given {
    held(json!({ "occurred": "2025-04-13" }))
        .when_by("ca", "engagement.held", json!({ "occurred": "2025-04-14" }))
        .when_by("us", "engagement.held", json!({ "occurred": "2025-04-15" }))
}

#[test]
fn an_adjudication_falls_away_with_the_account_that_it_chose() {
    dated()
        .when("engagement.adjudicated", json!({ "event": "#1", "pointer": "/occurred", "chosen": "#2" }))
        .when_by("ca", "engagement.retracted", json!({ "event": "#2" }))
        .then(json!({ "occurred": { "edtf": "2025-04-13" }, "contests": [{
            "standing": { "event": "#1" }, "alternatives": [{ "event": "#3" }],
        }] }))
        .lacks("/contests/0/adjudicated_by")
        .when_by("us", "engagement.retracted", json!({ "event": "#3" }))
        .then(json!({ "occurred": { "edtf": "2025-04-13" } }))
        .without(&["contests"]);
    held(json!({ "occurred": "2025-04-13" }))
        .when_by(
            "ca",
            "engagement.contested",
            json!({ "event": "#1", "pointer": "/occurred", "alternative": "2025-04-14" }),
        )
        .when("engagement.adjudicated", json!({ "event": "#1", "pointer": "/occurred", "chosen": "#2" }))
        .when_by("ca", "engagement.retracted", json!({ "event": "#2" }))
        .then(json!({ "occurred": { "edtf": "2025-04-13" } }))
        .without(&["contests"]);
}

#[test]
fn an_adjudication_outlives_the_first_account_when_it_chose_another() {
    let reports = dated().when_by(
        "ae",
        "engagement.contested",
        json!({ "event": "#3", "pointer": "/occurred", "alternative": "2025-04-16" }),
    );
    for (chosen, date) in [("#3", "2025-04-15"), ("#4", "2025-04-16")] {
        reports
            .clone()
            .when(
                "engagement.adjudicated",
                json!({ "event": "#1", "pointer": "/occurred", "chosen": chosen }),
            )
            .when("engagement.retracted", json!({ "event": "#1" }))
            .then(json!({ "occurred": { "edtf": date }, "contests": [{
                "of": "#2", "standing": { "event": chosen }, "adjudicated_by": "#5",
                "alternatives": [{}, {}],
            }] }));
    }
    reports
        .when(
            "engagement.adjudicated",
            json!({ "event": "#1", "pointer": "/occurred", "chosen": "2025-04-17" }),
        )
        .when("engagement.retracted", json!({ "event": "#1" }))
        .then(json!({ "occurred": { "edtf": "2025-04-17" }, "contests": [{ "adjudicated_by": "#5" }] }));
}

#[test]
fn what_others_restate_stays_one_happening_when_the_first_account_is_retracted() {
    nothing(Aggregate::Engagement)
        .when("engagement.scheduled", json!({ "window": "2025-06-10" }))
        .when_by("ca", "engagement.scheduled", json!({ "restates": "#1", "window": "2025-06-11" }))
        .when_by("us", "engagement.scheduled", json!({ "restates": "#1", "window": "2025-06-12" }))
        .when("engagement.adjudicated", json!({ "event": "#1", "pointer": "/window", "chosen": "#3" }))
        .when("engagement.retracted", json!({ "event": "#1" }))
        .then(json!({ "window": { "edtf": "2025-06-12" }, "course": [{ "restated_by": ["#3"] }], "contests": [{
            "of": "#2", "standing": { "event": "#3" }, "alternatives": [{ "event": "#2" }], "adjudicated_by": "#4",
        }] }));
}
