//! Hard rules: what breaks one is refused, with its place and the reason.

use domain::{Aggregate, Event, Kind, MOST_EVENTS};
use serde_json::json;

use crate::given::{Given, nothing};

fn held() -> Given {
    nothing(Aggregate::Engagement)
        .when("engagement.held", json!({ "occurred": "2025-04-13", "participants": ["CA"] }))
}

#[test]
fn every_mistake_of_data_is_named_at_once() {
    nothing(Aggregate::Engagement).refuses(
        "engagement.statement_issued",
        json!({ "occurred": "13 April", "participants": [{ "role": "king", "name": "CA" }], "colour": "red" }),
        &[("/issuers", "is required"), ("/occurred", "EDTF"), ("/participants/0/role", "host"), ("/colour", "unknown field")],
    );
}

#[test]
fn what_is_required_may_not_be_empty() {
    let given = nothing(Aggregate::Engagement);
    given.clone().refuses(
        "engagement.participants_amended",
        json!({ "participants": [] }),
        &[("/participants", "at least one")],
    );
    given.refuses(
        "engagement.corrected",
        json!({ "changes": null }),
        &[("/changes", "required"), ("/event", "required")],
    );
    nothing(Aggregate::Commitment).refuses(
        "commitment.made",
        json!({ "text": "To try." }),
        &[("/owners", "is required"), ("/strength", "is required")],
    );
}

#[test]
fn data_is_an_object() {
    nothing(Aggregate::Matter).refuses("matter.opened", json!([]), &[("", "expected an object")]);
}

#[test]
fn an_event_belongs_to_a_record_of_its_aggregate() {
    held().refuses("matter.opened", json!({}), &[("", "expected a subject matter/…")]);
}

#[test]
fn an_unknown_type_is_not_admitted() {
    let given = held();
    let event = given.event("pk", "engagement.held", &json!({})).expect("well-formed");
    let unknown = Event { kind: Kind::parse("chancery.engagement.teleported.v1"), ..event };
    assert!(given.admit(&unknown).expect_err("unknown")[0].detail.contains("no event type"));
}

#[test]
fn a_record_has_at_most_so_many_events() {
    let mut given = nothing(Aggregate::Matter);
    let event = std::sync::Arc::new(
        given.event("pk", "matter.development_recorded", &json!({})).expect("well-formed"),
    );
    for _ in 0..MOST_EVENTS {
        given.record.apply(std::sync::Arc::clone(&event));
    }
    given.refuses("matter.closed", json!({}), &[("", "10000 events")]);
}

#[test]
fn record_control_concerns_what_is_recorded() {
    for (kind, data) in [
        ("engagement.corrected", json!({ "event": "~1", "changes": { "pointer": "/place", "new": "Doha" } })),
        ("engagement.retracted", json!({ "event": "~1" })),
        ("engagement.contested", json!({ "event": "~1" })),
        ("engagement.adjudicated", json!({ "event": "~1", "chosen": "~1" })),
        ("engagement.merged_into", json!({ "record": "engagement/~other" })),
        ("engagement.marking_changed", json!({ "level": "SECRET" })),
        ("engagement.release_authorised", json!({ "to": "CA" })),
        ("engagement.release_revoked", json!({ "to": "CA" })),
        ("engagement.hold_placed", json!({})),
        ("engagement.hold_lifted", json!({})),
        ("engagement.retention_assigned", json!({})),
        ("engagement.disposed", json!({})),
    ] {
        nothing(Aggregate::Engagement).refuses(
            kind,
            data,
            &[("", "nothing is recorded yet under engagement/")],
        );
    }
}

#[test]
fn record_control_does_not_describe_the_record() {
    held().refuses(
        "engagement.hold_placed",
        json!({ "title": "Tea", "participants": ["US"], "authority": "The court.", "reason": "A trial." }),
        &[("/participants", "unknown field"), ("/title", "unknown field")],
    );
    nothing(Aggregate::Commitment)
        .when("commitment.accepted", json!({}))
        .when("commitment.retention_assigned", json!({ "due": "2045", "notes": "Twenty years." }));
}

