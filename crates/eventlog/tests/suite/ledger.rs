//! Ledgers: a line is added behind the line that its writer knew as the last, or not at all.

use std::time::Duration;

use eventlog::{Journal, Ledger, LedgerError, Plan};
use futures_util::future::join_all;
use testkit::PATIENCE;

use crate::support::Servers;

const PLAN: Plan = Plan { stream: "LEDGER", subject: "ledger.*", description: "A ledger under test" };

async fn opened(servers: &Servers) -> Ledger {
    Journal::open(servers.client().await, PLAN, &servers.settings()).await.unwrap();
    Ledger::new(servers.client().await, PLAN, PATIENCE)
}

#[tokio::test]
async fn a_line_is_added_behind_the_last_one_alone() {
    let servers = Servers::one().await;
    let (ledger, rival) = (opened(&servers).await, opened(&servers).await);
    assert_eq!(ledger.last("ledger.a").await.unwrap(), None);
    let first = ledger.append("ledger.a".into(), 0, "mine".into()).await.unwrap();
    let late = rival.append("ledger.a".into(), 0, "theirs".into()).await;
    assert!(matches!(late, Err(LedgerError::Overtaken)), "{late:?}");
    let second = rival.append("ledger.a".into(), first, "theirs".into()).await.unwrap();
    assert_eq!(ledger.last("ledger.a").await.unwrap(), Some((second, "theirs".into())));
    assert!(ledger.append("ledger.a".into(), first, "mine".into()).await.is_err());
    assert_eq!(ledger.last("ledger.b").await.unwrap(), None, "another thing");
}

#[tokio::test]
async fn who_is_overtaken_takes_nobody_along() {
    let servers = Servers::one().await;
    let ledger = opened(&servers).await;
    let subject = |nth: usize| format!("ledger.{nth}");
    ledger.append(subject(7), 0, "before".into()).await.unwrap();
    // So many that they go as a group, which one of them spoils.
    let all = join_all((0..200).map(|nth| ledger.append(subject(nth), 0, format!("{nth}").into()))).await;
    for (nth, added) in all.into_iter().enumerate() {
        assert_eq!(added.is_err(), nth == 7, "{nth}: {added:?}");
        let (place, line) = ledger.last(&subject(nth)).await.unwrap().unwrap();
        assert!(added.is_err() || (place, line) == (added.unwrap(), format!("{nth}").into()));
    }
}

#[tokio::test]
async fn a_line_that_cannot_be_written_is_said_to_be_in_doubt() {
    let servers = Servers::one().await;
    opened(&servers).await;
    let ledger = Ledger::new(servers.client().await, PLAN, Duration::from_millis(300));
    let first = ledger.append("ledger.a".into(), 0, "a".into()).await.unwrap();
    drop(servers);
    let lost = ledger.append("ledger.a".into(), first, "b".into()).await;
    assert!(matches!(lost, Err(LedgerError::Unacknowledged(_))), "{lost:?}");
}
