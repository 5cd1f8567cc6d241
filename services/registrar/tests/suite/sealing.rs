//! What is recorded sealed: by whom it is asked for, what of it stands in the log, and how it ends.

use ::sealing::{Found, Keys, is_sealed};
use contract::{Principal, ProblemKind, Role, Submit};
use domain::{Aggregate, Subject};
use eventlog::{Append, Batch};
use serde_json::{Value, json};
use service::Reply;
use testkit::{PATIENCE, eventually};

use crate::register::{
    AGENCY, Register, accepted, held, officer, one, pointers, refused, several, statement,
};

/// A word that stands nowhere but in the content.
const WORD: &str = "quetzal";

fn subject(key: &str) -> Subject {
    Subject::of_key(AGENCY, Aggregate::Engagement, key)
}

/// What is asked to be sealed.
fn sealed(event: Value) -> Value {
    let mut event = event;
    event["sealed"] = true.into();
    event["data"]["notes"] = json!([WORD]);
    event
}

fn custody(kind: &str, key: &str, data: Value) -> Value {
    json!({"type": format!("engagement.{kind}"), "id": format!("{kind}-{key}"),
        "subject": format!("engagement/~{key}"), "data": data})
}

fn destroying(key: &str) -> Value {
    custody("retention_assigned", key, json!({"class": "GA-12", "action": "destroy"}))
}

fn keys(register: &Register) -> Keys {
    // With nothing at hand.
    Keys::new(register.client.clone())
}

async fn dispose(register: &Register, key: &str) -> Reply {
    let approver =
        Principal { subject: "approver".into(), roles: [Role::Recorder, Role::Approver].into(), ..officer() };
    let disposal =
        custody("disposed", key, json!({"authority": "Archives Act", "reason": "its time is over"}));
    register.ask(&Submit { principal: approver, ..one(disposal) }).await
}

/// What the log has of a record: whether each event is sealed.
async fn how(register: &Register, key: &str) -> Vec<bool> {
    let entries = register.log.read(&subject(key)).await.unwrap();
    for entry in entries.iter().filter(|entry| is_sealed(&entry.payload)) {
        assert!(!entry.payload.windows(WORD.len()).any(|window| window == WORD.as_bytes()));
        let facets = &entry.facets;
        assert!(facets.parties.is_empty() && facets.countries.is_empty() && facets.kind.is_none());
        assert_eq!(facets.marking, "OFFICIAL");
    }
    entries.iter().map(|entry| is_sealed(&entry.payload)).collect()
}

#[tokio::test]
async fn what_is_sealed_is_known_again_and_goes_on_sealed() {
    let mut register = Register::start().await;
    let first = register.send(sealed(held("1", "call"))).await;
    assert_eq!(first.status, 201, "{}", String::from_utf8_lossy(&first.body));
    register.record(statement("2", "call")).await;
    register.record(held("3", "other")).await;
    assert_eq!(how(&register, "call").await, [true, true]);
    assert_eq!(how(&register, "other").await, [false]);
    // By the one that recorded it, and by one that reads it from the log.
    for _ in 0..2 {
        let again = register.send(sealed(held("1", "call"))).await;
        assert_eq!((again.status, accepted(&again)), (200, accepted(&first)));
        let mut other = sealed(held("1", "call"));
        other["data"]["kind"] = "meeting".into();
        refused(&register.send(other).await, ProblemKind::Conflict);
        register.renew().await;
    }
    let open = Value::Bool(false);
    let mut event = statement("4", "call");
    event["sealed"] = open;
    let problem = refused(&register.send(event).await, ProblemKind::InvalidInput);
    assert_eq!(pointers(&problem), ["/sealed"]);
}

#[tokio::test]
async fn a_retention_that_may_end_in_destruction_seals_and_stands_in_plain_itself() {
    let register = Register::start().await;
    let reply = register.ask(&several(vec![held("1", "call"), destroying("call")])).await;
    assert!(accepted(&reply).events[1].anomalies.is_empty());
    assert_eq!(how(&register, "call").await, [true, false]);
    let noted = custody("hold_placed", "call", json!({"reason": "A lawsuit", "notes": [WORD]}));
    let problem = refused(&register.send(noted).await, ProblemKind::InvalidInput);
    assert_eq!(pointers(&problem), ["/data/notes"]);
    // Assigned later, it cannot take back what was said before, and says so.
    register.record(held("2", "late")).await;
    let late = register.record(destroying("late")).await;
    assert_eq!(late.events[0].anomalies[0].code, "recorded-in-plain");
    register.record(statement("3", "late")).await;
    assert_eq!(how(&register, "late").await, [false, false, true]);
}

#[tokio::test]
async fn a_dry_run_makes_no_key_and_what_is_too_large_when_sealed_is_said_so() {
    let register = Register::start().await;
    let run = Submit { dry_run: true, ..one(sealed(held("1", "call"))) };
    assert_eq!(register.ask(&run).await.status, 200);
    assert!(matches!(keys(&register).find(&subject("call")).await.unwrap(), Found::Nothing));
    let mut large = held("1", "call");
    // In plain it fits.
    large["data"]["notes"] = json!(vec!["n".repeat(5_000); 11]);
    register.record(large.clone()).await;
    large["subject"] = "engagement/~other".into();
    large["sealed"] = true.into();
    let problem = refused(&register.send(large).await, ProblemKind::TooLarge);
    assert!(problem.detail.contains("when it is sealed"), "{}", problem.detail);
}

