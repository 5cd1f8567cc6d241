use domain::Aggregate;
use serde_json::json;

use crate::given::{Given, nothing};

fn instrument() -> Given {
    nothing(Aggregate::Instrument)
}

#[test]
fn proposed() {
    instrument()
        .when("instrument.proposed", json!({ "kind": "treaty", "parties": ["PK", "CA"], "aliases": ["BIT"] }))
        .then(json!({ "status": "proposed", "title": "Treaty: Pakistan and Canada", "aliases": ["BIT"] }));
}

#[test]
fn what_it_regulates_is_shown_beside_its_address() {
    let given = instrument().when("instrument.proposed", json!({ "subject": "Training." }));
    let subject = given.record.subject();
    given.then(json!({ "subject": subject, "subject_matter": "Training." }));
}

#[test]
fn negotiations_open_pause_and_go_on() {
    instrument()
        .when("instrument.negotiation_opened", json!({}))
        .then(json!({ "status": "under_negotiation" }))
        .when("instrument.negotiation_suspended", json!({}))
        .then(json!({ "status": "negotiation_suspended" }))
        .when("instrument.negotiation_reviewed", json!({ "finding": "No progress." }))
        .then(json!({ "status": "negotiation_suspended", "reviews": [{ "finding": "No progress.", "event": "#3" }] }))
        .when("instrument.negotiation_resumed", json!({}))
        .then(json!({ "status": "under_negotiation" }));
}

#[test]
fn negotiation_reviewed_alone_says_that_there_are_negotiations() {
    instrument()
        .when("instrument.negotiation_reviewed", json!({ "finding": "Progress was made." }))
        .then(json!({ "status": "under_negotiation" }));
}

#[test]
fn negotiation_concluded() {
    instrument()
        .when(
            "instrument.negotiation_concluded",
            json!({ "how": "adopted", "open_for_signature": "2025-01-01/.." }),
        )
        .then(json!({ "status": "concluded", "concluded": { "how": "adopted", "event": "#1" } }));
}

#[test]
fn initialled() {
    instrument().when("instrument.initialled", json!({})).then(json!({ "status": "initialled" }));
}

#[test]
fn signed_by_sides_when_nobody_says_who() {
    instrument()
        .when("instrument.signed", json!({ "kind": "mou", "signed_by_sides": ["PK", "US"], "occurred": "2025-04-13" }))
        .then(json!({
            "status": "signed", "occurred": { "edtf": "2025-04-13" },
            "signed": { "signed_by_sides": [{ "country": "PK" }, { "country": "US" }] },
            "standing": [
                { "party": { "country": "PK" }, "signed": { "event": "#1" } }, { "party": { "country": "US" } },
            ],
        }));
}

#[test]
fn signatories_sign_for_their_side() {
    instrument()
        .when(
            "instrument.signed",
            json!({
                "parties": ["PK", "CA", "US"], "count": 2,
                "signatories": [{ "name": "A", "country": "PK" }, { "name": "B", "on_behalf_of": "CA" }],
            }),
        )
        .then(json!({ "standing": [{ "party": { "country": "PK" } }, { "party": { "country": "CA" } }] }));
}

#[test]
fn domestic_steps_stand_by_the_party_that_took_them() {
    instrument()
        .when("instrument.signed", json!({ "kind": "treaty", "parties": ["PK", "CA"] }))
        .when("instrument.domestic_step_taken", json!({ "party": "CA", "step": "tabled in parliament", "occurred": "2025-02" }))
        .then(json!({ "status": "signed", "standing": [
            { "party": { "country": "PK" } },
            { "party": { "country": "CA" }, "domestic_steps": [{ "step": "tabled in parliament", "event": "#2" }] },
        ] }));
}

