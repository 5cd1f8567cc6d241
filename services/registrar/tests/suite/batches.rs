//! Several events as one: recorded wholly or not at all.

use contract::{Principal, ProblemKind, Role, Submit};
use domain::{Aggregate, Subject};
use serde_json::{Value, json};

use crate::register::{
    AGENCY, Register, accepted, held, least, officer, pointers, refused, several, statement,
};

/// A readout: its source, the meeting, what was undertaken there, what was said afterwards.
fn readout() -> Vec<Value> {
    vec![
        json!({"type": "source.captured", "id": "s", "subject": "source/~report", "data": {"title": "A readout"}}),
        json!({"type": "engagement.held", "id": "e", "subject": "engagement/~meeting", "data": {
            "kind": "meeting", "participants": ["CA"], "citations": ["source/~report"]}}),
        json!({"type": "commitment.made", "id": "c", "data": {
            "text": "share the survey", "strength": "agreed", "owners": ["CA"],
            "links": [{"rel": "at", "to": "engagement/~meeting"}], "citations": ["source/~report"]}}),
        statement("i", "meeting"),
    ]
}

#[tokio::test]
async fn a_readout_is_one_commit_over_several_records() {
    let register = Register::start().await;
    let submitted = register.record_all(readout()).await;
    let places = submitted.events.iter().map(|event| (event.version, event.position.unwrap()));
    assert_eq!(places.collect::<Vec<_>>(), [(1, 1), (1, 2), (1, 3), (2, 4)]);
    assert_eq!(submitted.position, Some(4));
    let meeting = Subject::of_key(AGENCY, Aggregate::Engagement, "meeting");
    assert_eq!(submitted.events[3].subject, meeting);
    assert_eq!(register.read(&meeting).await.len(), 2);
}

#[tokio::test]
async fn one_bad_event_and_nothing_is_recorded() {
    let register = Register::start().await;
    let mut events = readout();
    events[2]["data"]["strength"] = json!("certain");
    events.push(json!({"type": "engagement.held", "data": {"occurred": "2025-13", "colour": "red"}}));
    let problem = refused(&register.ask(&several(events)).await, ProblemKind::InvalidInput);
    assert_eq!(pointers(&problem), ["/2/data/strength", "/4/data/occurred", "/4/data/colour"]);
    assert_eq!(register.head().await, 0);
}

#[tokio::test]
async fn what_a_key_refers_to_must_be_there() {
    let register = Register::start().await;
    let readout = readout();
    let problem = refused(&register.ask(&several(readout[1..].to_vec())).await, ProblemKind::InvalidInput);
    assert_eq!(pointers(&problem), ["/0/data/citations/0", "/1/data/citations/0"]);
    assert_eq!(register.head().await, 0);
    register.record(readout[0].clone()).await;
    register.record_all(readout[1..].to_vec()).await;
    assert_eq!(register.head().await, 4);
}

#[tokio::test]
async fn what_was_recorded_before_stays_where_it_is() {
    let register = Register::start().await;
    register.record(held("1", "call")).await;
    let mixed =
        register.record_all(vec![held("1", "call"), statement("2", "call"), statement("2", "call")]).await;
    let places = mixed.events.iter().map(|event| (event.version, event.position.unwrap()));
    assert_eq!(places.collect::<Vec<_>>(), [(1, 1), (2, 2), (2, 2)]);
    let reply = register.ask(&several(vec![statement("2", "call"), held("1", "call")])).await;
    assert_eq!((reply.status, reply.position), (200, Some(2)));
    assert_eq!(register.head().await, 2);
}

#[tokio::test]
async fn a_submission_has_up_to_a_thousand_events() {
    let register = Register::start().await;
    refused(&register.ask(&several(vec![least(); 1_001])).await, ProblemKind::InvalidInput);
    let submitted = register.record_all(vec![least(); 1_000]).await;
    assert_eq!((submitted.events.len(), submitted.position), (1_000, Some(1_000)));
    // Of nothing there is nothing to record; where the log is can be said all the same.
    let reply = register.ask(&several(Vec::new())).await;
    assert_eq!((reply.status, reply.position), (200, Some(1_000)));
    assert_eq!(accepted(&reply).events, []);
    let reader = Principal { roles: [Role::Reader].into(), ..officer() };
    let nothing = Submit { principal: reader, ..several(Vec::new()) };
    refused(&register.ask(&nothing).await, ProblemKind::Forbidden);
}
