//! Servers that are killed in the middle of appends: every acknowledged event is there, once.

use std::collections::HashMap;

use async_nats::jetstream;
use bytes::Bytes;
use contract::subjects::STREAM;
use domain::Subject;
use eventlog::{AppendError, EventLog};
use testkit::{Cluster, NatsServer, PATIENCE, eventually};
use tokio::task::JoinSet;

use crate::support::{Servers, append, event, record, take};

/// What one writer was told: its record, and each acknowledged event with its position.
type Acknowledged = (Subject, Vec<(u64, Bytes)>);

/// Writes to one record until `count` events are acknowledged, every seventh with the one after it.
async fn write(log: EventLog, count: usize) -> Acknowledged {
    let subject = record();
    let mut acknowledged = Vec::<(u64, Bytes)>::new();
    while acknowledged.len() < count {
        let (version, last) = (acknowledged.len() + 1, acknowledged.last().map_or(0, |(last, _)| *last));
        let size = if version.is_multiple_of(7) { 2 } else { 1 };
        let versions = (version..=count).take(size).map(|version| u32::try_from(version).unwrap());
        let events = versions.map(|version| event(subject, last, version)).collect::<Vec<_>>();
        match append(&log, events.clone()).await {
            Ok(appended) => {
                let payloads = events.into_iter().map(|event| event.payload);
                acknowledged.extend((appended.first..=appended.last).zip(payloads));
            }
            // Nothing was appended: say it again.
            Err(AppendError::Unavailable(_)) => {}
            Err(error) => panic!("{subject}: {error}"),
        }
    }
    (subject, acknowledged)
}

async fn acknowledged_events_are_there_once(log: &EventLog, acknowledged: Vec<Acknowledged>) {
    let mut expected = HashMap::new();
    for (subject, events) in acknowledged {
        let entries = log.read(&subject).await.unwrap();
        let found = entries.into_iter().map(|entry| (entry.position, entry.payload)).collect::<Vec<_>>();
        assert_eq!(found, events, "{subject}");
        expected.extend(events);
    }
    assert_eq!(log.head().await.unwrap(), expected.len() as u64, "nothing else was appended");
    for entry in take(&mut log.tail(0), expected.len()).await {
        assert_eq!(expected.get(&entry.position), Some(&entry.payload));
    }
}

/// Writers, and a tail that has to see everything they write.
fn load(
    log: &EventLog,
    tailing: &EventLog,
    writers: usize,
    count: usize,
) -> (JoinSet<Acknowledged>, JoinSet<()>) {
    let mut loads = JoinSet::new();
    for _ in 0..writers {
        loads.spawn(write(log.clone(), count));
    }
    let mut tails = JoinSet::new();
    let mut tail = tailing.tail(0);
    tails.spawn(async move {
        let entries = take(&mut tail, writers * count).await;
        let positions = entries.iter().map(|entry| entry.position);
        assert!(positions.eq(1..=(writers * count) as u64));
    });
    (loads, tails)
}

async fn reaches(log: &EventLog, position: u64) {
    eventually("events", PATIENCE, async || (log.head().await.ok()? >= position).then_some(())).await;
}

/// Writers of `writers * count` events, with the one server killed and restarted three times.
async fn killed_in_the_middle(writers: usize, count: usize) {
    let mut server = NatsServer::start().await;
    let settings = eventlog::Settings { finish_within: PATIENCE, ..eventlog::Settings::default() };
    let open =
        async |server: &NatsServer| EventLog::open(server.client().await, settings.clone()).await.unwrap();
    let [log, other] = [open(&server).await, open(&server).await];
    let (loads, tails) = load(&log, &other, writers, count);
    for kill in 1..=3 {
        reaches(&other, (writers * count) as u64 * kill / 4).await;
        server.restart().await;
    }
    let acknowledged = loads.join_all().await;
    tails.join_all().await;
    acknowledged_events_are_there_once(&other, acknowledged).await;
}

#[tokio::test]
async fn a_server_killed_under_single_appends_keeps_what_it_acknowledged() {
    killed_in_the_middle(6, 120).await;
}

#[tokio::test]
async fn a_server_killed_under_groups_keeps_what_it_acknowledged() {
    killed_in_the_middle(64, 50).await;
}

async fn replicas_are_current(cluster: &Cluster) {
    let jetstream = jetstream::new(cluster.client().await);
    eventually("current replicas", PATIENCE, async || {
        let info = jetstream.get_stream(STREAM).await.ok()?.cached_info().clone();
        let replicas = info.cluster?.replicas;
        (replicas.len() == 2 && replicas.iter().all(|replica| replica.current && !replica.offline))
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn servers_killed_one_after_the_other_keep_what_they_acknowledged() {
    let mut cluster = Cluster::start(3).await;
    let settings =
        eventlog::Settings { replicas: 3, finish_within: PATIENCE, ..eventlog::Settings::default() };
    let open =
        async |cluster: &Cluster| EventLog::open(cluster.client().await, settings.clone()).await.unwrap();
    let [log, other] = [open(&cluster).await, open(&cluster).await];
    let (loads, tails) = load(&log, &other, 32, 100);
    for kill in 0..3 {
        reaches(&other, 32 * 100 * (kill as u64 + 1) / 5).await;
        cluster[kill].kill().await;
        // Two of three go on.
        let head = other.head().await.unwrap();
        reaches(&other, (head + 20).min(32 * 100)).await;
        cluster[kill].restart().await;
        replicas_are_current(&cluster).await;
    }
    let acknowledged = loads.join_all().await;
    tails.join_all().await;
    acknowledged_events_are_there_once(&other, acknowledged).await;
    let servers = Servers::Three(cluster);
    assert_eq!(servers.log().await.identity(), log.identity());
}
