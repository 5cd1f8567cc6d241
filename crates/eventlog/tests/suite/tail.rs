//! Following the log: nothing is missed, nothing comes twice, and a log that is not the same is noticed.

use async_nats::jetstream;
use contract::subjects::STREAM;
use eventlog::{Checkpoint, Entry, EventLog, Tail, TailError};
use futures_util::StreamExt;
use testkit::{PATIENCE, eventually};
use tokio::time::timeout;

use crate::support::{Servers, append, begin, event, everything, record, take};

async fn fill(log: &EventLog, batches: usize, size: u32) {
    for _ in 0..batches {
        let subject = record();
        append(log, (1..=size).map(|version| event(subject, 0, version)).collect()).await.unwrap();
    }
}

/// The error that ends a tail.
async fn end(tail: &mut Tail) -> TailError {
    loop {
        match timeout(PATIENCE, tail.next()).await.expect("the tail ends") {
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                assert!(tail.next().await.is_none(), "nothing follows an error");
                return error;
            }
            None => panic!("the tail ended without an error"),
        }
    }
}

async fn limit(servers: &Servers, messages: i64) {
    let jetstream = jetstream::new(servers.client().await);
    let mut config = jetstream.get_stream(STREAM).await.unwrap().cached_info().config.clone();
    config.max_messages = messages;
    jetstream.update_stream(&config).await.unwrap();
    eventually("fewer events", PATIENCE, async || {
        let state = jetstream.get_stream(STREAM).await.ok()?.cached_info().state.messages;
        (state <= messages.unsigned_abs()).then_some(())
    })
    .await;
}

fn positions(entries: &[Entry]) -> Vec<u64> {
    entries.iter().map(|entry| entry.position).collect()
}

#[tokio::test]
async fn a_tail_reads_what_is_there_and_then_what_comes() {
    let servers = Servers::one().await;
    let log = servers.log().await;
    let mut tail = log.tail(0);
    assert!(!tail.progress().is_caught_up());
    fill(&log, 3, 1000).await;
    assert_eq!(positions(&take(&mut tail, 3000).await), (1..=3000).collect::<Vec<_>>());
    let progress = tail.progress();
    assert!(progress.is_caught_up());
    assert_eq!((progress.position(), progress.head()), (3000, 3000));
    let subject = begin(&servers.log().await).await;
    assert_eq!(take(&mut tail, 1).await[0].subject, subject);
}

#[tokio::test]
async fn a_tail_of_an_empty_log_is_caught_up() {
    let servers = Servers::one().await;
    let mut tail = servers.log().await.tail(0);
    let progress = tail.progress();
    let reading = tokio::spawn(async move { tail.next().await });
    eventually("caught up", PATIENCE, async || progress.is_caught_up().then_some(())).await;
    reading.abort();
}

#[tokio::test]
async fn a_tail_goes_on_from_a_position_or_a_checkpoint() {
    let servers = Servers::one().await;
    let log = servers.log().await;
    fill(&log, 1, 10).await;
    let entries = everything(&log).await;
    assert_eq!(take(&mut log.tail(4), 6).await, entries[4..]);
    let checkpoint = Checkpoint::at(*log.identity(), &entries[6]);
    let text = serde_json::to_string(&checkpoint).unwrap();
    let checkpoint = serde_json::from_str::<Checkpoint>(&text).unwrap();
    assert_eq!(take(&mut log.tail(checkpoint), 3).await, entries[7..]);
}