#[test]
fn consent_and_force_stand_by_party() {
    instrument()
        .when("instrument.signed", json!({ "kind": "treaty", "parties": ["PK", "CA"] }))
        .when("instrument.consent_expressed", json!({
            "party": "PK", "kind": "ratification", "occurred": "2025-03-01", "declarations": ["With a reservation."],
        }))
        .then(json!({ "status": "consent_expressed", "kind": "treaty" }))
        .when("instrument.consent_expressed", json!({ "party": "CA", "kind": "accession", "occurred": "2025-05-01" }))
        .when("instrument.provisionally_applied", json!({}))
        .when("instrument.entered_into_force", json!({ "party": "PK", "occurred": "2025-06-01" }))
        .then(json!({ "status": "in_force", "kind": "treaty", "standing": [
            {
                "party": { "country": "PK" },
                "consent": { "kind": "ratification", "declarations": ["With a reservation."], "event": "#2" },
                "provisionally_applied": { "event": "#4" },
                "in_force": { "occurred": { "edtf": "2025-06-01" } },
            },
            { "party": { "country": "CA" }, "consent": { "kind": "accession" } },
        ] }));
}

#[test]
fn what_does_not_bind_is_operative() {
    instrument()
        .when("instrument.entered_into_force", json!({ "kind": "mou", "occurred": "2025-06-01" }))
        .then(
            json!({ "status": "operative", "entered_into_force": { "occurred": { "edtf": "2025-06-01" } } }),
        );
    instrument()
        .when("instrument.entered_into_force", json!({ "kind": "mou", "binding": "yes" }))
        .then(json!({ "status": "in_force" }));
}

#[test]
fn registered() {
    instrument()
        .when("instrument.registered", json!({ "register": "UN Treaty Series", "number": "I-1" }))
        .then(json!({ "status": "recorded", "registrations": [{ "register": "UN Treaty Series", "number": "I-1" }] }));
}

#[test]
fn amended() {
    instrument()
        .when("instrument.amended", json!({ "kind": "rectification", "reason": "A slip." }))
        .then(json!({ "amendments": [{ "kind": "rectification", "reason": "A slip." }] }))
        .without(&["kind"]);
}

#[test]
fn withdrawal_notified_stands_by_the_party() {
    instrument()
        .when("instrument.withdrawal_notified", json!({ "party": "CA" }))
        .then(json!({ "standing": [{ "party": { "country": "CA" }, "withdrawal": { "event": "#1" } }] }));
}

#[test]
fn suspended_as_a_whole_or_for_a_party() {
    instrument().when("instrument.suspended", json!({})).then(json!({ "status": "suspended" }));
    instrument()
        .when("instrument.entered_into_force", json!({}))
        .when("instrument.suspended", json!({ "party": "CA" }))
        .then(json!({ "status": "in_force", "standing": [{ "suspended": { "event": "#2" } }] }));
}

#[test]
fn terminated_or_expired() {
    instrument()
        .when("instrument.terminated", json!({ "how": "denounced" }))
        .then(json!({ "status": "terminated", "terminated": { "how": "denounced" } }));
    instrument()
        .when("instrument.terminated", json!({ "how": "expired" }))
        .then(json!({ "status": "expired" }));
}

#[test]
fn superseded() {
    instrument()
        .when("instrument.superseded", json!({ "superseded_by": "instrument/~new" }))
        .then(json!({ "status": "superseded", "superseded": { "event": "#1" } }));
}

#[test]
fn each_partys_consent_is_told_once() {
    instrument()
        .when("instrument.consent_expressed", json!({ "party": "PK", "kind": "ratification", "occurred": "2025-03-01" }))
        .when_by("ca", "instrument.consent_expressed", json!({ "party": "PK", "kind": "ratification", "occurred": "2025-03-02" }))
        .when("instrument.consent_expressed", json!({ "party": "CA", "kind": "ratification", "occurred": "2025-03-02" }))
        .then(json!({ "contests": [{
            "of": "#1", "pointer": "/occurred", "standing": { "event": "#1", "value": { "edtf": "2025-03-01" } },
            "alternatives": [{ "event": "#2", "value": { "edtf": "2025-03-02" } }],
        }] }));
}
