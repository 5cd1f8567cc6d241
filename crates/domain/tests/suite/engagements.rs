use domain::Aggregate;
use serde_json::json;

use crate::given::{Given, nothing};

fn engagement() -> Given {
    nothing(Aggregate::Engagement)
}

#[test]
fn the_least_that_must_be_accepted_is_a_call_of_two_states() {
    engagement().when("engagement.held", json!({ "kind": "call", "participants": ["CA"] })).then(json!({
        "title": "Call: Canada and Pakistan", "status": "held", "mode": "phone", "version": 1,
        "marking": "OFFICIAL", "agency": "urn:agency:pk",
        "participants": [
            { "name": "Canada", "kind": "state", "country": "CA", "role": "participant", "attendance": "attended" },
            { "name": "Pakistan", "kind": "state", "country": "PK", "attendance": "attended" },
        ],
        "citations": [{ "source": "first-hand", "event": "#1" }],
    }));
}

#[test]
fn proposed() {
    engagement().when("engagement.proposed", json!({ "kind": "visit.state", "participants": ["CA"] })).then(
        json!({
            "status": "proposed", "kind": "visit.state", "title": "State visit: Canada and Pakistan",
            "participants": [{ "attendance": "expected" }, { "attendance": "expected" }],
        }),
    );
}

#[test]
fn expected() {
    engagement()
        .when("engagement.expected", json!({ "window": { "edtf": "2025-06", "inferred": true }, "series": "Talks" }))
        .then(json!({
            "status": "expected", "window": { "edtf": "2025-06", "inferred": true }, "series": { "name": "Talks" },
        }));
}

#[test]
fn scheduled_again_is_rescheduled() {
    engagement()
        .when("engagement.expected", json!({ "window": "2025-06" }))
        .when("engagement.scheduled", json!({ "window": "2025-06-10", "place": "Islamabad" }))
        .when("engagement.scheduled", json!({ "window": "2025-06-12", "place": "Lahore" }))
        .then(json!({
            "status": "scheduled", "window": { "edtf": "2025-06-12" }, "first_window": { "edtf": "2025-06" },
            "place": { "name": "Lahore" },
        }))
        .without(&["contests", "anomalies"]);
}

#[test]
fn postponed_without_a_new_time_has_none() {
    engagement()
        .when("engagement.scheduled", json!({ "window": "2025-06-10" }))
        .when("engagement.postponed", json!({ "occurred": "2025-06-01", "reason": "An election." }))
        .then(json!({ "status": "postponed", "first_window": { "edtf": "2025-06-10" } }))
        .without(&["window", "occurred"])
        .when("engagement.expected", json!({ "window": "2025-09" }))
        .then(json!({ "status": "expected", "window": { "edtf": "2025-09" } }));
}

#[test]
fn cancelled() {
    engagement()
        .when("engagement.scheduled", json!({ "window": "2025-06-10" }))
        .when("engagement.cancelled", json!({ "reason": "A storm.", "by": ["CA"] }))
        .then(json!({
            "status": "cancelled",
            "course": [{ "type": "scheduled" }, { "type": "cancelled", "reason": "A storm.", "event": "#2" }],
        }));
}

#[test]
fn not_held() {
    engagement()
        .when("engagement.expected", json!({ "window": "2025-06" }))
        .when("engagement.not_held", json!({}))
        .then(json!({ "status": "not_held" }));
}

#[test]
fn under_way_is_dated_by_what_is_seen_of_it() {
    let given =
        engagement().when("engagement.under_way", json!({ "kind": "visit", "occurred": "2025-04-13" }));
    let span = given.record.valid_time().expect("dated");
    assert_eq!(span.earliest, Some(jiff::civil::date(2025, 4, 13)));
    given.then(json!({ "status": "under_way", "occurred": { "edtf": "2025-04-13" } }));
}

#[test]
fn held_says_how_far_it_slipped() {
    engagement()
        .when("engagement.expected", json!({ "window": "2025-06" }))
        .when("engagement.held", json!({ "occurred": "2025-07-03" }))
        .then(json!({ "status": "held", "slip_days": 3, "occurred": { "edtf": "2025-07-03" } }));
    engagement()
        .when("engagement.scheduled", json!({ "window": "2025-06-10" }))
        .when("engagement.held", json!({ "occurred": "2025-06-08" }))
        .then(json!({ "slip_days": -2 }));
}

#[test]
fn participants_amended_changes_those_it_names() {
    engagement()
        .when("engagement.scheduled", json!({ "participants": [
            { "name": "CA", "role": "visitor", "attendance": "invited" }, { "name": "PK", "role": "host" },
        ] }))
        .when("engagement.participants_amended", json!({ "participants": [{ "name": "CA", "attendance": "accepted" }] }))
        .then(json!({ "participants": [
            { "name": "Canada", "role": "visitor", "attendance": "accepted" }, { "name": "Pakistan", "role": "host" },
        ] }));
}

