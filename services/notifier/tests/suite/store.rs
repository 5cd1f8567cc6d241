//! The bucket of subscriptions.

use contract::Principal;
use contract::subscription::Stored;
use futures_util::StreamExt;
use notifier::{Store, StoreError};
use serde_json::json;
use testkit::NatsServer;
use uuid::Uuid;

fn subscription(id: Uuid, name: &str) -> Stored {
    let stored = json!({
        "id": id, "name": name, "owner": "urn:agency:pk",
        "channel": { "type": "webhook", "url": "https://hooks.example/pk" },
        "filter": { "party": ["CA"] }, "after": 7,
        "created": "2026-01-01T00:00:00Z", "created_by": "officer", "changed": "2026-01-01T00:00:00Z",
        "reader": Principal::anonymous(),
        "keys": [{ "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }],
    });
    serde_json::from_value(stored).unwrap()
}

#[tokio::test]
async fn a_subscription_is_changed_only_as_it_was_read() {
    let server = NatsServer::start().await;
    let store = Store::open(server.client().await, 1).await.unwrap();
    let id = Uuid::from_u128(1);
    assert!(store.find(id).await.unwrap().is_none());

    let first = store.write(&subscription(id, "first"), 0).await.unwrap();
    assert!(matches!(store.write(&subscription(id, "again"), 0).await, Err(StoreError::Changed)));
    let second = store.write(&subscription(id, "second"), first).await.unwrap();
    assert!(matches!(store.write(&subscription(id, "late"), first).await, Err(StoreError::Changed)));
    assert!(matches!(store.delete(id, first).await, Err(StoreError::Changed)));

    let found = store.find(id).await.unwrap().unwrap();
    assert_eq!(found.revision, second);
    let stored = found.stored.unwrap();
    assert_eq!(stored.subscription, subscription(id, "second").subscription);
    assert_eq!(stored.keys[0].secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    assert!(!format!("{stored:?}").contains("MfKQ9r8"), "a secret does not get into a log");

    let deleted = store.delete(id, second).await.unwrap();
    let found = store.find(id).await.unwrap().unwrap();
    assert!(found.stored.is_none());
    assert_eq!(found.revision, deleted);
}

#[tokio::test]
async fn whoever_watches_sees_each_as_it_stands_and_then_every_change() {
    let server = NatsServer::start().await;
    let store = Store::open(server.client().await, 1).await.unwrap();
    let [one, other] = [Uuid::from_u128(1), Uuid::from_u128(2)];
    let first = store.write(&subscription(one, "first"), 0).await.unwrap();
    let second = store.write(&subscription(one, "second"), first).await.unwrap();

    let mut changes = store.watch().await.unwrap();
    let found = changes.next().await.unwrap().unwrap();
    assert_eq!((found.id, found.revision), (one, second));

    store.write(&subscription(other, "other"), 0).await.unwrap();
    assert_eq!(changes.next().await.unwrap().unwrap().id, other);
    store.delete(one, second).await.unwrap();
    let gone = changes.next().await.unwrap().unwrap();
    assert!(gone.id == one && gone.stored.is_none());
}
