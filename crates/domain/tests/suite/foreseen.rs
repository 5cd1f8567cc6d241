//! What records foresee, and what becomes of it.

use domain::{Aggregate, Clocks, Expectation, Foreseen, Outcome, Subject};
use jiff::civil::date;
use serde_json::{Value, json};

use crate::given::{Given, nothing};

fn foreseen(given: &Given) -> Vec<Expectation> {
    given.record.expectations(&Clocks::default())
}

#[track_caller]
fn only(given: &Given) -> Expectation {
    let [only] = foreseen(given).try_into().unwrap_or_else(|found| panic!("{found:#?}"));
    only
}

fn text(when: Option<&domain::value::When>) -> Value {
    json!(when.and_then(|when| when.edtf.as_ref()).map(ToString::to_string))
}

fn expected(window: &str) -> Given {
    nothing(Aggregate::Engagement).when("engagement.expected", json!({ "window": window }))
}

#[test]
fn a_window_lapses_with_its_last_day() {
    for (window, last) in [
        ("2025-06", Some(date(2025, 6, 30))),
        ("2025", Some(date(2025, 12, 31))),
        ("2025-06-10", Some(date(2025, 6, 10))),
        ("2025-06-10/2025-06-12", Some(date(2025, 6, 12))),
        ("2025-22", Some(date(2025, 8, 31))),
        ("[..2025-06]", Some(date(2025, 6, 30))),
        ("[2025-06..]", None),
    ] {
        let found = only(&expected(window));
        assert_eq!((found.what, &found.outcome), (Foreseen::Engagement, &Outcome::Open), "{window}");
        assert_eq!(found.last_day(), last, "{window}");
    }
}

#[test]
fn without_a_time_nothing_is_foreseen() {
    assert_eq!(foreseen(&nothing(Aggregate::Engagement).when("engagement.expected", json!({}))), []);
    let stated = json!({ "window": { "as_stated": "soon" } });
    assert_eq!(foreseen(&nothing(Aggregate::Engagement).when("engagement.expected", stated)), []);
    assert_eq!(foreseen(&expected("2025-06").when("engagement.postponed", json!({}))), []);
}

#[test]
fn what_was_held_late_slipped_from_its_first_window() {
    let held = expected("2025-06").when("engagement.held", json!({ "occurred": "2025-08-12" }));
    let found = only(&held);
    assert_eq!((found.slip_days(), found.last_day()), (Some(43), Some(date(2025, 6, 30))));
    held.then(json!({ "slip_days": 43 }));
    let put_off = expected("2025-06")
        .when("engagement.postponed", json!({ "window": "2025-08" }))
        .when("engagement.held", json!({ "occurred": "2025-08-12" }));
    let found = only(&put_off);
    assert_eq!((text(Some(&found.when)), text(found.first.as_ref())), (json!("2025-08"), json!("2025-06")));
    assert_eq!((found.slip_days(), found.last_day()), (Some(43), Some(date(2025, 6, 30))));
}

#[test]
fn what_was_put_off_is_overdue_by_its_new_time() {
    let found = only(&expected("2025-06").when("engagement.postponed", json!({ "window": "2025-09" })));
    assert_eq!((found.outcome.clone(), found.last_day()), (Outcome::Open, Some(date(2025, 9, 30))));
    assert_eq!(text(found.first.as_ref()), json!("2025-06"));
}

#[test]
fn what_began_in_time_is_not_late() {
    let found = only(&expected("2025-06").when("engagement.under_way", json!({ "occurred": "2025-06-03" })));
    assert_eq!(found.slip_days(), Some(0));
    let unknown = only(&expected("2025-06").when("engagement.held", json!({})));
    assert_eq!(unknown.outcome, Outcome::Happened { occurred: None, slip_days: None });
}

#[test]
fn what_was_called_off_is_not_awaited() {
    for event in ["engagement.cancelled", "engagement.not_held"] {
        assert_eq!(only(&expected("2025-06").when(event, json!({}))).outcome, Outcome::Ended);
    }
    let merged = Subject::of_key("urn:agency:pk", Aggregate::Engagement, "another").to_string();
    let merged = expected("2025-06").when("engagement.merged_into", json!({ "record": merged }));
    assert_eq!(foreseen(&merged), []);
}

#[test]
fn a_retraction_brings_an_expectation_back() {
    let again = expected("2025-06")
        .when("engagement.held", json!({ "occurred": "2025-06-03" }))
        .when("engagement.retracted", json!({ "event": "#2", "reason": "Another meeting." }));
    assert_eq!(only(&again).outcome, Outcome::Open);
}

fn made(strength: &str) -> Given {
    let data = json!({ "text": "To work.", "strength": strength, "owners": ["CA"], "due": "2025-12" });
    nothing(Aggregate::Commitment).when("commitment.made", data)
}

