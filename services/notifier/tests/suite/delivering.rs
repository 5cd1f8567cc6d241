//! Deliveries, to endpoints that are as they are.

use serde_json::json;

use crate::log::uid;
use crate::world::{World, settings};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_delivered_in_order_and_go_on_where_a_dead_notifier_ended() {
    let world = World::start().await;
    world.log.record_many(3);
    let stored = world.subscribe("/a", json!({})).await;
    let id = stored.subscription.id;
    let notifier = world.notifier(settings("0s,0s")).await;
    let received = world.receiver.count("/a", 3).await;
    assert_eq!(received.iter().map(crate::receiver::Received::position).collect::<Vec<_>>(), [1, 2, 3]);
    let first = &received[0].body;
    assert_eq!((&first["type"], &first["timestamp"]), (&json!("engagement.held"), &json!("2026-01-02T03:04:05Z")));
    assert_eq!(first["data"]["uid"], json!(uid(1)));
    assert_eq!(first["data"]["event"]["data"], json!({"kind": "call"}));
    let state = world.state(id, "three are delivered", |state| state.delivered == 3).await;
    assert_eq!((state.through, state.pending, state.dead), (3, None, 0));

    notifier.kill();
    world.log.record_many(20);
    let _notifier = world.notifier(settings("0s,0s")).await;
    assert_eq!(world.receiver.until("/a", 23).await, (1..=23).collect::<Vec<_>>());
    let state = world.state(id, "all are delivered", |state| state.through == 23).await;
    assert_eq!(state.delivered, 23, "none was delivered twice, for nothing was under way");
    let attempts = world.attempts().await;
    assert_eq!(attempts.iter().map(|attempt| attempt.position).collect::<Vec<_>>(), (1..=23).collect::<Vec<_>>());
    assert_eq!(attempts[0].webhook_id, received[0].id);
    assert_eq!((attempts[0].event, attempts[0].status, attempts[0].number), (uid(1), Some(204), 1));
}
