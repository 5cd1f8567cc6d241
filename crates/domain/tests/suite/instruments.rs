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
        .then(json!({ "standing": [
            { "party": { "country": "PK" }, "signed": {} }, { "party": { "country": "CA" }, "signed": {} },
            { "party": { "country": "US" } },
        ] }))
        .lacks("/standing/2/signed");
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

#[test]
fn force_holds_for_those_who_had_consented_by_then() {
    let consent = |party: &str, on: &str| json!({ "party": party, "kind": "ratification", "occurred": on });
    instrument()
        .when(
            "instrument.signed",
            json!({ "kind": "treaty", "parties": ["MX", "BN", "CL"], "occurred": "2018-03-08" }),
        )
        .when("instrument.consent_expressed", consent("MX", "2018-06-28"))
        .when("instrument.entered_into_force", json!({ "occurred": "2018-12-30" }))
        // Reported late, but done in time.
        .when("instrument.consent_expressed", consent("CL", "2018-11-15"))
        .when(
            "instrument.consent_expressed",
            json!({ "party": "GB", "kind": "accession", "occurred": "2022" }),
        )
        .then(json!({ "status": "in_force", "standing": [
            { "party": { "country": "MX" }, "in_force": { "event": "#3" } },
            { "party": { "country": "BN" }, "signed": { "event": "#1" } },
            { "party": { "country": "CL" }, "in_force": { "event": "#3" } },
            { "party": { "country": "GB" }, "consent": { "kind": "accession" } },
        ] }))
        .lacks("/standing/1/in_force")
        .lacks("/standing/3/in_force")
        .when("instrument.suspended", json!({ "occurred": "2020" }))
        .then(json!({ "standing": [{ "suspended": { "event": "#6" } }, {}, {}, {}] }))
        .lacks("/standing/1/suspended")
        .lacks("/standing/3/suspended");
}

#[test]
fn what_is_said_of_a_party_goes_before_what_is_said_of_all() {
    for event in ["instrument.entered_into_force", "instrument.provisionally_applied"] {
        let column = if event.ends_with("force") { "in_force" } else { "provisionally_applied" };
        let own = json!({ "party": "CA", "occurred": "2021-09-01" });
        let all = json!({ "occurred": "2021-06-01" });
        for steps in [[&own, &all], [&all, &own]] {
            let shown = |on: &str| json!({ column: { "occurred": { "edtf": on } } });
            let [first, second] = steps;
            instrument()
                .when(
                    "instrument.consent_expressed",
                    json!({ "party": "CA", "kind": "accession", "occurred": "2021-01" }),
                )
                .when(
                    "instrument.consent_expressed",
                    json!({ "party": "PK", "kind": "accession", "occurred": "2021-01" }),
                )
                .when(event, first.clone())
                .when(event, second.clone())
                .then(json!({ "standing": [shown("2021-09-01"), shown("2021-06-01")] }));
        }
    }
}

#[test]
fn without_any_consent_force_holds_for_the_sides_of_what_does_not_bind_and_for_two() {
    let shown = json!([{ "in_force": {} }, { "in_force": {} }]);
    instrument()
        .when("instrument.entered_into_force", json!({ "kind": "mou", "parties": ["PK", "CA"] }))
        .then(json!({ "standing": shown }));
    instrument()
        .when("instrument.signed", json!({ "kind": "investment_treaty", "signed_by_sides": ["PK", "CA"] }))
        .when("instrument.entered_into_force", json!({}))
        .then(json!({ "standing": shown }));
    instrument()
        .when("instrument.signed", json!({ "kind": "treaty", "signed_by_sides": ["PK", "CA", "US"] }))
        .when("instrument.entered_into_force", json!({}))
        .then(json!({ "standing": [{ "signed": {} }, { "signed": {} }, { "signed": {} }] }))
        .lacks("/standing/0/in_force");
}

/// Six parties of which each is at another step.
#[test]
fn a_treaty_of_six_shows_where_each_stands() {
    let parties = ["CA", "PK", "AU", "NZ", "SG", "VN"];
    let consent = |party: &str, kind: &str, on: &str| json!({ "party": party, "kind": kind, "occurred": on });
    let day = |on: &str| json!({ "occurred": { "edtf": on } });
    instrument()
        .when("instrument.proposed", json!({ "kind": "treaty", "parties": parties }))
        .then(json!({ "status": "proposed" }))
        .without(&["standing"])
        .when("instrument.signed", json!({ "signed_by_sides": ["CA", "PK", "AU", "NZ"], "occurred": "2024-03-08" }))
        .when("instrument.provisionally_applied", json!({ "party": "NZ", "occurred": "2024-04-01" }))
        .when("instrument.domestic_step_taken", json!({ "party": "CA", "step": "tabled", "occurred": "2024-05-01" }))
        .when("instrument.domestic_step_taken", json!({ "party": "CA", "step": "act passed", "occurred": "2024-06-01" }))
        .when("instrument.consent_expressed", consent("CA", "ratification", "2024-07-01"))
        .when("instrument.consent_expressed", consent("AU", "approval", "2024-08-01"))
        .when("instrument.consent_expressed", consent("SG", "accession", "2024-09-01"))
        .when("instrument.entered_into_force", json!({ "occurred": "2024-10-01" }))
        .when("instrument.entered_into_force", json!({ "party": "SG", "occurred": "2024-12-01" }))
        .when("instrument.suspended", json!({ "party": "AU", "occurred": "2025-01-01" }))
        .when("instrument.withdrawal_notified", json!({ "party": "CA", "occurred": "2025-02-01" }))
        .then(json!({ "status": "in_force", "standing": [
            {
                "party": { "country": "CA" }, "signed": day("2024-03-08"),
                "domestic_steps": [{ "step": "tabled" }, { "step": "act passed" }],
                "consent": { "kind": "ratification", "occurred": { "edtf": "2024-07-01" } },
                "in_force": day("2024-10-01"), "withdrawal": day("2025-02-01"),
            },
            { "party": { "country": "PK" }, "signed": day("2024-03-08") },
            {
                "party": { "country": "AU" }, "signed": {}, "consent": { "kind": "approval" },
                "in_force": day("2024-10-01"), "suspended": day("2025-01-01"),
            },
            { "party": { "country": "NZ" }, "signed": {}, "provisionally_applied": day("2024-04-01") },
            { "party": { "country": "SG" }, "consent": { "kind": "accession" }, "in_force": day("2024-12-01") },
            { "party": { "country": "VN" } },
        ] }))
        .lacks("/standing/1/consent")
        .lacks("/standing/1/in_force")
        .lacks("/standing/3/in_force")
        .lacks("/standing/4/signed")
        .lacks("/standing/5/signed")
        .lacks("/standing/5/in_force");
}
