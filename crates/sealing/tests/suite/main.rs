//! Keys against a real server.
#![expect(clippy::unwrap_used, reason = "a failure in a test says where it was")]

use std::path::Path;

use contract::subjects::{KEY_STREAM, KEYS};
use domain::{Aggregate, Subject};
use sealing::{Error, Found, Keys};
use testkit::NatsServer;

fn record(key: &str) -> Subject {
    Subject::of_key("urn:agency:pk", Aggregate::Matter, key)
}

async fn bucket(server: &NatsServer) -> Keys {
    Keys::open(server.client().await, 1).await.unwrap()
}

/// Whether these bytes stand in any file below a folder.
fn stands_in(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return stands_in(&path, bytes);
        }
        std::fs::read(&path).is_ok_and(|file| file.windows(bytes.len()).any(|window| window == bytes))
    })
}

#[tokio::test]
async fn a_record_has_one_key_whoever_asks() {
    let server = NatsServer::start().await;
    let [one, other] = [bucket(&server).await, bucket(&server).await];
    assert!(matches!(one.find(&record("a")).await.unwrap(), Found::Nothing));
    let mut made = Vec::new();
    for _ in 0..10 {
        let asked = futures_util::future::join_all([one.make(&record("a")), other.make(&record("a"))]).await;
        made.extend(asked.into_iter().map(|key| *key.unwrap().as_bytes()));
    }
    assert!(made.iter().all(|key| *key == made[0]));
    assert_ne!(*one.make(&record("b")).await.unwrap().as_bytes(), made[0]);
}

#[tokio::test]
async fn a_destroyed_key_is_in_no_file_and_never_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = NatsServer::start_on(folder.path()).await;
    let [one, other] = [bucket(&server).await, bucket(&server).await];
    let key = *one.make(&record("a")).await.unwrap().as_bytes();
    let kept = *one.make(&record("b")).await.unwrap().as_bytes();
    assert!(stands_in(folder.path(), &key), "it is looked for where keys are");
    one.destroy(&record("a")).await.unwrap();
    assert!(!stands_in(folder.path(), &key));
    assert!(stands_in(folder.path(), &kept));
    // Whoever asks later, or again, or tries to destroy it once more.
    for keys in [&one, &other, &bucket(&server).await] {
        assert!(matches!(keys.find(&record("a")).await.unwrap(), Found::Destroyed));
        assert!(matches!(keys.make(&record("a")).await, Err(Error::Destroyed(of)) if of == record("a")));
        keys.destroy(&record("a")).await.unwrap();
    }
    assert_eq!(*other.make(&record("b")).await.unwrap().as_bytes(), kept);
}

#[tokio::test]
async fn what_never_had_a_key_gets_none_after_it_was_destroyed() {
    let server = NatsServer::start().await;
    let keys = bucket(&server).await;
    keys.destroy(&record("a")).await.unwrap();
    assert!(matches!(keys.make(&record("a")).await, Err(Error::Destroyed(_))));
}

#[tokio::test]
async fn what_was_begun_is_ended_by_whoever_comes() {
    let folder = tempfile::tempdir().unwrap();
    let server = NatsServer::start_on(folder.path()).await;
    let keys = bucket(&server).await;
    let key = *keys.make(&record("a")).await.unwrap().as_bytes();
    keys.about_to_dispose(&record("a")).await.unwrap();
    keys.about_to_dispose(&record("a")).await.unwrap();
    assert_eq!(bucket(&server).await.unsettled().await.unwrap(), [record("a")]);
    // Killed after the mark was written: the key stands in the file.
    let context = async_nats::jetstream::new(server.client().await);
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("KV-Operation", "DEL");
    let subject = contract::subjects::key_of(&record("a"));
    context.publish_with_headers(subject, headers, r#"{"erase":1}"#.into()).await.unwrap().await.unwrap();
    assert!(stands_in(folder.path(), &key));
    let next = bucket(&server).await;
    assert!(matches!(next.find(&record("a")).await.unwrap(), Found::Destroyed));
    next.destroy(&record("a")).await.unwrap();
    assert!(!stands_in(folder.path(), &key));
    assert!(next.unsettled().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_bucket_that_would_keep_what_is_to_be_erased_is_refused() {
    let server = NatsServer::start().await;
    let context = async_nats::jetstream::new(server.client().await);
    // As tools for buckets set one up.
    let config = async_nats::jetstream::stream::Config {
        name: KEY_STREAM.into(),
        subjects: vec![KEYS.into()],
        max_messages_per_subject: 1,
        allow_rollup: true,
        deny_delete: true,
        ..Default::default()
    };
    context.create_stream(config).await.unwrap();
    let Err(error) = Keys::open(server.client().await, 1).await else { panic!("it was taken") };
    assert!(error.to_string().contains(KEY_STREAM) && !error.is_transient(), "{error}");
}
