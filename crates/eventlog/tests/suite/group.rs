//! Many submissions at once: committed together, answered each by itself.

use std::collections::HashSet;

use async_nats::jetstream;
use contract::subjects::STREAM;
use eventlog::{AppendError, EventLog};
use tokio::task::JoinSet;

use crate::support::{Servers, append, begin, event, everything, record};

/// Every client writes to a record of its own, one event after the other.
async fn write(log: &EventLog, clients: usize, each: u32) -> Vec<u64> {
    let mut writers = JoinSet::new();
    for _ in 0..clients {
        let log = log.clone();
        writers.spawn(async move {
            let subject = record();
            let mut positions = Vec::new();
            for version in 1..=each {
                let expected = positions.last().copied().unwrap_or(0);
                positions.push(append(&log, vec![event(subject, expected, version)]).await.unwrap().last);
            }
            positions
        });
    }
    writers.join_all().await.concat()
}

async fn sixty_four_clients_share_commits(servers: Servers) {
    let log = servers.log().await;
    let mut positions = write(&log, 64, 20).await;
    positions.sort_unstable();
    assert_eq!(positions, (1..=64 * 20).collect::<Vec<_>>());
    assert_eq!(everything(&log).await.len(), 64 * 20);
    let stream = jetstream::new(servers.client().await).get_stream(STREAM).await.unwrap();
    let mut groups = HashSet::new();
    for position in 1..=64 * 20 {
        let message = stream.get_raw_message(position).await.unwrap();
        groups.extend(message.headers.get("Nats-Batch-Id").map(ToString::to_string));
    }
    assert!((1..=200).contains(&groups.len()), "{} groups", groups.len());
}

#[tokio::test]
async fn sixty_four_clients_share_their_commits() {
    sixty_four_clients_share_commits(Servers::one().await).await;
}

#[tokio::test]
async fn sixty_four_clients_share_their_commits_on_three_replicas() {
    sixty_four_clients_share_commits(Servers::three().await).await;
}

async fn stale_members_alone_fail(servers: Servers) {
    let log = servers.log().await;
    let mut records = Vec::new();
    for _ in 0..8 {
        records.push(begin(&log).await);
    }
    let mut writers = JoinSet::new();
    for client in 0..64_usize {
        // Every eighth believes that a record is empty which is not.
        let subject = if client.is_multiple_of(8) { records[client / 8] } else { record() };
        let log = log.clone();
        writers.spawn(async move { (subject, append(&log, vec![event(subject, 0, 1)]).await) });
    }
    let (mut appended, mut failed) = (0, HashSet::new());
    for (subject, outcome) in writers.join_all().await {
        match outcome {
            Ok(_) => appended += 1,
            Err(AppendError::Conflict { stale }) => {
                let position = records.iter().position(|record| *record == subject).unwrap() as u64 + 1;
                assert_eq!(stale, [(subject, position)]);
                failed.insert(subject);
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((appended, failed.len()), (56, 8));
    assert_eq!(log.head().await.unwrap(), 64);
}

#[tokio::test]
async fn of_a_group_only_stale_members_fail() {
    stale_members_alone_fail(Servers::one().await).await;
}

#[tokio::test]
async fn of_a_group_only_stale_members_fail_on_three_replicas() {
    stale_members_alone_fail(Servers::three().await).await;
}

/// Two processes write the same records, so that their groups get into each other's way.
async fn overlapping_groups_lose_nothing(servers: Servers, rounds: u32) {
    let logs = [servers.log().await, servers.log().await];
    let records = (0..40).map(|_| record()).collect::<Vec<_>>();
    for round in 1..=rounds {
        let mut writers = JoinSet::new();
        for (index, subject) in records.iter().enumerate() {
            let expected = if round == 1 { 0 } else { logs[0].last(subject).await.unwrap() };
            for log in logs.clone() {
                let event = event(*subject, expected, round);
                writers.spawn(async move { (index, append(&log, vec![event]).await) });
            }
        }
        let mut won = vec![0; records.len()];
        for (index, outcome) in writers.join_all().await {
            match outcome {
                Ok(_) => won[index] += 1,
                Err(AppendError::Conflict { stale }) => assert_eq!(stale[0].0, records[index]),
                Err(error) => panic!("round {round}: {error}"),
            }
        }
        assert_eq!(won, vec![1; records.len()], "round {round}");
    }
    for subject in &records {
        let versions =
            logs[1].read(subject).await.unwrap().iter().map(|entry| entry.version).collect::<Vec<_>>();
        assert_eq!(versions, (1..=rounds).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn groups_of_two_processes_that_overlap_lose_nothing() {
    overlapping_groups_lose_nothing(Servers::one().await, 10).await;
}

#[tokio::test]
async fn groups_of_two_processes_that_overlap_lose_nothing_on_three_replicas() {
    overlapping_groups_lose_nothing(Servers::three().await, 10).await;
}

#[tokio::test]
async fn many_writers_of_one_record_get_there_one_after_the_other() {
    let servers = Servers::one().await;
    let log = servers.log().await;
    let subject = record();
    let mut writers = JoinSet::new();
    for _ in 0..32 {
        let log = log.clone();
        writers.spawn(async move {
            let (mut expected, mut version) = (0, 1);
            loop {
                match append(&log, vec![event(subject, expected, version)]).await {
                    Ok(appended) => break appended.last,
                    Err(AppendError::Conflict { stale }) => expected = stale[0].1,
                    Err(error) => panic!("{error}"),
                }
                version = u32::try_from(expected).unwrap() + 1;
            }
        });
    }
    let mut positions = writers.join_all().await;
    positions.sort_unstable();
    assert_eq!(positions, (1..=32).collect::<Vec<_>>());
}
