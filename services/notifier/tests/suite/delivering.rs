//! Deliveries, to endpoints that are as they are.

use std::time::Duration;

use contract::delivery::{HaltReason, Outcome, State};
use contract::subscription::Replay;
use notifier::Settings;
use serde_json::json;
use testkit::{PATIENCE, eventually};

use crate::log::{subject, uid};
use crate::receiver::{Plan, Received, status};
use crate::world::{World, settings};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_delivered_in_order_and_go_on_where_a_dead_notifier_ended() {
    let world = World::start().await;
    world.log.record_many(3);
    let stored = world.subscribe("/a", json!({})).await;
    let id = stored.subscription.id;
    let notifier = world.notifier(settings("0s,0s")).await;
    let received = world.receiver.count("/a", 3).await;
    assert_eq!(received.iter().map(Received::position).collect::<Vec<_>>(), [1, 2, 3]);
    let first = &received[0].body;
    assert_eq!(
        (&first["type"], &first["timestamp"]),
        (&json!("engagement.held"), &json!("2026-01-02T03:04:05Z"))
    );
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
    assert_eq!(
        attempts.iter().map(|attempt| attempt.position).collect::<Vec<_>>(),
        (1..=23).collect::<Vec<_>>()
    );
    assert_eq!(attempts[0].webhook_id, received[0].id);
    assert_eq!((attempts[0].event, attempts[0].status, attempts[0].number), (uid(1), Some(204), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_subscriber_hears_what_it_may_see_and_wants() {
    let world = World::start().await;
    for (party, marking) in [("CA", "OFFICIAL"), ("FR", "OFFICIAL"), ("CA", "SECRET"), ("CA", "OFFICIAL")] {
        world.log.record(party, marking);
    }
    let _notifier = world.notifier(settings("0s,0s")).await;
    let cleared =
        json!({"subject": "", "agency": "urn:agency:pk", "party": "PK", "roles": [], "level": "SECRET"});
    world.subscribe("/all", json!({})).await;
    world.subscribe("/canada", json!({"filter": {"party": ["CA"]}})).await;
    let secret = world.subscribe("/secret", json!({"reader": cleared, "payload": "thin"})).await;
    world.subscribe("/late", json!({"after": 3})).await;
    assert_eq!(world.receiver.until("/all", 4).await, [1, 2, 4]);
    assert_eq!(world.receiver.until("/canada", 4).await, [1, 4]);
    assert_eq!(world.receiver.until("/secret", 4).await, [1, 2, 3, 4]);
    assert_eq!(world.receiver.until("/late", 4).await, [4]);
    let thin = &world.receiver.received("/secret")[2].body["data"];
    let uid = uid(3);
    let expected =
        json!({"uid": uid, "position": 3, "subject": subject(), "href": format!("/v1/events/{uid}")});
    assert_eq!(*thin, expected);
    // What is marked is in the log of reads, of this subscriber alone.
    let entries = world.reads().await;
    let [entry] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(
        (&*entry.kind, &*entry.agency, entry.marking.as_deref()),
        ("delivery", "urn:agency:pk", Some("SECRET"))
    );
    assert_eq!(entry.request, format!("subscription/{}", secret.subscription.id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_is_tried_again_before_anything_later() {
    let world = World::start().await;
    world.log.record_many(2);
    world.receiver.plan("/a", [status(503), status(302)]);
    world.subscribe("/a", json!({})).await;
    let _notifier = world.notifier(settings("0s,0s,0s")).await;
    let received = world.receiver.count("/a", 4).await;
    let told = received.iter().map(|received| (received.position(), received.status)).collect::<Vec<_>>();
    assert_eq!(told, [(1, 503), (1, 302), (1, 204), (2, 204)]);
    assert!(received[..3].iter().all(|again| again.id == received[0].id), "the same id");
    assert_ne!(received[3].id, received[0].id);
    let attempts = eventually("four attempts on record", PATIENCE, async || {
        Some(world.attempts().await).filter(|attempts| attempts.len() == 4)
    })
    .await;
    let noted = attempts.iter().map(|attempt| (attempt.position, attempt.number, attempt.outcome));
    let (failed, delivered) = (Outcome::Failed, Outcome::Delivered);
    assert_eq!(
        noted.collect::<Vec<_>>(),
        [(1, 1, failed), (1, 2, failed), (1, 3, delivered), (2, 1, delivered)]
    );
    assert_eq!((attempts[0].status, attempts[0].response.as_deref()), (Some(503), Some("as planned")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_to_the_end_of_the_schedule_is_a_dead_letter_and_the_next_goes_on() {
    let world = World::start().await;
    world.log.record_many(2);
    world.receiver.plan("/a", [status(500), status(500)]);
    let id = world.subscribe("/a", json!({})).await.subscription.id;
    let _notifier = world.notifier(settings("0s,0s")).await;
    let state = world.state(id, "both are over", |state| state.through == 2).await;
    assert_eq!((state.dead, state.delivered, state.failing_since), (1, 1, None));
    let outcomes = world.attempts().await.into_iter().map(|attempt| (attempt.position, attempt.outcome));
    let outcomes = outcomes.collect::<Vec<_>>();
    assert_eq!(outcomes, [(1, Outcome::Failed), (1, Outcome::Dead), (2, Outcome::Delivered)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_is_left_in_peace_for_as_long_as_it_asks() {
    let world = World::start().await;
    world.log.record_many(1);
    world.receiver.plan("/a", [Plan { retry_after: Some(2), ..status(503) }]);
    world.subscribe("/a", json!({})).await;
    let _notifier = world.notifier(settings("0s,0s")).await;
    let received = world.receiver.count("/a", 2).await;
    let between = received[1].at - received[0].at;
    // The answer's way back and its two seconds; whole seconds are cut nowhere.
    assert!(between >= Duration::from_millis(1_900), "{between:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_is_gone_is_left_alone_until_its_owner_says_otherwise() {
    let world = World::start().await;
    world.log.record_many(2);
    world.receiver.plan("/a", [status(410)]);
    let id = world.subscribe("/a", json!({})).await.subscription.id;
    let notifier = world.notifier(settings("0s,0s")).await;
    let halted = world.state(id, "it is halted", |state| state.halted.is_some()).await;
    assert_eq!(halted.halted.unwrap().reason, HaltReason::Gone);
    // Another notifier holds to it.
    notifier.stop().await;
    let _notifier = world.notifier(settings("0s,0s")).await;
    world.subscribe("/other", json!({})).await;
    world.receiver.count("/other", 2).await;
    assert_eq!(world.receiver.received("/a").len(), 1);
    world.change(id, |stored| stored.subscription.resumed += 1).await;
    assert_eq!(world.receiver.until("/a", 2).await, [1, 2]);
    let state = world.state(id, "it goes on", |state| state.through == 2).await;
    assert_eq!((state.halted, state.dead), (None, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_for_too_long_is_paused_and_told() {
    let world = World::start().await;
    world.log.record_many(1);
    world.receiver.always("/a", status(500));
    let id = world.subscribe("/a", json!({})).await.subscription.id;
    let settings = Settings { pause_after: Duration::from_millis(300), ..settings("0s,0s,0s,1s,1s,1s") };
    let _notifier = world.notifier(settings).await;
    let halted = world.state(id, "it is paused", |state| state.halted.is_some()).await.halted.unwrap();
    assert_eq!(halted.reason, HaltReason::Failing);
    assert!(halted.detail.starts_with("nothing was delivered since "), "{}", halted.detail);
    world.receiver.always("/a", status(200));
    world.change(id, |stored| stored.subscription.resumed += 1).await;
    let state = world.state(id, "it goes on", |state| state.delivered == 1).await;
    assert_eq!((state.halted, state.failing_since, state.dead), (None, None, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_rests_while_its_owner_wants_it_to() {
    let world = World::start().await;
    let _notifier = world.notifier(settings("0s,0s")).await;
    let id = world.subscribe("/a", json!({"paused": true})).await.subscription.id;
    world.subscribe("/other", json!({})).await;
    world.log.record_many(3);
    assert_eq!(world.receiver.until("/other", 3).await, [1, 2, 3]);
    assert!(world.receiver.received("/a").is_empty());
    world.change(id, |stored| stored.subscription.paused = false).await;
    assert_eq!(world.receiver.until("/a", 3).await, [1, 2, 3]);
    // One that is deleted hears nothing more.
    let kept = world.store.find(id).await.unwrap().unwrap();
    world.store.delete(id, kept.revision).await.unwrap();
    eventually("it is handed back", PATIENCE, async || {
        world.log.record_many(1);
        let before = world.receiver.received("/a").len();
        world.receiver.count("/other", before + 1).await;
        (world.receiver.received("/a").len() < world.receiver.received("/other").len()).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_told_is_told_again_when_that_is_asked_for() {
    let world = World::start().await;
    world.log.record_many(5);
    let id = world.subscribe("/a", json!({})).await.subscription.id;
    let _notifier = world.notifier(settings("0s,0s,0s")).await;
    let first = world.receiver.count("/a", 5).await;
    // The second of them fails at first.
    world.receiver.plan("/a", [status(204), status(500)]);
    let replay = Replay { number: 1, after: 1, through: 3 };
    world.change(id, |stored| stored.subscription.replay = Some(replay)).await;
    let done = |state: &State| state.replay.as_ref().is_some_and(|replay| replay.done);
    let state = world.state(id, "it is told again", done).await;
    assert_eq!((state.delivered, state.through), (7, 5));
    let again = world.receiver.received("/a").split_off(5);
    let told = again.iter().map(|received| (received.position(), received.id.clone())).collect::<Vec<_>>();
    let expected = [1, 2, 2].map(|nth: usize| (nth as u64 + 1, first[nth].id.clone()));
    assert_eq!(told, expected);
    let because = world.attempts().await.into_iter().map(|attempt| attempt.because.is_some());
    assert_eq!(because.filter(|replayed| *replayed).count(), 3);
    world.log.record_many(1);
    assert_eq!(world.receiver.count("/a", 9).await[8].position(), 6, "nothing is told a third time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_hidden_meanwhile_is_not_sent() {
    let world = World::start().await;
    world.log.record_many(5);
    // It is hidden while another is under way, and while it waits for its next attempt.
    world.receiver.plan("/slow", [Plan { after: Duration::from_millis(700), ..status(204) }]);
    world.receiver.plan("/failing", [status(204), status(204), status(503)]);
    world.subscribe("/slow", json!({})).await;
    let failing = world.subscribe("/failing", json!({})).await.subscription.id;
    let _notifier = world.notifier(settings("0s,1s")).await;
    world.receiver.count("/failing", 3).await;
    assert!(world.receiver.received("/slow").is_empty(), "it is still under way");
    world.log.hide(3);
    assert_eq!(world.receiver.until("/slow", 6).await, [1, 2, 4, 5, 6]);
    assert_eq!(world.receiver.until("/failing", 6).await, [1, 2, 4, 5, 6]);
    let state = world.state(failing, "all is over", |state| state.through == 6).await;
    assert_eq!((state.pending, state.dead), (None, 0));
    assert_eq!(
        world.receiver.received("/failing").iter().filter(|received| received.position() == 3).count(),
        1
    );
}
