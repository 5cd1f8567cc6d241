//! Appending one event at a time, and reading it back.

use eventlog::AppendError;
use tokio::task::JoinSet;

use crate::support::{Servers, append, begin, event, everything, record, take};

#[tokio::test]
async fn what_was_appended_is_read_back_whole() {
    let servers = Servers::one().await;
    let log = servers.log().await;
    let subject = record();
    let event = event(subject, 0, 1);
    let appended = append(&log, vec![event.clone()]).await.unwrap();
    assert_eq!((appended.first, appended.last), (1, 1));
    let entries = log.read(&subject).await.unwrap();
    let [entry] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((entry.position, entry.subject, entry.version), (1, subject, 1));
    assert_eq!((&entry.kind, &entry.facets, &entry.payload), (&event.kind, &event.facets, &event.payload));
    assert_eq!(take(&mut log.tail(0), 1).await, entries);
    assert_eq!((log.head().await.unwrap(), log.last(&subject).await.unwrap()), (1, 1));
}

#[tokio::test]
async fn an_empty_log_and_an_unknown_record_read_as_nothing() {
    let servers = Servers::one().await;
    let log = servers.log().await;
    assert_eq!(log.head().await.unwrap(), 0);
    assert_eq!(log.last(&record()).await.unwrap(), 0);
    assert_eq!(log.read(&record()).await.unwrap(), []);
}

#[tokio::test]
async fn a_long_record_is_read_in_order_and_from_the_middle() {
    let servers = Servers::one().await;
    let log = servers.log().await;
    let subject = record();
    // More than are read at once.
    let events = (1..=700).map(|version| event(subject, 0, version)).collect();
    append(&log, events).await.unwrap();
    begin(&log).await;
    let last = append(&log, vec![event(subject, 700, 701)]).await.unwrap().last;
    let versions = |after| {
        let log = log.clone();
        async move {
            let entries = log.read_after(&subject, after).await.unwrap();
            entries.iter().map(|entry| entry.version).collect::<Vec<_>>()
        }
    };
    assert_eq!(versions(0).await, (1..=701).collect::<Vec<_>>());
    assert_eq!(versions(444).await, (445..=701).collect::<Vec<_>>());
    assert!(versions(last).await.is_empty());
}

#[tokio::test]
async fn what_was_just_appended_can_be_read_on_three_replicas() {
    let servers = Servers::three().await;
    let log = servers.log().await;
    let other = servers.log().await;
    let subject = record();
    let mut last = 0;
    for version in 1..=50 {
        let before = last;
        last = append(&log, vec![event(subject, before, version)]).await.unwrap().last;
        let entries = other.read_reaching(&subject, before, last).await.unwrap();
        assert_eq!(entries.iter().map(|entry| entry.version).collect::<Vec<_>>(), [version]);
        assert_eq!(other.last(&subject).await.unwrap(), last);
    }
}

#[tokio::test]
async fn a_stale_guard_is_a_conflict_that_says_where_the_record_is() {
    let servers = Servers::one().await;
    let log = servers.log().await;
    let subject = begin(&log).await;
    begin(&log).await;
    for expected in [0, 2, 7] {
        let error = append(&log, vec![event(subject, expected, 2)]).await.unwrap_err();
        assert!(!error.is_transient());
        let AppendError::Conflict { stale } = error else { panic!("{error}") };
        assert_eq!(stale, [(subject, 1)], "expected {expected}");
    }
    assert_eq!(log.head().await.unwrap(), 2);
}

/// Four processes want to write the same version of a record, again and again.
async fn exactly_one_wins(servers: Servers, trials: u32) {
    let logs = [servers.log().await, servers.log().await, servers.log().await, servers.log().await];
    let subject = record();
    let mut expected = 0;
    for version in 1..=trials {
        let mut writers = JoinSet::new();
        for log in logs.clone() {
            let event = event(subject, expected, version);
            writers.spawn(async move { append(&log, vec![event]).await });
        }
        let outcomes = writers.join_all().await;
        let won = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect::<Vec<_>>();
        let [winner] = won[..] else { panic!("version {version}: {outcomes:?}") };
        expected = winner.last;
        for lost in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            let AppendError::Conflict { stale } = lost else { panic!("version {version}: {lost}") };
            assert_eq!(stale, &[(subject, expected)]);
        }
    }
    let versions = everything(&logs[0]).await.iter().map(|entry| entry.version).collect::<Vec<_>>();
    assert_eq!(versions, (1..=trials).collect::<Vec<_>>());
}

#[tokio::test]
async fn of_concurrent_writers_exactly_one_wins_each_version() {
    exactly_one_wins(Servers::one().await, 400).await;
}

#[tokio::test]
async fn of_concurrent_writers_exactly_one_wins_each_version_on_three_replicas() {
    exactly_one_wins(Servers::three().await, 400).await;
}