#[tokio::test]
async fn disposal_destroys_the_key_once_and_for_all_and_a_hold_keeps_it() {
    let mut register = Register::with(2, service::Clock::system()).await;
    register.record(sealed(held("1", "call"))).await;
    register.record(custody("hold_placed", "call", json!({"reason": "A lawsuit"}))).await;
    refused(&dispose(&register, "call").await, ProblemKind::InvalidInput);
    assert!(matches!(keys(&register).find(&subject("call")).await.unwrap(), Found::Key(_)));
    register.record(custody("hold_lifted", "call", json!({}))).await;
    let disposed = dispose(&register, "call").await;
    assert_eq!(disposed.status, 201, "{}", String::from_utf8_lossy(&disposed.body));
    assert!(matches!(keys(&register).find(&subject("call")).await.unwrap(), Found::Destroyed));
    assert!(keys(&register).unsettled().await.unwrap().is_empty());
    assert_eq!(how(&register, "call").await, [true, false, false, false]);
    for _ in 0..2 {
        let again = dispose(&register, "call").await;
        assert_eq!((again.status, accepted(&again)), (200, accepted(&disposed)));
        refused(&register.send(statement("2", "call")).await, ProblemKind::InvalidInput);
        refused(&register.send(sealed(held("1", "call"))).await, ProblemKind::InvalidInput);
        assert!(matches!(keys(&register).find(&subject("call")).await.unwrap(), Found::Destroyed));
        register.renew().await;
    }
}

/// The disposal as another registrar recorded it that was killed right after.
async fn disposed_by_another(register: &Register, key: &str) {
    let last = register.log.read(&subject(key)).await.unwrap().pop().unwrap();
    let zeros = "0".repeat(32);
    let envelope = json!({
        "specversion": "1.0", "id": "disposal", "source": AGENCY, "type": "chancery.engagement.disposed.v1",
        "subject": subject(key), "time": "2025-11-01T10:00:00Z", "datacontenttype": "application/json",
        "recordedtime": "2025-11-01T10:00:00Z", "agency": AGENCY, "actor": "approver", "marking": "OFFICIAL",
        "datasalt": zeros, "proposalhash": zeros, "data": {"how": "destroyed"},
    });
    let append = Append {
        subject: subject(key),
        expected: last.position,
        kind: "chancery.engagement.disposed.v1".into(),
        version: last.version + 1,
        facets: last.facets,
        payload: envelope.to_string().into(),
    };
    register.log.append(Batch::new(vec![append]).unwrap()).await.unwrap();
}

async fn is_destroyed(register: &Register, key: &str) {
    eventually("the key to be destroyed", PATIENCE, async || {
        matches!(keys(register).find(&subject(key)).await, Ok(Found::Destroyed)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_disposal_whose_registrar_was_killed_is_ended_by_another_or_by_the_next() {
    let mut register = Register::start().await;
    for (id, key) in [("1", "seen"), ("2", "found"), ("3", "kept")] {
        register.record(sealed(held(id, key))).await;
    }
    // One that runs sees it in the log.
    disposed_by_another(&register, "seen").await;
    is_destroyed(&register, "seen").await;
    // While none runs, one was killed before it destroyed the key, and one before it recorded the disposal.
    for shell in register.shells.drain(..) {
        assert!(shell.stop(PATIENCE).await);
    }
    for key in ["found", "kept"] {
        keys(&register).about_to_dispose(&subject(key)).await.unwrap();
    }
    disposed_by_another(&register, "found").await;
    assert!(matches!(keys(&register).find(&subject("found")).await.unwrap(), Found::Key(_)));
    register.renew().await;
    assert!(matches!(keys(&register).find(&subject("found")).await.unwrap(), Found::Destroyed));
    assert!(matches!(keys(&register).find(&subject("kept")).await.unwrap(), Found::Key(_)));
    register.record(statement("4", "kept")).await;
}

#[tokio::test]
async fn a_registrar_that_is_stopped_ends_the_destruction_it_began_and_begins_no_more() {
    const RECORDS: usize = 48;
    let mut register = Register::start().await;
    let names = (0..RECORDS).map(|nth| format!("call-{nth}")).collect::<Vec<_>>();
    for name in &names {
        register.record(sealed(held(name, name))).await;
        keys(&register).about_to_dispose(&subject(name)).await.unwrap();
    }
    for name in &names {
        disposed_by_another(&register, name).await;
    }
    is_destroyed(&register, &names[0]).await;
    for shell in register.shells.drain(..) {
        assert!(shell.stop(PATIENCE).await);
    }
    // Nobody works on them any more: what is asked twice is answered alike.
    let state = async || {
        let mut found = Vec::new();
        for name in &names {
            found.push(matches!(keys(&register).find(&subject(name)).await.unwrap(), Found::Destroyed));
        }
        (found, keys(&register).unsettled().await.unwrap().len())
    };
    let stopped = state().await;
    assert_eq!(state().await, stopped);
    // Nothing is left half done, and what was not begun the next does.
    assert_eq!(stopped.1, stopped.0.iter().filter(|is_destroyed| !**is_destroyed).count());
    register.renew().await;
    assert!(keys(&register).unsettled().await.unwrap().is_empty());
    for name in &names {
        assert!(matches!(keys(&register).find(&subject(name)).await.unwrap(), Found::Destroyed));
    }
}

#[tokio::test]
async fn without_the_key_nothing_is_decided_twice() {
    let mut register = Register::start().await;
    register.record(sealed(held("1", "call"))).await;
    for shell in register.shells.drain(..) {
        assert!(shell.stop(PATIENCE).await);
    }
    let jetstream = async_nats::jetstream::new(register.client.clone());
    jetstream.delete_stream(contract::subjects::KEY_STREAM).await.unwrap();
    register.renew().await;
    // A retry is not taken for a new event.
    refused(&register.send(sealed(held("1", "call"))).await, ProblemKind::Unavailable);
    assert_eq!(register.head().await, 1);
    register.record(held("2", "other")).await;
}
