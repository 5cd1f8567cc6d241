//! Several events at once: all or nothing.

use eventlog::{Append, AppendError};
use tokio::task::JoinSet;

use crate::support::{Servers, append, begin, event, everything, record};

#[tokio::test]
async fn a_batch_stands_in_its_order_without_a_gap() {
    let servers = Servers::one().await;
    let log = servers.log().await;
    let old = begin(&log).await;
    let new = record();
    let events = vec![event(new, 0, 1), event(old, 1, 2), event(new, 0, 2), event(new, 0, 3)];
    let appended = append(&log, events.clone()).await.unwrap();
    assert_eq!((appended.first, appended.last), (2, 5));
    let stored = everything(&log).await;
    let payloads = |events: &[Append]| events.iter().map(|event| event.payload.clone()).collect::<Vec<_>>();
    assert_eq!(stored[1..].iter().map(|entry| entry.payload.clone()).collect::<Vec<_>>(), payloads(&events));
    assert_eq!(log.last(&new).await.unwrap(), 5);
    append(&log, vec![event(old, 3, 3), event(new, 5, 4)]).await.unwrap();
}

async fn a_failing_batch_leaves_nothing(servers: Servers) {
    let log = servers.log().await;
    let moved = begin(&log).await;
    append(&log, vec![event(moved, 1, 2)]).await.unwrap();
    // The fault is in the first, a middle and the last place, then in two.
    for places in [&[0][..], &[3], &[6], &[2, 5]] {
        let mut events = (0..7).map(|_| event(record(), 0, 1)).collect::<Vec<_>>();
        let mut expected = Vec::new();
        for place in places {
            let moved = begin(&log).await;
            let last = log.last(&moved).await.unwrap();
            events[*place] = event(moved, last + 1, 2);
            expected.push((moved, last));
        }
        let head = log.head().await.unwrap();
        let error = append(&log, events.clone()).await.unwrap_err();
        let AppendError::Conflict { stale } = error else { panic!("{error}") };
        assert_eq!(stale, expected);
        assert_eq!(log.head().await.unwrap(), head);
        // The same records take another batch: nothing is half done.
        let good = events.into_iter().map(|event| (event.subject, event));
        let good = good.filter(|(subject, _)| stale.iter().all(|(moved, _)| moved != subject));
        append(&log, good.map(|(_, event)| event).collect()).await.unwrap();
    }
    let positions = everything(&log).await.iter().map(|entry| entry.position).collect::<Vec<_>>();
    assert_eq!(positions, (1..=positions.len() as u64).collect::<Vec<_>>());
}

#[tokio::test]
async fn of_a_failing_batch_nothing_is_left() {
    a_failing_batch_leaves_nothing(Servers::one().await).await;
}

#[tokio::test]
async fn of_a_failing_batch_nothing_is_left_on_three_replicas() {
    a_failing_batch_leaves_nothing(Servers::three().await).await;
}

/// Two processes submit batches that share a record, written first by one and last by the other.
async fn one_of_two_overlapping_batches_wins(servers: Servers, trials: u32) {
    let logs = [servers.log().await, servers.log().await];
    for trial in 0..trials {
        let [left, shared, right] = [record(), record(), record()];
        let mut writers = JoinSet::new();
        for (log, records) in logs.clone().into_iter().zip([[left, shared], [shared, right]]) {
            let events = records.into_iter().map(|subject| event(subject, 0, 1)).collect();
            writers.spawn(async move { append(&log, events).await });
        }
        let outcomes = writers.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{trial}: {outcomes:?}");
        let conflict = outcomes.iter().find_map(|outcome| outcome.as_ref().err());
        let Some(AppendError::Conflict { stale }) = conflict else { panic!("{trial}: {conflict:?}") };
        assert_eq!(stale.iter().map(|(subject, _)| *subject).collect::<Vec<_>>(), [shared]);
    }
    assert_eq!(logs[0].head().await.unwrap(), u64::from(trials) * 2);
}

#[tokio::test]
async fn of_two_overlapping_batches_one_wins() {
    one_of_two_overlapping_batches_wins(Servers::one().await, 100).await;
}

#[tokio::test]
async fn of_two_overlapping_batches_one_wins_on_three_replicas() {
    one_of_two_overlapping_batches_wins(Servers::three().await, 100).await;
}

#[tokio::test]
async fn the_largest_batch_and_the_longest_events_are_taken() {
    let servers = Servers::one().await;
    let log = servers.log().await;
    let subject = record();
    let most = (1..=1000).map(|version| event(subject, 0, version)).collect();
    assert_eq!(append(&log, most).await.unwrap().last, 1000);
    let longest = (0..64).map(|_| Append { payload: vec![b'x'; 65_535].into(), ..event(record(), 0, 1) });
    assert_eq!(append(&log, longest.collect()).await.unwrap().last, 1064);
    let refused = Append { payload: vec![b'x'; 65_536].into(), ..event(record(), 0, 1) };
    assert!(eventlog::Batch::new(vec![refused]).is_err());
}

/// The first message of a batch that nobody goes on with, or one that breaks it off.
async fn raw(client: &async_nats::Client, batch: usize, sequence: u32) {
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("Nats-Batch-Id", format!("batch-{batch}"));
    headers.insert("Nats-Batch-Sequence", sequence.to_string());
    let address = contract::subjects::of_record(&record());
    client.request_with_headers(address, headers, "{}".into()).await.unwrap();
}

#[tokio::test]
async fn an_overfull_server_is_waited_for() {
    let servers = Servers::one().await;
    let log = servers.log().await;
    let client = servers.client().await;
    // As many batches as the server takes at once.
    for batch in 0..50 {
        raw(&client, batch, 1).await;
    }
    let mut appending = tokio::spawn(async move {
        let appended = append(&log, vec![event(record(), 0, 1), event(record(), 0, 1)]).await;
        appended.map(|appended| appended.last)
    });
    let early = tokio::time::timeout(std::time::Duration::from_millis(200), &mut appending).await;
    assert!(early.is_err(), "there was room: {early:?}");
    for batch in 0..50 {
        raw(&client, batch, 9).await;
    }
    assert_eq!(appending.await.unwrap().unwrap(), 2);
}
