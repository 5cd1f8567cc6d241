//! Plausibility rules: what does not meet one is recorded, flagged.

use domain::Aggregate;
use serde_json::json;

use crate::given::{Given, nothing};

fn engagement(event: &str) -> Given {
    nothing(Aggregate::Engagement).when(&format!("engagement.{event}"), json!({}))
}

#[test]
fn the_order_of_an_engagement() {
    for (before, event, code) in [
        ("cancelled", "held", "held-after-cancelled"),
        ("cancelled", "scheduled", "scheduled-after-cancelled"),
        ("held", "scheduled", "scheduled-after-held"),
        ("held", "not_held", "not-held-after-held"),
        ("held", "cancelled", "cancelled-after-held"),
        ("scheduled", "proposed", "proposed-after-scheduled"),
        ("under_way", "postponed", "postponed-after-under-way"),
    ] {
        engagement(before).flags(&format!("engagement.{event}"), json!({}), &[code]);
    }
    for (before, event) in [
        ("proposed", "expected"),
        ("expected", "scheduled"),
        ("scheduled", "postponed"),
        ("postponed", "scheduled"),
        ("postponed", "cancelled"),
        ("postponed", "expected"),
        ("scheduled", "under_way"),
        ("under_way", "held"),
        ("held", "held"),
        ("cancelled", "cancelled"),
        ("scheduled", "scheduled"),
    ] {
        engagement(before).flags(&format!("engagement.{event}"), json!({}), &[]);
    }
}

#[test]
fn what_is_flagged_is_recorded_and_shown() {
    engagement("cancelled").when("engagement.held", json!({})).then(json!({
        "status": "held", "anomalies": [{ "event": "#2", "code": "held-after-cancelled", "detail": "held is recorded after cancelled" }],
    }));
}

#[test]
fn the_order_of_an_instrument() {
    let signed = nothing(Aggregate::Instrument)
        .when("instrument.signed", json!({ "kind": "treaty", "occurred": "2025-04-13" }));
    signed
        .flags("instrument.negotiation_opened", json!({}), &["negotiation-opened-after-signed"])
        .flags("instrument.consent_expressed", json!({ "party": "CA", "kind": "ratification" }), &[])
        .flags(
            "instrument.consent_expressed",
            json!({ "party": "CA", "kind": "ratification", "occurred": "2025-04-01" }),
            &["consent-expressed-dated-before-signed"],
        )
        .flags(
            "instrument.negotiation_concluded",
            json!({ "occurred": "2025-05-01" }),
            &["negotiation-concluded-after-signed", "negotiation-concluded-dated-after-signed"],
        );
    nothing(Aggregate::Instrument)
        .when("instrument.negotiation_opened", json!({}))
        .flags(
            "instrument.consent_expressed",
            json!({ "party": "CA", "kind": "ratification" }),
            &["consent-before-signed"],
        )
        .flags("instrument.consent_expressed", json!({ "party": "CA", "kind": "accession" }), &[]);
}

#[test]
fn a_ratification_follows_a_signature_also_where_it_is_the_first_event() {
    let consent = |kind: &str| json!({ "party": "CA", "kind": kind });
    nothing(Aggregate::Instrument)
        .flags("instrument.consent_expressed", consent("ratification"), &["consent-before-signed"])
        .flags("instrument.consent_expressed", consent("acceptance"), &["consent-before-signed"])
        .flags("instrument.consent_expressed", consent("accession"), &[]);
}

#[test]
fn one_party_may_follow_when_it_is_in_force_for_others() {
    nothing(Aggregate::Instrument)
        .when("instrument.entered_into_force", json!({ "kind": "treaty", "occurred": "2018-12-30" }))
        .flags(
            "instrument.consent_expressed",
            json!({ "party": "CA", "kind": "accession", "occurred": "2024" }),
            &[],
        )
        .when("instrument.entered_into_force", json!({ "party": "CA", "occurred": "2024-12-15" }))
        .flags(
            "instrument.consent_expressed",
            json!({ "party": "CA", "kind": "accession", "occurred": "2025" }),
            &["consent-expressed-after-in-force", "consent-expressed-dated-after-entered-into-force"],
        );
}

