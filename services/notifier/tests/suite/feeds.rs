//! Feeds: streams that agencies read by themselves.

use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::{self, Message};
use contract::subjects;
use futures_util::StreamExt;
use serde_json::{Value, json};
use testkit::{PATIENCE, eventually};
use tokio::time::timeout;
use uuid::Uuid;

use crate::log::uid;
use crate::world::{World, settings};

/// The consumer of a feed, once it is there.
async fn reader(client: &async_nats::Client, id: Uuid) -> PullConsumer {
    let context = jetstream::new(client.clone());
    eventually("the feed's consumer", PATIENCE, async || {
        let stream = context.get_stream_no_info(subjects::feed_stream(id)).await.ok()?;
        stream.get_consumer("reader").await.ok()
    })
    .await
}

/// The next messages, each acknowledged.
async fn take(consumer: &PullConsumer, count: usize) -> Vec<Message> {
    let taken = async {
        let messages = consumer.messages().await.unwrap().take(count);
        messages
            .then(|message| async {
                let message = message.unwrap();
                message.double_ack().await.unwrap();
                message
            })
            .collect()
            .await
    };
    timeout(PATIENCE, taken).await.expect("so many messages")
}

fn header<'m>(message: &'m Message, name: &str) -> &'m str {
    message.headers.as_ref().unwrap().get(name).unwrap().as_str()
}

fn position(message: &Message) -> u64 {
    header(message, "Chancery-Position").parse().unwrap()
}

fn feed() -> Value {
    json!({"channel": {"type": "feed", "days": 30}, "filter": {"party": ["CA"]}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_has_each_event_once_and_in_order_whoever_dies() {
    let mut world = World::start().await;
    let id = world.subscribe("/none", feed()).await.subscription.id;
    for (turn, count) in (0_u64..).zip([300, 300, 300]) {
        let notifier = world.notifier(settings("0s,0s")).await;
        (0..count).for_each(|nth| world.log.record(if nth % 3 == 0 { "FR" } else { "CA" }, "OFFICIAL"));
        let client = world.server.client().await;
        let mut stream = eventually("the feed", PATIENCE, async || {
            jetstream::new(client.clone()).get_stream(subjects::feed_stream(id)).await.ok()
        })
        .await;
        eventually("it grows", PATIENCE, async || {
            let info = stream.info().await.ok()?;
            (info.state.messages > turn * 200 + 50).then_some(())
        })
        .await;
        if turn == 1 {
            world.server.restart().await;
        }
        notifier.kill();
    }
    world.log.record("CA", "SECRET");
    world.log.record("CA", "OFFICIAL");
    let _notifier = world.notifier(settings("0s,0s")).await;
    let state = world.state(id, "all are copied", |state| state.through == 902).await;
    assert_eq!((state.delivered, state.dead), (601, 0));
    let mut stream =
        jetstream::new(world.server.client().await).get_stream(subjects::feed_stream(id)).await.unwrap();
    let info = stream.info().await.unwrap();
    assert_eq!((info.state.messages, info.config.max_age), (601, Duration::from_secs(30 * 24 * 3600)));
    let messages = take(&reader(&world.server.client().await, id).await, 601).await;
    let told = messages.iter().map(position).collect::<Vec<_>>();
    let expected = (1..=900).filter(|position| (position - 1) % 3 != 0).chain([902]).collect::<Vec<_>>();
    assert_eq!(told, expected);
    let first = serde_json::from_slice::<Value>(&messages[0].payload).unwrap();
    assert_eq!((&first["id"], &first["specversion"]), (&json!("2"), &json!("1.0")));
    assert_eq!(header(&messages[0], "Content-Type"), "application/cloudevents+json");
    assert_eq!(header(&messages[0], "Chancery-Type"), "chancery.engagement.held.v1");
    let of_event = format!("msg_{}", Uuid::new_v5(&id, uid(2).as_bytes()).simple());
    assert_eq!(header(&messages[0], "Nats-Msg-Id"), of_event);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_notifiers_that_write_to_one_feed_put_each_event_there_once() {
    let world = World::start().await;
    let id = world.subscribe("/none", feed()).await.subscription.id;
    // Each takes the other for dead all the time.
    let hasty = || notifier::Settings { notifier_within: Duration::from_millis(8), ..settings("0s,0s") };
    let _notifiers = (world.notifier(hasty()).await, world.notifier(hasty()).await);
    for _ in 0..300 {
        world.log.record("CA", "OFFICIAL");
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let messages = take(&reader(&world.server.client().await, id).await, 300).await;
    assert_eq!(messages.iter().map(position).collect::<Vec<_>>(), (1..=300).collect::<Vec<_>>());
}
