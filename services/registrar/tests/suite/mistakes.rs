//! Bad input is refused with every mistake and its place.

use contract::ProblemKind;
use serde_json::json;

use crate::register::{Register, held, least, pointers, refused, several};

#[tokio::test]
async fn two_mistakes_are_named_at_once() {
    let register = Register::start().await;
    let event = json!({
        "type": "engagement.held",
        "subject": "instrument/~mou",
        "marking": "secret!",
        "data": {"occurred": "2025-02-30", "participants": [{"name": "CA", "role": "guest"}]},
    });
    let problem = refused(&register.send(event).await, ProblemKind::InvalidInput);
    let mut found = pointers(&problem);
    found.sort_unstable();
    assert_eq!(found, ["/data/occurred", "/data/participants/0/role", "/marking", "/subject"]);
    assert_eq!(register.head().await, 0);
}

#[tokio::test]
async fn an_unknown_type_is_told_which_there_are() {
    let register = Register::start().await;
    let problem = refused(
        &register.send(json!({"type": "engagement.celebrated", "data": {}})).await,
        ProblemKind::InvalidInput,
    );
    assert_eq!(pointers(&problem), ["/type"]);
    assert!(problem.errors[0].detail.contains("held"), "{problem:?}");
}

#[tokio::test]
async fn a_rule_that_is_broken_names_its_place() {
    let register = Register::start().await;
    let uid = register.record(held("1", "call")).await.events[0].uid;
    let retracted = |event: &str| {
        json!({"type": "engagement.retracted", "subject": "engagement/~call",
        "data": {"event": event, "reason": "it was another call"}})
    };
    let other = uuid::Uuid::nil().to_string();
    let problem = refused(&register.send(retracted(&other)).await, ProblemKind::InvalidInput);
    assert_eq!(pointers(&problem), ["/data/event"]);
    register.record(retracted(&uid.to_string())).await;
    assert_eq!(register.head().await, 2);
}

#[tokio::test]
async fn an_event_too_large_is_named() {
    let register = Register::start().await;
    let mut large = least();
    large["data"]["notes"] = json!(vec!["n".repeat(1_900); 40]);
    let problem = refused(&register.ask(&several(vec![least(), large.clone()])).await, ProblemKind::TooLarge);
    assert_eq!(pointers(&problem), ["/1"]);
    assert!(problem.detail.starts_with("/1: event “"), "{problem:?}");
    let problem = refused(&register.send(large).await, ProblemKind::TooLarge);
    assert!(problem.detail.starts_with("event “"), "{problem:?}");
    assert_eq!(register.head().await, 0);
}

#[tokio::test]
async fn a_record_is_not_begun_under_an_identifier_that_follows_from_a_key() {
    let register = Register::start().await;
    let derived = domain::Subject::of_key("urn:agency:ca", domain::Aggregate::Engagement, "call");
    let event =
        |subject: &str| json!({"type": "engagement.held", "subject": subject, "data": {"kind": "call"}});
    let problem = refused(&register.send(event(&derived.to_string())).await, ProblemKind::InvalidInput);
    assert_eq!(pointers(&problem), ["/subject"]);
    for id in [uuid::Uuid::new_v4(), uuid::Uuid::now_v7()] {
        register.record(event(&format!("engagement/{id}"))).await;
    }
    // What is there is named in either way.
    let own = register.record(event("engagement/~call")).await.events[0].subject;
    assert_eq!(register.record(event(&own.to_string())).await.events[0].version, 2);
}
