//! How a record is kept.

use domain::Aggregate;
use serde_json::json;

use crate::given::{Given, nothing};

fn marked(marking: &'static str) -> Given {
    nothing(Aggregate::Engagement)
        .marked(marking)
        .when("engagement.held", json!({ "title": "Tea", "notes": "Secret." }))
}

#[test]
fn marking_changed_keeps_whom_it_is_releasable_to() {
    marked("OFFICIAL//REL CA")
        .when(
            "engagement.marking_changed",
            json!({ "level": "SECRET", "caveats": "EYES", "review_on": "2030" }),
        )
        .then(json!({ "marking": "SECRET//EYES//REL CA", "review_on": { "edtf": "2030" } }))
        .when("engagement.marking_changed", json!({ "level": "OFFICIAL" }))
        .then(json!({ "marking": "OFFICIAL//EYES//REL CA" }))
        .without(&["review_on"])
        .when("engagement.marking_changed", json!({ "caveats": [] }))
        .then(json!({ "marking": "OFFICIAL//REL CA" }));
}

#[test]
fn only_the_first_event_marks_the_record() {
    let given = marked("OFFICIAL").marked("SECRET");
    given
        .when("engagement.statement_issued", json!({ "issuers": "PK" }))
        .then(json!({ "marking": "OFFICIAL" }));
}

#[test]
fn release_authorised_and_revoked() {
    marked("OFFICIAL//REL NONE")
        .acting("director")
        .when("engagement.release_authorised", json!({ "to": ["CA", "US"] }))
        .then(json!({ "marking": "OFFICIAL//REL CA,US" }))
        .when("engagement.release_revoked", json!({ "to": "CA" }))
        .then(json!({ "marking": "OFFICIAL//REL US" }));
}

#[test]
fn revoking_where_there_was_no_limit_leaves_nobody() {
    marked("OFFICIAL")
        .acting("director")
        .when("engagement.release_revoked", json!({ "to": "CA" }))
        .then(json!({ "marking": "OFFICIAL//REL NONE" }));
}

#[test]
fn holds_are_placed_and_lifted() {
    marked("OFFICIAL")
        .when("engagement.hold_placed", json!({ "reason": "An inquiry." }))
        .when("engagement.hold_placed", json!({ "reason": "A trial." }))
        .then(json!({ "holds": [{ "reason": "An inquiry.", "event": "#2" }, { "reason": "A trial." }] }))
        .when("engagement.hold_lifted", json!({ "hold": "#2" }))
        .then(json!({ "holds": [{ "reason": "A trial." }] }))
        .when("engagement.hold_lifted", json!({}))
        .without(&["holds"]);
}

#[test]
fn retention_assigned() {
    marked("OFFICIAL")
        .when("engagement.retention_assigned", json!({ "class": "B7", "trigger": "closure", "action": "destroy", "due": "2045" }))
        .then(json!({ "retention": { "class": "B7", "action": "destroy", "due": { "edtf": "2045" }, "event": "#2" } }));
}

#[test]
fn disposed_leaves_a_residue() {
    let given = marked("OFFICIAL")
        .acting("archivist")
        .when("engagement.disposed", json!({ "how": "destroyed", "authority": "Schedule 7." }))
        .then(json!({
            "status": "disposed", "title": "Disposed engagement", "version": 2, "marking": "OFFICIAL",
            "disposal": { "how": "destroyed", "authority": "Schedule 7.", "event": "#2" },
        }))
        .without(&["notes", "course", "citations"]);
    assert!(given.record.is_disposed() && given.record.facets().parties.is_empty());
    given.refuses("engagement.statement_issued", json!({ "issuers": "PK" }), &[("", "was disposed of")]);
}