async fn outlives_reconnects(servers: Servers) {
    let client = servers.client().await;
    let log = EventLog::open(client.clone(), servers.settings()).await.unwrap();
    let writer = servers.log().await;
    let mut tail = log.tail(0);
    let mut seen = Vec::new();
    for _ in 0..5 {
        fill(&writer, 1, 50).await;
        seen.extend(positions(&take(&mut tail, 25).await));
        client.force_reconnect().await.unwrap();
        seen.extend(positions(&take(&mut tail, 25).await));
    }
    assert_eq!(seen, (1..=250).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_tail_outlives_reconnects() {
    outlives_reconnects(Servers::one().await).await;
}

#[tokio::test]
async fn a_tail_outlives_reconnects_on_three_replicas() {
    outlives_reconnects(Servers::three().await).await;
}

async fn lost_events_are_noticed(servers: Servers) {
    let client = servers.client().await;
    let log = EventLog::open(client.clone(), servers.settings()).await.unwrap();
    fill(&log, 6, 1000).await;
    let [mut behind, mut ahead] = [log.tail(0), log.tail(0)];
    take(&mut behind, 1).await;
    let last = take(&mut ahead, 6000).await.pop().unwrap();
    limit(&servers, 3).await;
    // In the middle of reading: what was under way still comes, then there is a hole.
    let error = end(&mut behind).await;
    let TailError::Gap { expected, found } = error else { panic!("{error}") };
    assert!(1 < expected && expected < found && found <= 5998, "{error}");
    // Read to the end: noticed when it next looks.
    client.force_reconnect().await.unwrap();
    let incomplete = TailError::Incomplete { head: 6000, events: 3 };
    assert_eq!(end(&mut ahead).await, incomplete);
    // New ones at once, wherever they begin.
    assert_eq!(end(&mut log.tail(0)).await, incomplete);
    assert_eq!(end(&mut log.tail(6000)).await, incomplete);
    assert_eq!(end(&mut log.tail(Checkpoint::at(*log.identity(), &last))).await, incomplete);
}

#[tokio::test]
async fn events_that_were_lost_are_noticed_by_every_tail() {
    lost_events_are_noticed(Servers::one().await).await;
}

#[tokio::test]
async fn events_that_were_lost_are_noticed_by_every_tail_on_three_replicas() {
    lost_events_are_noticed(Servers::three().await).await;
}

async fn a_replaced_stream_is_noticed(servers: Servers) {
    let log = servers.log().await;
    fill(&log, 1, 10).await;
    let mut live = log.tail(0);
    let last = take(&mut live, 10).await.pop().unwrap();
    let checkpoint = Checkpoint::at(*log.identity(), &last);
    jetstream::new(servers.client().await).delete_stream(STREAM).await.unwrap();
    let other = servers.log().await;
    fill(&other, 1, 20).await;
    let replaced = TailError::Replaced { expected: *log.identity(), found: *other.identity() };
    assert_eq!(end(&mut live).await, replaced);
    assert_eq!(end(&mut log.tail(0)).await, replaced);
    assert_eq!(end(&mut other.tail(checkpoint)).await, replaced);
    assert_eq!(take(&mut other.tail(0), 20).await.len(), 20);
}

#[tokio::test]
async fn a_stream_that_was_replaced_is_noticed_by_every_tail() {
    a_replaced_stream_is_noticed(Servers::one().await).await;
}

#[tokio::test]
async fn a_stream_that_was_replaced_is_noticed_by_every_tail_on_three_replicas() {
    a_replaced_stream_is_noticed(Servers::three().await).await;
}

#[tokio::test]
async fn a_log_that_is_not_the_one_that_was_read_is_noticed() {
    let servers = Servers::one().await;
    let log = servers.log().await;
    fill(&log, 1, 10).await;
    let entries = everything(&log).await;
    let altered = Checkpoint { position: 6, ..Checkpoint::at(*log.identity(), &entries[6]) };
    assert_eq!(end(&mut log.tail(altered)).await, TailError::Altered { position: 6 });
    let longer = Checkpoint { position: 11, ..altered };
    let shorter = TailError::Shorter { position: 11, head: 10 };
    assert_eq!(end(&mut log.tail(longer)).await, shorter);
    assert_eq!(end(&mut log.tail(11)).await, shorter);
}

#[tokio::test]
async fn a_message_that_is_no_event_is_handed_out_like_one() {
    let servers = Servers::one().await;
    let log = servers.log().await;
    let subject = begin(&log).await;
    let client = servers.client().await;
    client.request(contract::subjects::of_record(&subject), "{}".into()).await.unwrap();
    append(&log, vec![event(subject, 2, 3)]).await.unwrap();
    let entries = everything(&log).await;
    assert_eq!(positions(&entries), [1, 2, 3]);
    let Entry { version, kind, facets, payload, .. } = &entries[1];
    assert_eq!((*version, kind.as_str(), &payload[..]), (0, "", &b"{}"[..]));
    assert_eq!(*facets, contract::Facets::default());
    assert_eq!(log.read(&subject).await.unwrap(), entries);
    let checkpoint = Checkpoint::at(*log.identity(), &entries[1]);
    assert_eq!(take(&mut log.tail(checkpoint), 1).await, entries[2..]);
}

#[tokio::test]
async fn a_message_of_no_record_is_not_passed_over() {
    let servers = Servers::one().await;
    let log = servers.log().await;
    begin(&log).await;
    let client = servers.client().await;
    client.request("chancery.events.engagement.other", "{}".into()).await.unwrap();
    assert_eq!(end(&mut log.tail(0)).await, TailError::Unreadable { position: 2 });
}
