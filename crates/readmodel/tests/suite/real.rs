//! The log that the register has: JetStream, killed and restarted, replaced.

use bytes::Bytes;
use contract::Facets;
use domain::{Aggregate, Subject};
use eventlog::{Append, Batch, EventLog};
use readmodel::{Direction, Range, Rows, State};
use testkit::NatsServer;

use crate::support::Running;

async fn open(server: &NatsServer) -> EventLog {
    EventLog::open(server.client().await, eventlog::Settings::default()).await.unwrap()
}

/// Appends events of one record, one by one.
async fn append(log: &EventLog, positions: std::ops::RangeInclusive<u64>) {
    for position in positions {
        let event = Append {
            subject: Subject::of_key("s", Aggregate::Matter, "k"),
            expected: position - 1,
            kind: "chancery.matter.opened.v1".into(),
            version: u32::try_from(position).unwrap(),
            facets: Facets { marking: "OFFICIAL".into(), ..Facets::default() },
            payload: Bytes::from(format!("event {position}")),
        };
        log.append(Batch::new(vec![event]).unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn it_follows_across_a_restart_of_the_server_and_refuses_another_log() {
    let mut server = NatsServer::start().await;
    let log = open(&server).await;
    append(&log, 1..=20).await;
    let folder = tempfile::tempdir().unwrap();
    let running = Running::follow(folder.path(), log.clone()).await;
    running.reaches(20).await;
    server.restart().await;
    append(&log, 21..=40).await;
    running.reaches(40).await;
    let events = |view: &readmodel::View<'_>| {
        view.scan(&Range::prefix(b"e"), Direction::Ascending).map(|(_, value)| value.to_vec()).collect()
    };
    let kept: Vec<Vec<u8>> = running.reader.read(events).await.unwrap();
    assert_eq!(kept, (31..=40).map(|i| format!("event {i}").into_bytes()).collect::<Vec<_>>());
    running.stop().await.unwrap();

    let other = NatsServer::start().await;
    let other = open(&other).await;
    append(&other, 1..=50).await;
    let running = Running::follow(folder.path(), other).await;
    running.is(|state| matches!(state, State::Failed(_))).await;
    assert!(matches!(running.run.await.unwrap(), Err(readmodel::Error::OtherStream { .. })));
}
