//! Several notifiers: they share the work, take over from each other, and find out when they were taken over from.

use std::collections::HashSet;
use std::time::Duration;

use contract::delivery::{Line, State};
use contract::subjects;
use serde_json::json;
use testkit::{PATIENCE, eventually};

use crate::receiver::{Plan, status};
use crate::world::{World, settings};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notifiers_share_the_work_and_take_over() {
    let world = World::start().await;
    let first = world.notifier(settings("0s,0s")).await;
    let mut ids = Vec::new();
    for nth in 0..6 {
        ids.push(world.subscribe(&format!("/{nth}"), json!({})).await.subscription.id);
    }
    world.log.record_many(10);
    for nth in 0..6 {
        world.receiver.until(&format!("/{nth}"), 10).await;
    }
    let second = world.notifier(settings("0s,0s")).await;
    let holders = async || {
        let mut holders = Vec::new();
        for id in &ids {
            holders.push(world.holder(*id).await);
        }
        holders
    };
    eventually("each has a part", PATIENCE, async || {
        let holders = holders().await;
        let different = holders.iter().flatten().collect::<HashSet<_>>();
        let count = |who| holders.iter().flatten().filter(|holder| *holder == who).count();
        (different.len() == 2 && different.into_iter().all(|who| count(who) == 3)).then_some(())
    })
    .await;
    world.log.record_many(10);
    first.kill();
    second.stop().await;
    assert_eq!(holders().await.iter().flatten().collect::<HashSet<_>>().len(), 1, "one has handed back");
    let _third = world.notifier(settings("0s,0s")).await;
    for nth in 0..6 {
        assert_eq!(world.receiver.until(&format!("/{nth}"), 20).await, (1..=20).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_taken_over_from_writes_nothing_more_and_goes_on_where_the_other_is() {
    let world = World::start().await;
    world.log.record_many(3);
    let id = world.subscribe("/a", json!({})).await.subscription.id;
    let _notifier = world.notifier(settings("0s,0s")).await;
    let state = world.state(id, "three are delivered", |state| state.through == 3).await;
    // Another that takes itself for responsible has delivered two more.
    let subject = subjects::deliveries(id);
    let (place, _) = world.ledger.last(&subject).await.unwrap().unwrap();
    let line = Line { state: State { through: 5, delivered: 5, ..state }, ..Line::default() };
    let line = serde_json::to_vec(&line).unwrap().into();
    world.ledger.append(subject, place, line).await.unwrap();
    world.log.record_many(3);
    let state = world.state(id, "all are delivered", |state| state.through == 6).await;
    assert_eq!(state.delivered, 6);
    let noted = world.attempts().await.into_iter().map(|attempt| attempt.position).collect::<Vec<_>>();
    assert_eq!(noted, [1, 2, 3, 6], "what was delivered beside the other is on no record");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_ends_what_is_under_way_and_repeats_nothing() {
    let world = World::start().await;
    world.log.record_many(20);
    world.receiver.always("/a", Plan { after: Duration::from_millis(50), ..status(204) });
    world.subscribe("/a", json!({})).await;
    for turn in 1..=3_usize {
        let notifier = world.notifier(settings("0s,0s")).await;
        world.receiver.count("/a", turn * 5).await;
        notifier.stop().await;
    }
    let _notifier = world.notifier(settings("0s,0s")).await;
    world.receiver.until("/a", 20).await;
    assert_eq!(world.receiver.received("/a").len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_comes_back_finds_the_notifier_waiting() {
    let mut world = World::start().await;
    world.log.record_many(500);
    world.receiver.always("/a", Plan { after: Duration::from_millis(2), ..status(204) });
    let id = world.subscribe("/a", json!({})).await.subscription.id;
    let _notifier = world.notifier(settings("0s,0s")).await;
    world.receiver.count("/a", 50).await;
    world.server.restart().await;
    assert_eq!(world.receiver.until("/a", 500).await, (1..=500).collect::<Vec<_>>());
    let state = world.state(id, "all are delivered", |state| state.through == 500).await;
    assert_eq!(state.delivered, 500);
    assert_eq!(world.attempts().await.len(), 500, "the journal has each once");
}
