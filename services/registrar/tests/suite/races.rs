//! Registrars side by side, and servers that go away.

use std::collections::BTreeSet;

use contract::ProblemKind;
use domain::{Aggregate, Subject};
use futures_util::future::join_all;
use service::Clock;
use testkit::{PATIENCE, eventually};

use crate::register::{AGENCY, Register, accepted, held, one, refused, statement};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_registrars_lose_and_repeat_nothing() {
    const RECORDS: usize = 4;
    const WRITERS: usize = 24;
    const EACH: usize = 10;
    let register = Register::with(2, Clock::system()).await;
    for record in 0..RECORDS {
        register.record(held(&format!("first-{record}"), &record.to_string())).await;
    }
    let writers = (0..WRITERS).map(async |writer| {
        let mut taken = Vec::new();
        for nth in 0..EACH {
            let id = format!("{writer}-{nth}");
            // Every third one is a batch over two records.
            let (a, b) = (writer % RECORDS, (writer + 1) % RECORDS);
            let events = if nth % 3 == 0 {
                vec![statement(&id, &a.to_string()), statement(&format!("{id}-b"), &b.to_string())]
            } else {
                vec![statement(&id, &a.to_string())]
            };
            // Nobody is turned away because others are faster.
            taken.extend(register.record_all(events).await.events);
        }
        taken
    });
    let taken = join_all(writers).await.concat();
    let positions = taken.iter().map(|event| event.position.unwrap()).collect::<BTreeSet<_>>();
    assert_eq!(positions.len(), taken.len());
    assert_eq!(register.head().await, (taken.len() + RECORDS) as u64);
    for record in 0..RECORDS {
        let subject = Subject::of_key(AGENCY, Aggregate::Engagement, &record.to_string());
        let versions =
            register.read(&subject).await.iter().map(|(entry, _)| entry.version).collect::<Vec<_>>();
        assert_eq!(versions, (1..=u32::try_from(versions.len()).unwrap()).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_turned_away_from_a_record_that_all_write_to() {
    const WRITERS: usize = 40;
    const EACH: usize = 5;
    let register = Register::with(2, Clock::system()).await;
    register.record(held("first", "call")).await;
    let writers = (0..WRITERS).map(async |writer| {
        for nth in 0..EACH {
            let reply = register.send(statement(&format!("{writer}-{nth}"), "call")).await;
            assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
        }
    });
    join_all(writers).await;
    assert_eq!(register.head().await, (WRITERS * EACH + 1) as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_submission_to_two_registrars_is_recorded_once() {
    let register = Register::with(2, Clock::system()).await;
    for round in 0..20 {
        let submit = one(held(&round.to_string(), &round.to_string()));
        let replies = join_all((0..4).map(|_| register.ask(&submit))).await;
        let taken = replies.iter().map(accepted).collect::<Vec<_>>();
        assert!(taken.iter().all(|submitted| *submitted == taken[0]), "{taken:?}");
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    }
    assert_eq!(register.head().await, 20);
}

#[tokio::test]
async fn a_server_that_was_killed_is_waited_for() {
    let mut register = Register::start().await;
    let first = register.record(held("1", "call")).await;
    register.server.restart().await;
    let second = eventually("an answer", PATIENCE, async || {
        let body = serde_json::to_vec(&one(statement("2", "call"))).unwrap();
        let within = std::time::Duration::from_secs(5);
        let subject = contract::subjects::COMMANDS;
        let reply = service::ask(&register.client, subject, body.into(), within, "test").await.ok()?;
        (reply.status < 400).then(|| accepted(&reply))
    })
    .await;
    assert_eq!(second.events[0].version, 2);
    assert_eq!(register.read(&first.events[0].subject).await.len(), 2);
}

#[tokio::test]
async fn a_log_that_was_replaced_takes_nothing_until_somebody_decides() {
    let register = Register::start().await;
    register.record(held("1", "call")).await;
    let jetstream = async_nats::jetstream::new(register.client.clone());
    jetstream.delete_stream(contract::subjects::STREAM).await.unwrap();
    let other =
        eventlog::EventLog::open(register.client.clone(), eventlog::Settings::default()).await.unwrap();
    eventually("the registrar to notice", PATIENCE, async || {
        (!register.shells[0].readiness.is_ready()).then_some(())
    })
    .await;
    refused(&register.send(held("2", "other")).await, ProblemKind::Unavailable);
    assert_eq!(other.head().await.unwrap(), 0);
}