#[test]
fn a_memorandum_is_not_ratified() {
    nothing(Aggregate::Instrument).when("instrument.signed", json!({ "kind": "mou" })).flags(
        "instrument.consent_expressed",
        json!({ "party": "CA", "kind": "ratification" }),
        &["consent-to-non-binding"],
    );
}

#[test]
fn what_took_place_is_past() {
    nothing(Aggregate::Engagement).flags("engagement.held", json!({ "occurred": "2025-11-25" }), &[]).flags(
        "engagement.held",
        json!({ "occurred": "2026" }),
        &["occurred-in-the-future"],
    );
}

#[test]
fn topics_and_kinds_are_known() {
    nothing(Aggregate::Engagement)
        .flags("engagement.held", json!({ "topics": ["trade", "astrology"] }), &["unknown-topic"])
        .flags("engagement.held", json!({ "kind": "seance" }), &["unknown-kind"])
        .flags("engagement.held", json!({ "kind": "visit.private" }), &[]);
}

#[test]
fn participants_attend_what_is_held_and_are_named_once() {
    nothing(Aggregate::Engagement)
        .flags(
            "engagement.expected",
            json!({ "participants": [{ "name": "CA", "attendance": "attended" }] }),
            &["attended-before-held"],
        )
        .flags("engagement.held", json!({ "participants": ["CA", "Canada"] }), &["named-twice"]);
}

#[test]
fn commitments_end_once_and_fall_due_after_they_are_made() {
    let made = |strength: &str| json!({ "text": "To try.", "strength": strength, "owners": "CA" });
    nothing(Aggregate::Commitment)
        .when("commitment.made", made("agreed"))
        .flags("commitment.fulfilled", json!({}), &[])
        .when("commitment.withdrawn", json!({}))
        .flags("commitment.fulfilled", json!({}), &["fulfilled-after-withdrawn"]);
    nothing(Aggregate::Commitment).when("commitment.made", made("expressed_desire")).flags(
        "commitment.fulfilled",
        json!({}),
        &["fulfilled-position"],
    );
    let mut late = made("agreed");
    late["occurred"] = json!("2025-06");
    late["due"] = json!("2025-05");
    nothing(Aggregate::Commitment).flags("commitment.made", late, &["due-before-made"]);
}

#[test]
fn matters_close_and_reopen_in_turn() {
    nothing(Aggregate::Matter)
        .when("matter.opened", json!({}))
        .flags("matter.reopened", json!({}), &["reopened-while-open"])
        .when("matter.closed", json!({}))
        .flags("matter.closed", json!({}), &["closed-twice"])
        .flags("matter.development_recorded", json!({}), &["development-after-closed"]);
}

#[test]
fn persons_leave_posts_that_they_held() {
    nothing(Aggregate::Party)
        .when("party.registered", json!({ "names": "ISPR", "kind": "organisation" }))
        .flags("party.appointed", json!({ "post": "Envoy" }), &["post-of-no-person"]);
    nothing(Aggregate::Party).when("party.appointed", json!({ "post": "Envoy" })).flags(
        "party.left_post",
        json!({ "post": "Minister" }),
        &["left-post-not-held"],
    );
}

#[test]
fn sources_once_withdrawn_are_not_revised() {
    nothing(Aggregate::Source).when("source.withdrawn", json!({})).flags(
        "source.revised",
        json!({}),
        &["revised-after-withdrawn"],
    );
}

#[test]
fn control_events_have_something_to_act_on() {
    engagement("held")
        .flags("engagement.contested", json!({ "event": "#1" }), &["contests-own"])
        .flags("engagement.hold_lifted", json!({}), &["no-hold"])
        .acting("director")
        .flags("engagement.release_authorised", json!({ "to": "CA" }), &["no-limit"])
        .when("engagement.merged_into", json!({ "record": "engagement/~a" }))
        .flags("engagement.merged_into", json!({ "record": "engagement/~b" }), &["merged-twice"]);
    engagement("scheduled").when("engagement.retracted", json!({ "event": "#1" })).flags(
        "engagement.scheduled",
        json!({ "restates": "#1" }),
        &["restates-retracted"],
    );
}
