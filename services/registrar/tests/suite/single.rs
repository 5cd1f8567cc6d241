//! One event: what is filled in, where it stands, what a dry run leaves.

use contract::{ProblemKind, Submit, Submitted, subjects};
use domain::{Aggregate, Kind, Subject};
use jiff::Timestamp;
use serde_json::{Value, json};
use service::Clock;

use crate::register::{AGENCY, Register, accepted, held, least, one, pointers, refused, statement};

#[tokio::test]
async fn the_least_that_must_be_accepted_is_completed() {
    let now = "2025-11-01T10:00:00Z".parse::<Timestamp>().unwrap();
    let register = Register::with(1, Clock::fixed(now)).await;
    let reply = register.send(least()).await;
    assert_eq!((reply.status, reply.position, reply.record_version), (201, Some(1), Some(1)));
    let submitted = accepted(&reply);
    let event = &submitted.events[0];
    assert_eq!((event.version, event.position, submitted.position), (1, Some(1), Some(1)));
    let (entry, recorded) = register.read(&event.subject).await.remove(0);
    assert_eq!(entry.kind, "chancery.engagement.held.v1");
    assert_eq!(recorded.kind, entry.kind);
    assert_eq!((recorded.source.as_str(), recorded.agency.as_str()), (AGENCY, AGENCY));
    assert_eq!((recorded.time, recorded.recordedtime), (now, now));
    assert_eq!((recorded.actor.as_str(), recorded.marking.as_str()), ("officer-1", "OFFICIAL"));
    assert_eq!((recorded.uid(), recorded.id.as_str()), (event.uid, event.id.as_str()));
    assert_eq!(uuid::Uuid::parse_str(&event.id).unwrap().get_version_num(), 7);
    assert_eq!(event.subject, domain::Subject::of_event(AGENCY, &event.id, domain::Aggregate::Engagement));
    let facets = entry.facets;
    assert_eq!((facets.countries, facets.kind.as_deref()), (vec!["CA".into(), "PK".into()], Some("call")));
    let event = recorded.event(entry.version, entry.position);
    assert!(matches!(event.kind, Kind::Known(_)));
    let data = serde_json::from_str::<Value>(recorded.data.get()).unwrap();
    assert_eq!(data["citations"], json!([{"source": "first-hand"}]), "{data}");
}

#[tokio::test]
async fn later_events_see_what_the_record_is() {
    let register = Register::start().await;
    register.record(held("1", "call")).await;
    let second = register.record(statement("2", "call")).await;
    assert_eq!(second.events[0].version, 2);
    let events = register.read(&second.events[0].subject).await;
    // A statement alone names no Canada: the record does.
    assert_eq!(events[1].0.facets.countries, ["CA", "PK"]);
}

#[tokio::test]
async fn the_warm_path_reads_nothing() {
    let register = Register::start().await;
    register.record(held("1", "call")).await;
    let reads = register.metric("chancery_registrar_folds_total{found=\"log\"}");
    for id in 2..10 {
        register.record(statement(&id.to_string(), "call")).await;
    }
    for _ in 0..10 {
        register.record(least()).await;
    }
    assert_eq!(register.metric("chancery_registrar_folds_total{found=\"log\"}"), reads);
    assert_eq!(register.metric("chancery_registrar_retries_total"), 0);
    assert_eq!(register.metric("chancery_registrar_submissions_total{outcome=\"recorded\"}"), 19);
}

#[tokio::test]
async fn a_dry_run_checks_and_records_nothing() {
    let register = Register::start().await;
    let dry = |event| Submit { dry_run: true, ..one(event) };
    let reply = register.ask(&dry(held("1", "call"))).await;
    assert_eq!((reply.status, reply.position), (200, None));
    let submitted = accepted(&reply);
    assert_eq!(
        (submitted.position, submitted.events[0].position, submitted.events[0].version),
        (None, None, 1)
    );
    let bad = json!({"type": "engagement.held", "data": {"occurred": "yesterday"}});
    refused(&register.ask(&dry(bad)).await, ProblemKind::InvalidInput);
    assert_eq!(register.head().await, 0);
    register.record(held("1", "call")).await;
    assert_eq!(accepted(&register.ask(&dry(statement("2", "call"))).await).events[0].version, 2);
    assert_eq!(register.head().await, 1);
}

#[tokio::test]
async fn what_is_implausible_is_flagged_or_refused_as_asked() {
    let register = Register::start().await;
    let odd = || json!({"type": "engagement.held", "id": "1", "data": {"kind": "call", "participants": ["CA"], "topics": ["astrology"]}});
    let strict = Submit { strict: true, ..one(odd()) };
    let problem = refused(&register.ask(&strict).await, ProblemKind::Implausible);
    assert!(pointers(&problem)[0].starts_with("/data/topics/0"), "{problem:?}");
    assert_eq!(register.head().await, 0);
    let flagged = register.record(odd()).await;
    assert_eq!(flagged.events[0].anomalies.len(), 1);
    // A duplicate says the same of it.
    let again = register.record(odd()).await;
    assert_eq!(again.events[0].anomalies[0].code, flagged.events[0].anomalies[0].code);
}

#[tokio::test]
async fn record_time_never_goes_back_within_a_record() {
    let late = "2025-11-01T10:00:00Z".parse::<Timestamp>().unwrap();
    let clock = Clock::fixed(late);
    let register = Register::with(1, clock.clone()).await;
    register.record(held("1", "call")).await;
    clock.set("2025-11-01T09:00:00Z".parse().unwrap());
    let second = register.record(statement("2", "call")).await;
    let events = register.read(&second.events[0].subject).await;
    assert_eq!(events[1].1.recordedtime, late);
    assert!(events[1].1.time < late);
}

#[tokio::test]
async fn what_is_no_event_counts_and_stops_nothing() {
    let mut register = Register::start().await;
    let begun = Subject::of_key(AGENCY, Aggregate::Engagement, "begun");
    let call = register.record(held("1", "call")).await.events[0].subject;
    for subject in [call, begun] {
        register.client.request(subjects::of_record(&subject), "{}".into()).await.unwrap();
    }
    let version = |submitted: Submitted| submitted.events[0].version;
    assert_eq!(version(register.record(statement("2", "call")).await), 3);
    assert_eq!(version(register.record(held("3", "begun")).await), 2);
    register.renew().await;
    assert_eq!(version(register.record(statement("4", "call")).await), 4);
    assert_eq!(version(register.record(statement("2", "call")).await), 3, "it was recorded before");
    assert_eq!(version(register.record(statement("5", "begun")).await), 3);
    assert_eq!(register.head().await, 7);
}