#[test]
fn a_correction_changes_something() {
    let correct = |changes| json!({ "event": "#1", "changes": changes });
    held()
        .refuses(
            "engagement.corrected",
            correct(json!([{ "pointer": "/kind", "new": "call" }, { "pointer": "/occurred", "new": "2025-04-13" }])),
            &[("/changes/1", "changes nothing")],
        )
        .refuses("engagement.corrected", correct(json!({ "pointer": "/place" })), &[("/changes/0", "changes nothing")]);
}

#[test]
fn control_events_refer_to_events_of_the_record_that_stand() {
    let other = json!("0191d3c2-0000-7000-8000-000000000000");
    let changes = json!({ "pointer": "/place", "new": "Doha" });
    held()
        .refuses(
            "engagement.corrected",
            json!({ "event": other, "changes": changes }),
            &[("/event", "of this record")],
        )
        .refuses("engagement.retracted", json!({ "event": other }), &[("/event", "of this record")])
        .refuses("engagement.contested", json!({ "event": other }), &[("/event", "of this record")])
        .refuses(
            "engagement.adjudicated",
            json!({ "event": other, "chosen": "#1" }),
            &[("/event", "of this record")],
        )
        .refuses("engagement.held", json!({ "restates": other }), &[("/restates", "of this record")])
        .refuses(
            "engagement.expected",
            json!({ "restates": "#1" }),
            &[("/restates", "another engagement.expected")],
        )
        .when("engagement.retracted", json!({ "event": "#1" }))
        .refuses(
            "engagement.corrected",
            json!({ "event": "#1", "changes": changes }),
            &[("/event", "was retracted")],
        )
        .refuses("engagement.contested", json!({ "event": "#2" }), &[("/event", "record control")]);
}

#[test]
fn an_agency_corrects_and_retracts_only_its_own() {
    held()
        .refuses_of(
            "ca",
            "engagement.retracted",
            json!({ "event": "#1" }),
            &[("/event", "only its own events")],
        )
        .refuses_of(
            "ca",
            "engagement.corrected",
            json!({ "event": "#1", "changes": { "pointer": "/kind", "new": "call" } }),
            &[("/event", "only its own events")],
        );
}

#[test]
fn what_a_correction_leaves_must_be_valid_and_what_it_finds_be_there() {
    let correct = |changes| json!({ "event": "#1", "changes": changes });
    held()
        .refuses(
            "engagement.corrected",
            correct(json!([{ "pointer": "/occurred", "new": "soon" }, { "pointer": "/colour", "new": 1 }])),
            &[("/changes/0/new", "EDTF"), ("/changes/1/new", "no such field")],
        )
        .refuses(
            "engagement.corrected",
            correct(json!({ "pointer": "/occurred/edtf", "old": "2025-04-12", "new": "2025-04-14" })),
            &[("/changes/0/old", "2025-04-13")],
        )
        .refuses(
            "engagement.corrected",
            correct(json!({ "pointer": "/participants/7/name", "new": "US" })),
            &[("/changes/0/new", "no such item")],
        )
        .refuses(
            "engagement.corrected",
            correct(json!({ "pointer": "", "new": {} })),
            &[("/changes/pointer", "not the whole")],
        );
    nothing(Aggregate::Party).when("party.registered", json!({ "names": ["ISPR"] })).refuses(
        "party.corrected",
        correct(json!({ "pointer": "/names" })),
        &[("/changes/0/new", "is required")],
    );
    nothing(Aggregate::Source).when("source.captured", json!({ "title": "Talks" })).refuses(
        "source.corrected",
        correct(json!({ "pointer": "/title" })),
        &[("/changes", "one must be left")],
    );
}

#[test]
fn custody_is_not_retracted() {
    held().when("engagement.marking_changed", json!({ "level": "SECRET" })).refuses(
        "engagement.retracted",
        json!({ "event": "#2" }),
        &[("/event", "custody")],
    );
}

