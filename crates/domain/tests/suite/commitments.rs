use domain::Aggregate;
use serde_json::{Value, json};

use crate::given::{Given, nothing};

fn made(strength: &str) -> Given {
    let data: Value = json!({ "text": "To work on bottlenecks.", "strength": strength, "owners": ["CA", "PK"], "due": "2025-12" });
    nothing(Aggregate::Commitment).when("commitment.made", data)
}

#[test]
fn made_is_open_from_willingness_up() {
    made("agreed")
        .then(json!({ "status": "open", "title": "To work on bottlenecks.", "strength": "agreed" }));
    made("expressed_willingness").then(json!({ "status": "open" }));
    for weaker in ["discussed", "expressed_interest", "expressed_desire"] {
        made(weaker).then(json!({ "status": "position" }));
    }
}

#[test]
fn accepted() {
    made("agreed").when("commitment.accepted", json!({ "by": "CA" })).then(json!({
        "status": "open", "accepted": [{ "by": [{ "country": "CA" }], "event": "#2" }],
    }));
}

#[test]
fn progressed() {
    made("agreed").when("commitment.progressed", json!({ "description": "Half way." })).then(json!({
        "status": "open", "progress": [{ "description": "Half way.", "event": "#2" }],
    }));
}

#[test]
fn due_changed() {
    made("agreed").when("commitment.due_changed", json!({ "due": "2026-03" })).then(json!({
        "due": { "edtf": "2026-03" }, "first_due": { "edtf": "2025-12" },
    }));
}

#[test]
fn fulfilled_in_part_stays_open() {
    made("agreed")
        .when("commitment.fulfilled", json!({ "in_part": true }))
        .then(json!({ "status": "open", "fulfilments": [{ "in_part": true }] }))
        .when("commitment.fulfilled", json!({}))
        .then(json!({ "status": "fulfilled", "fulfilments": [{ "event": "#2" }, { "event": "#3" }] }));
}

#[test]
fn withdrawn() {
    made("agreed")
        .when("commitment.withdrawn", json!({ "reason": "No money." }))
        .then(json!({ "status": "withdrawn" }));
}