#[test]
fn those_expected_attended_what_was_held_when_nobody_is_named_anew() {
    let scheduled = engagement().when("engagement.scheduled", json!({ "participants": [
        "US", "IN", { "name": "CA", "attendance": "declined" }, { "name": "Delegation", "country": "US", "members": ["A. Rao"] },
    ] }));
    scheduled
        .clone()
        .when("engagement.held", json!({ "occurred": "2018-09-06" }))
        .then(json!({ "participants": [
            { "country": "US", "attendance": "attended" }, { "country": "IN", "attendance": "attended" },
            { "country": "CA", "attendance": "declined" },
            { "attendance": "attended", "members": [{ "attendance": "attended" }] },
        ] }))
        .when(
            "engagement.participants_amended",
            json!({ "participants": [{ "name": "US", "role": "host" }] }),
        )
        .then(json!({ "participants": [{ "role": "host", "attendance": "attended" }, {}, {}, {}] }));
    scheduled.when("engagement.not_held", json!({})).then(json!({ "participants": [
        { "attendance": "expected" }, { "attendance": "expected" }, { "attendance": "declined" }, { "attendance": "expected" },
    ] }));
}

#[test]
fn of_those_expected_whom_an_account_of_what_was_held_does_not_name_nothing_is_known() {
    engagement()
        .when("engagement.scheduled", json!({ "participants": [
            "US", "IN", "JP", { "name": "A. Rao", "country": "IN" },
            { "name": "Delegation", "country": "US", "members": ["B. Smith", "C. Jones"] },
        ] }))
        .when("engagement.held", json!({ "participants": [
            { "name": "D. Singh", "country": "IN" },
            { "name": "Delegation", "country": "US", "members": ["B. Smith"] },
        ] }))
        .then(json!({ "participants": [
            { "country": "US", "attendance": "attended" }, { "country": "IN", "attendance": "attended" },
            { "country": "JP", "attendance": "unknown" }, { "name": "A. Rao", "attendance": "unknown" },
            { "name": "Delegation", "attendance": "attended", "members": [
                { "name": "B. Smith", "attendance": "attended" }, { "name": "C. Jones", "attendance": "unknown" },
            ] },
            { "name": "D. Singh", "attendance": "attended" },
        ] }));
}

#[test]
fn statement_issued_is_listed_and_dates_nothing() {
    let given = engagement()
        .when("engagement.held", json!({ "participants": ["CA"] }))
        .when("engagement.statement_issued", json!({
            "issuers": ["ISPR"], "form": "press release", "reference": "PR-1", "occurred": { "as_stated": "Saturday" },
        }))
        .then(json!({ "status": "held", "statements": [{
            "issuers": [{ "name": "ISPR", "kind": "organisation" }], "form": "press release", "reference": "PR-1",
            "occurred": { "as_stated": "Saturday" }, "event": "#2",
        }] }))
        .without(&["occurred"]);
    assert!(given.record.facets().parties.contains("organisation:ispr"));
}

#[test]
fn what_is_common_is_collected_from_every_event() {
    let given = engagement()
        .when(
            "engagement.held",
            json!({
                "links": { "rel": "part_of", "to": "engagement/~visit" }, "notes": "Short.",
                "utterances": { "speakers": "CA", "act": "commend", "text": "Well done." },
                "citations": { "source": "source/~report", "grade": "B2" },
            }),
        )
        .when("engagement.statement_issued", json!({ "issuers": "PK", "notes": ["Long."] }))
        .then(json!({
            "links": [{ "rel": "part_of", "event": "#1" }],
            "notes": [{ "text": "Short.", "event": "#1" }, { "text": "Long.", "event": "#2" }],
            "utterances": [{ "act": "commend", "event": "#1" }],
            "citations": [{ "grade": "B2", "event": "#1" }, { "source": "first-hand", "event": "#2" }],
        }));
    assert_eq!(given.record.links().count(), 1);
}

#[test]
fn a_side_that_nobody_names_is_the_recorders() {
    let sides = |participants| {
        let given = engagement().when("engagement.held", json!({ "participants": participants }));
        given.record.view()["participants"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(sides(json!(["CA"])), 2);
    assert_eq!(sides(json!(["Tarik Ali Khan"])), 2);
    assert_eq!(sides(json!(["PK"])), 1, "the recorder's own side is named");
    assert_eq!(sides(json!(["CA", "US"])), 2, "two others met");
    assert_eq!(sides(json!([{ "name": "Delegation", "members": [{ "name": "A", "country": "US" }] }])), 2);
}

#[test]
fn what_is_reported_late_says_how_it_once_was() {
    engagement()
        .when("engagement.held", json!({ "place": "Doha", "occurred": "2025-06-10" }))
        .when("engagement.expected", json!({ "place": "Geneva", "topics": "trade", "window": "2025-06" }))
        .then(json!({ "status": "held", "place": { "name": "Doha" }, "topics": [{ "code": "trade" }], "window": { "edtf": "2025-06" } }));
}

#[test]
fn titles_are_made_of_kind_and_parties() {
    let title = |data| engagement().when("engagement.held", data).record.title().to_owned();
    assert_eq!(title(json!({})), "Engagement");
    assert_eq!(
        title(json!({ "kind": "summit", "participants": ["US", "CN", "JP", "KR", "RU", "CA"] })),
        "Summit: United States, China, Japan and 3 others"
    );
    assert_eq!(title(json!({ "title": "Tea", "kind": "meeting" })), "Tea");
}
