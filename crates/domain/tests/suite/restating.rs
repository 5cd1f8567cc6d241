//! Two accounts of one thing.

use domain::Aggregate;
use serde_json::{Value, json};

use crate::given::{Given, nothing};

fn held(data: Value) -> Given {
    nothing(Aggregate::Engagement).when("engagement.held", data)
}

#[test]
fn a_second_account_adds_what_the_first_left_out() {
    held(json!({ "kind": "call", "participants": ["CA"] }))
        .when_by(
            "ca",
            "engagement.held",
            json!({ "occurred": "2025-04-13", "topics": ["trade"], "participants": ["US"] }),
        )
        .then(json!({
            "occurred": { "edtf": "2025-04-13" }, "topics": [{ "code": "trade" }],
            "participants": [{ "country": "CA" }, { "country": "PK" }, { "country": "US" }],
            "course": [{ "event": "#1", "restated_by": ["#2"] }],
        }))
        .without(&["contests"]);
}

#[test]
fn equal_finer_and_coarser_values_confirm_and_the_finest_is_shown() {
    held(json!({ "occurred": "2025-04", "kind": "visit", "place": { "name": "Pakistan", "kind": "country", "country": "PK" } }))
        .when_by("ca", "engagement.held", json!({ "occurred": "2025-04-13", "kind": "visit.state",
            "place": { "name": "Lahore", "kind": "city", "country": "PK" } }))
        .when_by("us", "engagement.held", json!({ "occurred": "2025", "kind": "visit" }))
        .then(json!({ "occurred": { "edtf": "2025-04-13" }, "kind": "visit.state", "place": { "name": "Lahore" } }))
        .without(&["contests"]);
}

#[test]
fn what_differs_is_contested_and_the_first_report_stands() {
    held(json!({ "occurred": "2025-04-13" }))
        .when_by("ca", "engagement.held", json!({ "occurred": "2025-04-14" }))
        .then(json!({ "occurred": { "edtf": "2025-04-13" }, "contests": [{
            "of": "#1", "pointer": "/occurred", "standing": { "event": "#1", "value": { "edtf": "2025-04-13" } },
            "alternatives": [{ "event": "#2", "value": { "edtf": "2025-04-14" } }],
        }] }));
}

#[test]
fn the_latest_correction_goes_before_the_first_report() {
    held(json!({ "occurred": "2025-04-13" }))
        .when_by("ca", "engagement.held", json!({ "occurred": "2025-04-14" }))
        .when_by(
            "ca",
            "engagement.corrected",
            json!({ "event": "#2", "changes": { "pointer": "/occurred/edtf", "new": "2025-04-15" } }),
        )
        .then(json!({ "occurred": { "edtf": "2025-04-15" }, "contests": [{
            "standing": { "event": "#2", "value": { "edtf": "2025-04-15" } },
            "alternatives": [{ "event": "#1", "value": { "edtf": "2025-04-13" } }],
        }] }));
}

#[test]
fn a_correction_that_agrees_ends_the_contest() {
    held(json!({ "occurred": "2025-04-13" }))
        .when_by("ca", "engagement.held", json!({ "occurred": "2025-04-14" }))
        .when(
            "engagement.corrected",
            json!({ "event": "#1", "changes": { "pointer": "/occurred", "new": "2025-04-14" } }),
        )
        .then(json!({ "occurred": { "edtf": "2025-04-14" } }))
        .without(&["contests"]);
}

#[test]
fn participants_are_compared_one_by_one() {
    held(json!({ "participants": [{ "name": "CA", "role": "host", "attendance": "absent" }, "PK"] }))
        .when_by("ca", "engagement.held", json!({ "participants": [{ "name": "CA", "role": "visitor" }, "PK"] }))
        .then(json!({ "contests": [
            { "pointer": "/participants/0/role", "standing": { "value": "host" }, "alternatives": [{ "value": "visitor" }] },
            { "pointer": "/participants/0/attendance", "standing": { "value": "absent" } },
        ] }));
}

#[test]
fn what_may_happen_again_restates_only_what_it_names() {
    let twice = nothing(Aggregate::Engagement)
        .when("engagement.scheduled", json!({ "window": "2025-06-10", "place": "Doha" }))
        .when("engagement.scheduled", json!({ "window": "2025-06-12" }))
        .then(json!({ "window": { "edtf": "2025-06-12" }, "course": [{}, {}] }));
    twice
        .when_by(
            "ca",
            "engagement.scheduled",
            json!({ "restates": "#1", "window": "2025-06-11", "place": "Geneva" }),
        )
        .then(json!({
            "window": { "edtf": "2025-06-12" }, "place": { "name": "Doha" },
            "contests": [{ "of": "#1", "pointer": "/place" }, { "of": "#1", "pointer": "/window" }],
        }));
}

#[test]
fn what_was_called_off_and_taken_up_can_be_called_off_again() {
    nothing(Aggregate::Engagement)
        .when("engagement.cancelled", json!({ "reason": "A storm." }))
        .when("engagement.scheduled", json!({}))
        .when("engagement.cancelled", json!({ "reason": "An election." }))
        .then(json!({ "status": "cancelled", "course": [{}, {}, { "reason": "An election." }] }))
        .without(&["contests"]);
}

#[test]
fn an_account_of_what_was_retracted_stands_by_itself() {
    held(json!({ "occurred": "2025-04-13" }))
        .when_by("ca", "engagement.held", json!({ "occurred": "2025-04-14" }))
        .when("engagement.retracted", json!({ "event": "#1" }))
        .then(json!({ "status": "held", "occurred": { "edtf": "2025-04-14" } }))
        .without(&["contests"]);
}

#[test]
fn words_that_differ_in_the_title_are_no_contest() {
    held(json!({ "title": "Tea" }))
        .when_by("ca", "engagement.held", json!({ "title": "A meeting over tea" }))
        .then(json!({ "title": "Tea" }))
        .without(&["contests"]);
}