#[test]
fn contests_and_adjudications_say_what_and_where() {
    held()
        .refuses(
            "engagement.contested",
            json!({ "event": "#1", "alternative": "x" }),
            &[("/pointer", "is required")],
        )
        .refuses(
            "engagement.contested",
            json!({ "event": "#1", "pointer": "/place" }),
            &[("/pointer", "says nothing there")],
        )
        .refuses(
            "engagement.contested",
            json!({ "event": "#1", "pointer": "/occurred", "alternative": "soon" }),
            &[("/alternative", "EDTF")],
        )
        .refuses(
            "engagement.adjudicated",
            json!({ "event": "#1", "chosen": "x" }),
            &[("/chosen", "a value needs a pointer")],
        )
        .refuses(
            "engagement.adjudicated",
            json!({ "event": "#1", "pointer": "/occurred", "chosen": "soon" }),
            &[("/chosen", "EDTF")],
        )
        .when("engagement.statement_issued", json!({ "issuers": "PK" }))
        .refuses(
            "engagement.adjudicated",
            json!({ "event": "#1", "chosen": "#2" }),
            &[("/chosen", "tells the same")],
        );
}

#[test]
fn a_record_is_merged_by_its_owner_into_another_of_its_kind() {
    let own = held().record.subject();
    held()
        .refuses(
            "engagement.merged_into",
            json!({ "record": "matter/~x" }),
            &[("/record", "of the same kind")],
        )
        .refuses("engagement.merged_into", json!({ "record": own }), &[("/record", "another record")])
        .refuses_of(
            "ca",
            "engagement.merged_into",
            json!({ "record": "engagement/~x" }),
            &[("", "belongs to urn:agency:pk")],
        );
}

#[test]
fn custody_is_the_owners() {
    for (kind, data) in [
        ("engagement.marking_changed", json!({ "level": "OFFICIAL" })),
        ("engagement.release_authorised", json!({ "to": "CA" })),
        ("engagement.hold_placed", json!({})),
        ("engagement.retention_assigned", json!({})),
        ("engagement.disposed", json!({})),
    ] {
        held().refuses_of("ca", kind, data, &[("", "belongs to")]);
    }
}

#[test]
fn markings_change_to_levels_that_exist() {
    held()
        .refuses(
            "engagement.marking_changed",
            json!({ "level": "COSMIC" }),
            &[("/level", "none of the levels")],
        )
        .refuses("engagement.marking_changed", json!({}), &[("", "one of level, caveats, review_on")]);
}

#[test]
fn releases_need_an_approver_other_than_the_author() {
    held()
        .refuses(
            "engagement.release_authorised",
            json!({ "to": "CA" }),
            &[("", "by another person with the role approver than officer@pk")],
        )
        .refuses(
            "engagement.release_revoked",
            json!({ "to": "CA" }),
            &[("", "by another person with the role approver than officer@pk")],
        );
}

#[test]
fn disposal_waits_for_holds_and_needs_a_second_person() {
    held()
        .when("engagement.hold_placed", json!({}))
        .refuses(
            "engagement.disposed",
            json!({}),
            &[("", "under a hold"), ("", "another person with the role approver than officer@pk")],
        )
        .when("engagement.hold_lifted", json!({}))
        .acting("archivist")
        .refuses(
            "engagement.disposed",
            json!({ "requester": "archivist" }),
            &[("", "another person with the role approver than archivist")],
        )
        .when("engagement.disposed", json!({}));
}

#[test]
fn whom_an_author_names_as_requester_does_not_let_them_dispose() {
    held().refuses(
        "engagement.disposed",
        json!({ "requester": "somebody-else" }),
        &[("", "another person with the role approver than officer@pk")],
    );
}

#[test]
fn who_corrected_a_record_is_one_of_its_authors() {
    let change = json!({ "pointer": "/title", "new": "Tea in Lahore" });
    held()
        .acting("editor@pk")
        .when("engagement.corrected", json!({ "event": "#1", "changes": [change], "reason": "Named." }))
        .refuses(
            "engagement.release_authorised",
            json!({ "to": "CA" }),
            &[("", "another person with the role approver than editor@pk")],
        );
}

#[test]
fn nobody_adjudicates_an_account_of_their_own() {
    held()
        .when_by("ca", "engagement.held", json!({ "occurred": "2025-02-02", "restates": "#1" }))
        .acting("officer@ca")
        .refuses_of(
            "ca",
            "engagement.adjudicated",
            json!({ "event": "#1", "pointer": "/occurred", "chosen": "#2" }),
            &[("", "another person with the role approver than officer@ca")],
        );
}

#[test]
fn only_a_hold_in_force_is_lifted() {
    held().when("engagement.hold_placed", json!({})).refuses(
        "engagement.hold_lifted",
        json!({ "hold": "#1" }),
        &[("/hold", "a hold in force")],
    );
}
