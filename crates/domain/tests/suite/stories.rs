//! Stories that the vocabulary must be able to tell.

use domain::Aggregate;
use serde_json::json;

use crate::given::nothing;

#[test]
fn a_dialogue_put_off_twice_moved_to_another_city_and_then_held() {
    nothing(Aggregate::Engagement)
        .when("engagement.expected", json!({ "kind": "dialogue", "window": "2025-03", "place": "Islamabad", "participants": ["US"] }))
        .when("engagement.postponed", json!({ "reason": "An election." }))
        .when("engagement.scheduled", json!({ "window": "2025-05-10" }))
        .when("engagement.postponed", json!({ "window": "2025-06" }))
        .when("engagement.scheduled", json!({ "window": "2025-06-20", "place": "Doha" }))
        .when("engagement.held", json!({ "occurred": "2025-06-21", "participants": ["US"] }))
        .then(json!({
            "status": "held", "place": { "name": "Doha" }, "slip_days": 82, "first_window": { "edtf": "2025-03" },
            "participants": [{ "attendance": "attended" }, { "attendance": "attended" }],
        }))
        .without(&["anomalies", "contests"]);
}

#[test]
fn a_readout_retracted_a_day_later() {
    nothing(Aggregate::Engagement)
        .when("engagement.held", json!({ "kind": "call", "participants": ["CA"] }))
        .when(
            "engagement.statement_issued",
            json!({ "issuers": "ISPR", "utterances": { "speakers": "CA", "text": "Yes." } }),
        )
        .when("engagement.retracted", json!({ "event": "#2" }))
        .then(json!({ "status": "held", "retractions": [{ "retracts": "#2" }] }))
        .without(&["statements", "utterances"]);
}

#[test]
fn a_trade_flow_suspended_resumed_and_suspended_again() {
    nothing(Aggregate::Matter)
        .when(
            "matter.development_recorded",
            json!({ "kind": "trade_flow", "status": "suspended", "occurred": "2022" }),
        )
        .when("matter.development_recorded", json!({ "status": "resumed", "occurred": "2025-03" }))
        .when("matter.development_recorded", json!({ "status": "suspended", "occurred": "2025-08" }))
        .then(json!({ "situation": "suspended", "developments": [{}, {}, {}] }))
        .without(&["contests"]);
}

#[test]
fn invited_then_accepted_then_expected_is_no_step_back() {
    nothing(Aggregate::Engagement)
        .when("engagement.scheduled", json!({ "participants": [{ "name": "CA", "attendance": "invited" }] }))
        .when(
            "engagement.participants_amended",
            json!({ "participants": [{ "name": "CA", "attendance": "accepted" }] }),
        )
        .when("engagement.scheduled", json!({ "participants": ["CA"] }))
        .then(json!({ "participants": [{ "attendance": "accepted" }, { "attendance": "expected" }] }));
}
