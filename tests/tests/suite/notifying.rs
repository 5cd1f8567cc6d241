//! Subscribers hear of everything that is for them, in order, whatever dies; and of nothing else.
//!
//! Fifty endpoints of which some fail for a while, some are slow and some want nothing more, while notifiers and
//! nats-server are killed. What each is to hear of is worked out here, from what was recorded.
//! `CHANCERY_NOTIFIED=20000 cargo nextest run -p system-tests -E 'test(notifying)'` records that many events.

mod endpoints;
mod model;

use std::collections::HashMap;
use std::env;
use std::time::Duration;

use contract::delivery::{HaltReason, Line, State};
use contract::subjects;
use eventlog::{DELIVERIES_PLAN, Ledger};
use futures_util::future::join_all;
use notifier::Store;
use system_tests::{Client, System, log};
use testkit::eventually;

use crate::PROGRAM;
use endpoints::Endpoints;
use model::{Subscriber, event};

/// Events that are recorded together.
const TOGETHER: u64 = 20;

/// Clients that record at the same time.
const CLIENTS: usize = 8;

/// Nothing takes longer to be delivered.
const PATIENCE: Duration = Duration::from_secs(900);

const NOTIFIER: usize = 3;

/// How often the notifier is killed, with the server in between.
const KILLS: usize = 5;

/// What failed is tried again for longer than anything fails here.
const FLAGS: &[&str] = &[
    "--allow-address",
    "127.0.0.0/8",
    "--allow-http",
    "--attempt-within",
    "5",
    "--notifier-within",
    "2",
    "--retry-schedule",
    "0s,0s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,2s,2s,2s,2s,2s,2s,2s,2s,2s,2s",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_subscriber_hears_of_what_is_for_it_whatever_dies() {
    let events = env::var("CHANCERY_NOTIFIED").ok().and_then(|text| text.parse().ok()).unwrap_or(3_000);
    let subscribers = Subscriber::all();
    let endpoints = Endpoints::start(&subscribers).await;
    let mut system = System::start(PROGRAM, &[]).await;
    system.set_flags(FLAGS);
    for roles in [&["registrar"], &["projector"], &["gateway"], &["notifier"]] {
        system.add(roles).await;
    }
    let store = Store::new(system.nats().client().await);
    for subscriber in &subscribers {
        store.write(&subscriber.stored(&endpoints.base), 0).await.expect("the bucket takes it");
    }
    let client = system.client();
    let expected = subscribers.iter().map(|subscriber| subscriber.among(0..events).len()).sum::<usize>();
    let ((), ()) = tokio::join!(record(&client, events), kill(&mut system, &endpoints, expected));

    let nats = system.nats().client().await;
    let recorded = log::read(&nats).await;
    assert_eq!(recorded.len() as u64, events);
    let order = recorded.iter().map(|logged| model::number(&logged.event.id)).collect::<Vec<_>>();
    let ledger = Ledger::new(nats, DELIVERIES_PLAN, PATIENCE);
    for subscriber in &subscribers {
        let expected = subscriber.among(order.iter().copied());
        let state = async || {
            let (_, line) = ledger.last(&subjects::deliveries(subscriber.id)).await.ok()??;
            Some(serde_json::from_slice::<Line>(&line).expect("a line").state)
        };
        let path = subscriber.path();
        if !subscriber.is_gone() {
            eventually(&format!("all {} deliveries at {path}", expected.len()), PATIENCE, async || {
                (endpoints.heard(&path).len() >= expected.len()).then_some(())
            })
            .await;
        }
        check(subscriber, &endpoints, &expected);
        if subscriber.is_gone() && !expected.is_empty() {
            let halted = eventually("it is halted", PATIENCE, async || state().await?.halted).await;
            assert_eq!(halted.reason, HaltReason::Gone);
        } else if !expected.is_empty() {
            let is_over = |state: &State| state.delivered >= expected.len() as u64;
            let state =
                eventually("the journal to have it", PATIENCE, async || state().await.filter(is_over));
            assert_eq!(state.await.dead, 0, "{path}");
        }
    }
}

/// Records everything, each with an id, until it is taken.
async fn record(client: &Client, events: u64) {
    let starts = (0..events).step_by(usize::try_from(TOGETHER).expect("a few")).collect::<Vec<_>>();
    let clients = (0..CLIENTS).map(|nth| {
        let own = starts.iter().skip(nth).step_by(CLIENTS);
        async move {
            for start in own {
                let batch = (*start..events.min(start + TOGETHER)).map(event).collect();
                client.submit_until_taken(&batch).await.ok();
            }
        }
    });
    join_all(clients).await;
}

/// Kills notifier and server in turn, spread evenly over what is to be delivered.
async fn kill(system: &mut System, endpoints: &Endpoints, expected: usize) {
    let turns = KILLS + 1;
    for turn in 1..=turns {
        let due = expected * turn / (turns + 2);
        eventually("deliveries to go on", PATIENCE, async || (endpoints.taken() >= due).then_some(())).await;
        if turn == turns / 2 {
            system.nats().restart().await;
        } else {
            system.kill(NOTIFIER);
            system.start_again(NOTIFIER).await;
        }
    }
}

/// What an endpoint took is what is for it, each event at least once, first in order, always with its own id; and
/// nothing else was even tried.
fn check(subscriber: &Subscriber, endpoints: &Endpoints, expected: &[u64]) {
    let path = subscriber.path();
    let mut ids = HashMap::new();
    for request in endpoints.requests(&path) {
        assert!(expected.contains(&request.number), "{path} was to know nothing of {}", request.number);
        let id = ids.entry(request.number).or_insert_with(|| request.id.clone());
        assert_eq!(*id, request.id, "{path} has {} under another id", request.number);
    }
    let heard = endpoints.heard(&path);
    if !subscriber.is_gone() {
        assert_eq!(heard, expected, "{path}");
        return;
    }
    assert_eq!(heard, expected[..heard.len()], "{path}");
    let gone = endpoints.requests(&path).iter().filter(|request| request.status == 410).count();
    assert!((1..=KILLS + 2).contains(&gone), "{path} was asked {gone} times after it was gone");
}
