//! Idempotency, expected versions, whose source it is.

use contract::{ProblemKind, Submit};
use serde_json::json;

use crate::register::{
    AGENCY, Register, accepted, held, least, officer, one, pointers, refused, several, statement,
};

#[tokio::test]
async fn the_same_again_is_answered_with_the_first_place() {
    let mut register = Register::start().await;
    let event =
        json!({"type": "engagement.held", "id": "1", "data": {"kind": "call", "participants": ["CA"]}});
    let first = register.record(event.clone()).await;
    register.record(least()).await;
    let reply = register.send(event.clone()).await;
    assert_eq!(reply.status, 200);
    assert_eq!(accepted(&reply), first);
    // A registrar that never saw it finds it in the log.
    register.renew().await;
    assert_eq!(accepted(&register.send(event).await), first);
    assert_eq!(register.head().await, 2);
}

#[tokio::test]
async fn other_content_under_the_same_id_is_a_conflict() {
    let register = Register::start().await;
    register.record(held("1", "call")).await;
    let mut other = held("1", "call");
    other["data"]["participants"] = json!(["FR"]);
    let problem = refused(&register.send(other.clone()).await, ProblemKind::Conflict);
    assert_eq!(pointers(&problem), ["/id"]);
    let problem = refused(&register.ask(&several(vec![least(), other])).await, ProblemKind::Conflict);
    assert_eq!(pointers(&problem), ["/1/id"]);
    assert_eq!(register.head().await, 1);
}

#[tokio::test]
async fn the_expected_version_comes_after_idempotency_and_before_the_rules() {
    let register = Register::start().await;
    let expecting = |version: u32, event: serde_json::Value| {
        let mut event = event;
        event["expectedversion"] = json!(version);
        event
    };
    let problem =
        refused(&register.send(expecting(1, held("1", "call"))).await, ProblemKind::PreconditionFailed);
    assert_eq!(pointers(&problem), ["/expectedversion"]);
    register.record(expecting(0, held("1", "call"))).await;
    refused(&register.send(expecting(0, statement("2", "call"))).await, ProblemKind::PreconditionFailed);
    register.record(expecting(1, statement("2", "call"))).await;
    assert_eq!(accepted(&register.send(expecting(1, statement("2", "call"))).await).events[0].version, 2);
    assert_eq!(register.head().await, 2);
}

#[tokio::test]
async fn only_the_own_agency_is_a_source() {
    let register = Register::start().await;
    let from = |source: &str| {
        let mut event = least();
        event["source"] = json!(source);
        event
    };
    register.record(from(&format!("{AGENCY}/desk"))).await;
    let problem = refused(&register.send(from("urn:agency:ca")).await, ProblemKind::Forbidden);
    assert_eq!(pointers(&problem), ["/source"]);
    refused(&register.send(from(&format!("{AGENCY}x"))).await, ProblemKind::Forbidden);
    let mut reader = officer();
    reader.roles.clear();
    refused(&register.ask(&Submit { principal: reader, ..one(least()) }).await, ProblemKind::Forbidden);
    assert_eq!(register.head().await, 1);
}

#[tokio::test]
async fn a_log_that_takes_the_place_of_a_lost_one_takes_nothing() {
    let mut register = Register::start().await;
    let shell = register.lose().await;
    let refused = testkit::eventually("a refusal", testkit::PATIENCE, async || {
        let body = serde_json::to_vec(&one(least())).unwrap().into();
        let asked =
            service::ask(&register.client, contract::subjects::COMMANDS, body, testkit::PATIENCE, "test");
        asked.await.ok()
    })
    .await;
    assert_eq!((refused.status, register.head().await), (503, 0));
    assert!(shell.readiness.missing().iter().any(|latch| latch.contains("log")));
    assert!(shell.stop(testkit::PATIENCE).await);
}
