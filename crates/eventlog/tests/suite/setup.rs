//! Opening the log: made once, recognised again, refused when it would not keep what it holds.

use async_nats::jetstream::{self, stream};
use contract::subjects::STREAM;
use eventlog::{Error, EventLog};

use crate::support::{Servers, begin};

async fn is_made_once_and_found_again(servers: Servers) {
    let (one, other) = tokio::join!(servers.log(), servers.log());
    assert_eq!(one.identity(), other.identity());
    begin(&one).await;
    assert_eq!(other.head().await.unwrap(), 1);
    assert_eq!(servers.log().await.identity(), one.identity());
}

#[tokio::test]
async fn the_log_is_made_once_and_found_again() {
    is_made_once_and_found_again(Servers::one().await).await;
}

#[tokio::test]
async fn the_log_is_made_once_and_found_again_on_three_replicas() {
    is_made_once_and_found_again(Servers::three().await).await;
}

async fn refused(servers: &Servers) -> Vec<String> {
    let opened = EventLog::open(servers.client().await, servers.settings()).await;
    match opened.map(|log| *log.identity()) {
        Err(Error::Unprotected { faults, .. }) => faults,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_stream_that_an_administrator_has_limited_is_refused() {
    let servers = Servers::one().await;
    begin(&servers.log().await).await;
    let jetstream = jetstream::new(servers.client().await);
    let mut config = jetstream.get_stream(STREAM).await.unwrap().cached_info().config.clone();
    config.max_messages = 3;
    jetstream.update_stream(&config).await.unwrap();
    assert_eq!(refused(&servers).await, ["the number of its events is limited (max_msgs)"]);
}

#[tokio::test]
async fn a_stream_that_someone_else_made_is_refused_with_every_fault() {
    let servers = Servers::one().await;
    let config =
        stream::Config { name: STREAM.into(), subjects: vec!["chancery.>".into()], ..Default::default() };
    jetstream::new(servers.client().await).create_stream(config).await.unwrap();
    let faults = refused(&servers).await.join("\n");
    for fault in ["chancery.events.>", "deny_delete", "deny_purge", "allow_atomic"] {
        assert!(faults.contains(fault), "{fault} is not in:\n{faults}");
    }
}

#[tokio::test]
async fn fewer_replicas_than_asked_for_are_refused() {
    let servers = Servers::one().await;
    servers.log().await;
    let mut settings = servers.settings();
    settings.replicas = 3;
    let error = EventLog::open(servers.client().await, settings).await.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("num_replicas"), "{error}");
}
