//! What was told wrong is set right for whoever was told, and for nobody else; and what is on record sends nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use testkit::{PATIENCE, eventually};

use crate::log::uid;
use crate::receiver::Received;
use crate::world::{World, settings};

const PARTIES: [&str; 3] = ["CA", "FR", "US"];

/// An event: of a party, marked or not, and how far back what stands that it sets right, if it does.
type Step = (usize, bool, Option<(u64, bool)>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let recalls = prop::option::weighted(0.4, (1..8_u64, any::<bool>()));
    prop::collection::vec((0..PARTIES.len(), prop::bool::weighted(0.3), recalls), 60)
}

/// The positions that an event sets right: one, or all from there on.
fn recalled(position: u64, (back, all): (u64, bool)) -> Vec<u64> {
    let first = position.saturating_sub(back).max(1);
    let last = if all { position - 1 } else { first };
    (first..=last).filter(|other| *other < position).collect()
}

/// What a subscriber hears, in order: events by their positions, and of what it may not see what that sets right.
fn expected(party: Option<&str>, is_cleared: bool, steps: &[Step]) -> Vec<Value> {
    let (mut received, mut heard) = (BTreeSet::new(), vec![]);
    let wants = |nth: u64| {
        let of = PARTIES[steps[usize::try_from(nth - 1).unwrap()].0];
        party.is_none_or(|party| party == of)
    };
    for (position, (_, is_secret, recalls)) in (1_u64..).zip(steps) {
        let recalls = recalls.map(|recalls| recalled(position, recalls)).unwrap_or_default();
        let had = recalls.iter().copied().filter(|position| received.contains(position)).collect::<Vec<_>>();
        let sees = is_cleared || !is_secret;
        if sees && (wants(position) || recalls.iter().any(|other| wants(*other)) || !had.is_empty()) {
            received.insert(position);
            heard.push(json!(position));
        } else if !sees && !had.is_empty() {
            heard.push(json!(had.into_iter().map(uid).collect::<Vec<_>>()));
        }
    }
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_received_an_event_hears_what_sets_it_right_and_nobody_else_does() {
    let world = World::start().await;
    let steps = steps().new_tree(&mut TestRunner::default()).unwrap().current();
    let mut subscribers = vec![];
    for party in [None, Some("CA"), Some("FR")] {
        for is_cleared in [false, true] {
            let path = format!("/{}-{is_cleared}", party.unwrap_or("all"));
            let level = if is_cleared { "SECRET" } else { "OFFICIAL" };
            let reader =
                json!({"subject": "", "agency": "urn:agency:ca", "party": "CA", "roles": [], "level": level});
            let filter = party.map_or_else(|| json!({}), |party| json!({"party": [party]}));
            world.subscribe(&path, json!({"reader": reader, "filter": filter})).await;
            subscribers.push((path, expected(party, is_cleared, &steps)));
        }
    }
    let mut notifier = world.notifier(settings("0s,0s")).await;
    for (position, (party, is_secret, recalls)) in (1..).zip(&steps) {
        let marking = if *is_secret { "SECRET" } else { "OFFICIAL" };
        let recalls = recalls.map(|recalls| recalled(position, recalls)).unwrap_or_default();
        world.log.record_recalling(PARTIES[*party], marking, &recalls);
        // What was received counts, whoever sent it, and also for who has to make its own record of that.
        if position == 30 {
            notifier.stop().await;
            notifier = world.notifier(settings("0s,0s")).await;
        }
    }
    for (path, expected) in &subscribers {
        let heard = world.receiver.count(path, expected.len()).await;
        let heard = heard.iter().map(|received| {
            let body = &received.body;
            if body["type"] != "recall" {
                return body["data"]["position"].clone();
            }
            let members = body.as_object().unwrap().keys().collect::<Vec<_>>();
            assert_eq!(members, ["data", "timestamp", "type"]);
            assert_eq!(body["data"].as_object().unwrap().len(), 1, "nothing but what it had received");
            body["data"]["recalls"].clone()
        });
        assert_eq!(heard.collect::<Vec<_>>(), *expected, "{path}: {steps:?}");
    }
    notifier.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_built_anew_sends_nothing() {
    let world = World::start().await;
    world.subscribe("/a", json!({})).await;
    let notifier = world.notifier(settings("0s,0s")).await;
    world.log.record_many(5);
    world.receiver.count("/a", 5).await;
    let order = notifier.folder().join("notifier").join("deliveries").join("REBUILD");
    std::fs::write(&order, "").unwrap();
    eventually("the new one to answer", PATIENCE, async || (!order.exists()).then_some(())).await;
    notifier.stop().await;
    // This one has to make its record from the first line on.
    let notifier = world.notifier(settings("0s,0s")).await;
    world.log.record_recalling("CA", "OFFICIAL", &[5]);
    world.receiver.count("/a", 6).await;
    // Long enough for whatever else would have come before that.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let positions = world.receiver.received("/a").iter().map(Received::position).collect::<Vec<_>>();
    assert_eq!(positions, [1, 2, 3, 4, 5, 6]);
    notifier.stop().await;
}
