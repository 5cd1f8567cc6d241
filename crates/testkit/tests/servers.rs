//! The servers that tests run are real: they keep what they acknowledged, and they end with the test.

use std::time::Duration;

use async_nats::jetstream::{self, stream};
use testkit::{Cluster, NatsServer, PATIENCE, eventually};

async fn put(client: &async_nats::Client, replicas: usize) {
    let config = stream::Config {
        name: "T".into(),
        subjects: vec!["t".into()],
        num_replicas: replicas,
        ..Default::default()
    };
    let jetstream = jetstream::new(client.clone());
    jetstream.create_stream(config).await.expect("the stream is new");
    let acknowledged = jetstream.publish("t", "kept".into()).await.expect("connected").await;
    acknowledged.expect("the stream takes it");
}

async fn kept(client: &async_nats::Client) {
    let mut jetstream = jetstream::new(client.clone());
    jetstream.set_timeout(Duration::from_millis(200));
    eventually("the message", PATIENCE, async || {
        let stream = jetstream.get_stream("T").await.ok()?;
        stream.get_raw_message(1).await.ok().filter(|message| message.payload == "kept")
    })
    .await;
}

#[tokio::test]
async fn a_killed_server_restarts_with_what_it_had() {
    let mut server = NatsServer::start().await;
    put(&server.client().await, 1).await;
    server.kill().await;
    assert!(async_nats::connect(server.url()).await.is_err());
    server.restart().await;
    kept(&server.client().await).await;
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let server = NatsServer::start().await;
    let url = server.url().to_owned();
    drop(server);
    assert!(async_nats::connect(url).await.is_err());
}

#[tokio::test]
async fn a_cluster_outlives_one_of_its_servers() {
    let mut cluster = Cluster::start(3).await;
    put(&cluster.client().await, 3).await;
    cluster[0].kill().await;
    kept(&cluster.client().await).await;
    cluster[0].restart().await;
    kept(&cluster[0].client().await).await;
}