#[test]
fn a_commitment_is_due_and_a_position_is_not() {
    let found = only(&made("agreed"));
    assert_eq!((found.what, found.last_day()), (Foreseen::Commitment, Some(date(2025, 12, 31))));
    assert_eq!(foreseen(&made("expressed_desire")), []);
    let part = made("agreed").when("commitment.fulfilled", json!({ "in_part": true, "occurred": "2026-02" }));
    assert_eq!(only(&part).outcome, Outcome::Open);
    let late = part.when("commitment.fulfilled", json!({ "occurred": "2026-01-10" }));
    assert_eq!(only(&late).slip_days(), Some(10));
    assert_eq!(only(&made("agreed").when("commitment.withdrawn", json!({}))).outcome, Outcome::Ended);
}

#[test]
fn a_commitment_that_was_put_off_is_in_time_by_its_new_day() {
    let changed = made("agreed").when("commitment.due_changed", json!({ "due": "2026-03" }));
    let found = only(&changed);
    assert_eq!((text(found.first.as_ref()), found.last_day()), (json!("2025-12"), Some(date(2026, 3, 31))));
    let done = only(&changed.when("commitment.fulfilled", json!({ "occurred": "2026-02-01" })));
    assert!(done.slip_days() < Some(1), "{done:?}");
}

fn treaty(parties: &[&str]) -> Given {
    let data = json!({ "kind": "treaty", "parties": parties, "occurred": "2025-04-13" });
    nothing(Aggregate::Instrument).when("instrument.signed", data)
}

#[test]
fn a_clock_runs_from_its_event_for_whom_it_binds() {
    let found = only(&treaty(&["US", "PK"]));
    let clock = found.clock.clone().unwrap();
    assert_eq!((clock.rule.code.as_str(), clock.rule.days), ("us-text-to-state", Some(15)));
    assert_eq!(
        (text(Some(&clock.since)), text(Some(&found.when))),
        (json!("2025-04-13"), json!("2025-04-28"))
    );
    assert_eq!(found.last_day(), Some(date(2025, 4, 28)));
    assert_eq!(foreseen(&treaty(&["CA", "PK"])), []);
    let mou = json!({ "kind": "mou", "parties": ["US", "PK"], "occurred": "2025-04-13" });
    assert_eq!(foreseen(&nothing(Aggregate::Instrument).when("instrument.signed", mou)), []);
}

#[test]
fn a_clock_ends_with_the_step_of_its_party() {
    let step = |party: &str, step: &str| json!({ "party": party, "step": step, "occurred": "2025-05-02" });
    let other = treaty(&["US", "PK"])
        .when("instrument.domestic_step_taken", step("PK", "Text sent to the Department of State"))
        .when("instrument.domestic_step_taken", step("US", "Cabinet informed"));
    assert_eq!(only(&other).outcome, Outcome::Open);
    let sent =
        other.when("instrument.domestic_step_taken", step("US", "Text sent to the Department of State"));
    assert_eq!(only(&sent).slip_days(), Some(4));
}

#[test]
fn a_clock_from_some_time_in_a_month_runs_out_some_time_in_another() {
    let data = json!({ "kind": "treaty", "parties": ["US", "PK"], "occurred": "2025-04" });
    let found = only(&nothing(Aggregate::Instrument).when("instrument.signed", data));
    assert_eq!(text(Some(&found.when)), json!("[2025-04-16..2025-05-15]"));
    let unknown = json!({ "kind": "treaty", "parties": ["US", "PK"] });
    assert_eq!(foreseen(&nothing(Aggregate::Instrument).when("instrument.signed", unknown)), []);
}

#[test]
fn a_clock_without_a_number_never_runs_out() {
    let in_force =
        treaty(&["CA", "PK"]).when("instrument.entered_into_force", json!({ "occurred": "2025-09-01" }));
    let found = only(&in_force);
    assert_eq!((text(Some(&found.when)), found.last_day()), (json!("[2025-09-01..]"), None));
    let elsewhere = in_force.when("instrument.registered", json!({ "register": "WTO" }));
    assert_eq!(only(&elsewhere).outcome, Outcome::Open);
    let registered = json!({ "register": "UNTS", "occurred": "2026-01-05" });
    let registered = only(&elsewhere.when("instrument.registered", registered));
    assert!(matches!(registered.outcome, Outcome::Happened { slip_days: None, .. }), "{registered:?}");
}

#[test]
fn a_marking_is_reviewed_until_it_is_changed_again() {
    let data = |on: &str| json!({ "review_on": on, "reason": "Review." });
    let marked = expected("2025-06").when("engagement.marking_changed", data("2030-01-01"));
    let whats = foreseen(&marked).iter().map(|one| (one.what, one.last_day())).collect::<Vec<_>>();
    let review = (Foreseen::Review, Some(date(2030, 1, 1)));
    assert_eq!(whats, [(Foreseen::Engagement, Some(date(2025, 6, 30))), review]);
    let reviewed =
        marked.when("engagement.marking_changed", json!({ "level": "SECRET", "reason": "Reviewed." }));
    assert_eq!(only(&reviewed).what, Foreseen::Engagement);
}
