//! Journals: lines that are acknowledged once they are on disk, each once, in whatever groups.

use std::collections::BTreeMap;
use std::time::Duration;

use eventlog::{Error, Journal, READS_PLAN, WriteError, Writer};
use futures_util::StreamExt;
use futures_util::future::join_all;
use testkit::PATIENCE;

use crate::support::Servers;

/// So many lines at once: alone, some, a group, more than a group takes.
const AT_ONCE: [usize; 4] = [1, 9, 40, 1_100];

async fn lines_are_written_once(servers: Servers) {
    let client = servers.client().await;
    let journal = Journal::open(client.clone(), READS_PLAN, &servers.settings()).await.unwrap();
    let writer = Writer::new(client, READS_PLAN, PATIENCE);
    let mut written = BTreeMap::new();
    for count in AT_ONCE {
        let lines = (0..count).map(|nth| format!("{count}/{nth}"));
        let acknowledged =
            join_all(lines.map(async |line| (writer.write(line.clone().into()).await.unwrap(), line))).await;
        written.extend(acknowledged);
    }
    let last = AT_ONCE.iter().sum::<usize>() as u64;
    assert_eq!(journal.head().await.unwrap(), last);
    let read = journal.tail(0).take(AT_ONCE.iter().sum()).map(|line| line.unwrap());
    let read = read.map(|line| (line.position, String::from_utf8(line.payload.to_vec()).unwrap()));
    assert_eq!(read.collect::<BTreeMap<_, _>>().await, written);
    let behind = journal.tail(last - 1).next().await.unwrap().unwrap();
    assert_eq!(behind.position, last);
}

#[tokio::test]
async fn lines_are_written_once_where_the_writer_says() {
    lines_are_written_once(Servers::one().await).await;
}

#[tokio::test]
async fn lines_are_written_once_on_three_replicas() {
    lines_are_written_once(Servers::three().await).await;
}

#[tokio::test]
async fn what_nobody_keeps_is_not_written() {
    let servers = Servers::one().await;
    let writer = Writer::new(servers.client().await, READS_PLAN, Duration::from_secs(2));
    let refused = writer.write("line".into()).await;
    assert!(matches!(refused, Err(WriteError::Unavailable(_))), "{refused:?}");
}

#[tokio::test]
async fn a_journal_that_could_lose_lines_is_refused() {
    let servers = Servers::one().await;
    let client = servers.client().await;
    let config = async_nats::jetstream::stream::Config {
        name: READS_PLAN.stream.to_owned(),
        subjects: vec![READS_PLAN.subject.to_owned()],
        ..Default::default()
    };
    async_nats::jetstream::new(client.clone()).create_stream(config).await.unwrap();
    match Journal::open(client, READS_PLAN, &servers.settings()).await.map(drop) {
        Err(Error::Unprotected { stream, faults }) => {
            assert_eq!(stream, READS_PLAN.stream);
            assert!(faults.iter().any(|fault| fault.contains("deny_delete")), "{faults:?}");
        }
        other => panic!("not refused: {other:?}"),
    }
}
