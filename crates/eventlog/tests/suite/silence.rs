//! Answers that are lost on the way: what was stored is found, once.

use std::net::SocketAddr;
use std::time::Duration;

use eventlog::{AppendError, EventLog, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::support::{Servers, append, begin, event, everything, record};

/// A wire to the server that can swallow everything the server says.
struct Wire {
    address: SocketAddr,
    swallows: watch::Sender<bool>,
    _connections: JoinSet<()>,
}

impl Wire {
    async fn to(server: &str) -> Self {
        let server = server.trim_start_matches("nats://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (swallows, swallowing) = watch::channel(false);
        let mut connections = JoinSet::new();
        connections.spawn(async move {
            let mut inner = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                inner.spawn(carry(from_client, to_server, None));
                inner.spawn(carry(from_server, to_client, Some(swallowing.clone())));
            }
        });
        Self { address, swallows, _connections: connections }
    }

    async fn log(&self, answer_within: Duration, finish_within: Duration) -> EventLog {
        let client = async_nats::connect(self.address.to_string()).await.unwrap();
        EventLog::open(client, Settings { replicas: 1, answer_within, finish_within }).await.unwrap()
    }
}

/// A connection that has swallowed anything breaks when it should speak again: its answers are gone.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, swallows: Option<watch::Receiver<bool>>) {
    let mut buffer = vec![0; 64 << 10];
    let mut is_broken = false;
    loop {
        let healed = async {
            match &swallows {
                Some(swallows) if is_broken => drop(swallows.clone().wait_for(|swallows| !swallows).await),
                _ => std::future::pending().await,
            }
        };
        let count = tokio::select! {
            read = from.read(&mut buffer) => read.unwrap_or(0),
            () = healed => 0,
        };
        if count == 0 {
            return;
        }
        is_broken |= swallows.as_ref().is_some_and(|swallows| *swallows.borrow());
        if !is_broken && to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

const SOON: Duration = Duration::from_millis(300);

async fn through_a_wire() -> (Servers, EventLog, Wire) {
    let servers = Servers::one().await;
    let Servers::One(server) = &servers else { panic!("there is one") };
    let wire = Wire::to(server.url()).await;
    let log = servers.log().await;
    (servers, log, wire)
}

#[tokio::test]
async fn an_event_whose_acknowledgement_was_lost_is_found() {
    let (_servers, other, wire) = through_a_wire().await;
    let log = wire.log(SOON, testkit::PATIENCE).await;
    let subject = begin(&log).await;
    wire.swallows.send_replace(true);
    let own = log.clone();
    let appending = tokio::spawn(async move { append(&own, vec![event(subject, 1, 2)]).await });
    testkit::eventually("the event", testkit::PATIENCE, async || {
        (other.last(&subject).await.ok()? == 2).then_some(())
    })
    .await;
    // Others go on in the meantime, so that it is not the record's last event any more.
    append(&other, vec![event(subject, 2, 3)]).await.unwrap();
    wire.swallows.send_replace(false);
    let appended = appending.await.unwrap().unwrap();
    assert_eq!((appended.first, appended.last), (2, 2));
    assert_eq!(everything(&other).await.len(), 3);
}

#[tokio::test]
async fn a_group_whose_acknowledgement_was_lost_is_found() {
    let (_servers, other, wire) = through_a_wire().await;
    let log = wire.log(SOON, testkit::PATIENCE).await;
    wire.swallows.send_replace(true);
    let mut writers = JoinSet::new();
    for _ in 0..40 {
        let log = log.clone();
        writers.spawn(async move { append(&log, vec![event(record(), 0, 1), event(record(), 0, 1)]).await });
    }
    testkit::eventually("the group", testkit::PATIENCE, async || {
        (other.head().await.ok()? > 30).then_some(())
    })
    .await;
    wire.swallows.send_replace(false);
    let mut positions = Vec::new();
    for outcome in writers.join_all().await {
        let appended = outcome.unwrap();
        assert_eq!(appended.last, appended.first + 1);
        positions.extend([appended.first, appended.last]);
    }
    positions.sort_unstable();
    assert_eq!(positions, (1..=80).collect::<Vec<_>>());
    assert_eq!(everything(&other).await.len(), 80);
}

#[tokio::test]
async fn an_event_that_someone_else_wrote_meanwhile_is_a_conflict() {
    let (_servers, other, wire) = through_a_wire().await;
    let log = wire.log(SOON, testkit::PATIENCE).await;
    let subject = begin(&other).await;
    wire.swallows.send_replace(true);
    append(&other, vec![event(subject, 1, 2)]).await.unwrap();
    let own = log.clone();
    let appending = tokio::spawn(async move { append(&own, vec![event(subject, 1, 2)]).await });
    tokio::time::sleep(SOON).await;
    wire.swallows.send_replace(false);
    let error = appending.await.unwrap().unwrap_err();
    let AppendError::Conflict { stale } = error else { panic!("{error}") };
    assert_eq!(stale, [(subject, 2)]);
    assert_eq!(everything(&other).await.len(), 2);
}

#[tokio::test]
async fn what_cannot_be_found_out_in_time_is_said_to_be_unknown() {
    let (_servers, other, wire) = through_a_wire().await;
    let log = wire.log(SOON, SOON * 3).await;
    let subject = begin(&log).await;
    wire.swallows.send_replace(true);
    let lost = event(subject, 1, 2);
    let error = append(&log, vec![lost.clone()]).await.unwrap_err();
    assert!(matches!(error, AppendError::OutcomeUnknown), "{error}");
    assert!(error.is_transient());
    // It was stored, and appended again it meets its own guard.
    let error = append(&other, vec![lost]).await.unwrap_err();
    assert!(matches!(error, AppendError::Conflict { .. }), "{error}");
    assert_eq!(everything(&other).await.len(), 2);
}
