//! The bucket of subscriptions.
//!
//! A subscription is one value under its key, changed on the condition that it is still the one that was read. A key
//! that was deleted keeps a mark, as tools for buckets leave one.

use std::error::Error as StdError;

use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, LastRawMessageErrorKind, StorageType};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, HeaderMap};
use contract::subjects::{self, SUBSCRIPTION_KEYS, SUBSCRIPTION_STREAM};
use contract::subscription::Stored;
use futures_util::{Stream, StreamExt};
use uuid::Uuid;

/// What the header of a deleted key says.
const OPERATION: (&str, &str) = ("KV-Operation", "DEL");

type Cause = Box<dyn StdError + Send + Sync>;

/// Why the bucket gives or takes nothing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The server does not answer.
    #[error("the bucket of subscriptions does not answer")]
    Unavailable(#[source] Cause),
    /// Somebody else has changed it since it was read.
    #[error("the subscription was changed in the meantime")]
    Changed,
    /// What stands there is no subscription.
    #[error("the subscription cannot be read")]
    Unreadable(#[source] serde_json::Error),
}

impl StoreError {
    fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::Unavailable(cause.into())
    }
}

/// A subscription as it was found.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Which one.
    pub id: Uuid,
    /// Where it stands in the bucket: what a change of it is conditioned on.
    pub revision: u64,
    /// What stands there; none: it was deleted.
    pub stored: Option<Stored>,
}

/// The bucket. Clones share the connection.
#[derive(Clone)]
pub struct Store {
    context: Context,
}

impl Store {
    /// The bucket, as somebody else has made it.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { context: jetstream::new(client) }
    }

    /// Makes the bucket if there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn open(client: Client, replicas: usize) -> Result<Self, StoreError> {
        let store = Self::new(client);
        store.context.get_or_create_stream(config(replicas)).await.map_err(StoreError::unavailable)?;
        Ok(store)
    }

    /// A subscription; none: there never was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Unreadable`].
    pub async fn find(&self, id: Uuid) -> Result<Option<Kept>, StoreError> {
        let stream = self.context.get_stream_no_info(SUBSCRIPTION_STREAM).await;
        let stream = stream.map_err(StoreError::unavailable)?;
        match stream.get_last_raw_message_by_subject(&subjects::subscription(id)).await {
            Ok(message) => kept(id, message.sequence, &message.headers, &message.payload).map(Some),
            Err(error) if matches!(error.kind(), LastRawMessageErrorKind::NoMessageFound) => Ok(None),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Writes a subscription behind what was read at `revision`; 0: there was none. Gives its new revision.
    ///
    /// # Errors
    /// [`StoreError::Changed`], [`StoreError::Unavailable`]: then it may have been written.
    pub async fn write(&self, stored: &Stored, revision: u64) -> Result<u64, StoreError> {
        let value = serde_json::to_vec(stored).map_err(StoreError::Unreadable)?;
        self.put(stored.subscription.id, PublishMessage::build().payload(value.into()), revision).await
    }

    /// Deletes the subscription that was read at `revision`.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn delete(&self, id: Uuid, revision: u64) -> Result<u64, StoreError> {
        let mut headers = HeaderMap::new();
        headers.insert(OPERATION.0, OPERATION.1);
        self.put(id, PublishMessage::build().headers(headers), revision).await
    }

    async fn put(&self, id: Uuid, message: PublishMessage, revision: u64) -> Result<u64, StoreError> {
        let message = message.expected_last_subject_sequence(revision);
        let sent = self.context.send_publish(subjects::subscription(id), message).await;
        let acknowledged = match sent {
            Ok(sent) => sent.await,
            Err(error) => Err(error),
        };
        match acknowledged {
            Ok(written) => Ok(written.sequence),
            Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => Err(StoreError::Changed),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Every subscription as it stands, each key once, and then every change.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot begin; the stream ends or says so when the server is lost from sight,
    /// and may be asked for again.
    pub async fn watch(
        &self,
    ) -> Result<impl Stream<Item = Result<Kept, StoreError>> + Send + Unpin + use<>, StoreError> {
        let config = OrderedConfig {
            filter_subject: subjects::EVERY_SUBSCRIPTION.to_owned(),
            deliver_policy: DeliverPolicy::LastPerSubject,
            ..OrderedConfig::default()
        };
        let stream = self.context.get_stream_no_info(SUBSCRIPTION_STREAM).await;
        let stream = stream.map_err(StoreError::unavailable)?;
        let consumer = stream.create_consumer(config).await.map_err(StoreError::unavailable)?;
        let messages = consumer.messages().await.map_err(StoreError::unavailable)?;
        let changes = messages.filter_map(|message| async {
            let message = match message {
                Ok(message) => message,
                Err(error) => return Some(Err(StoreError::unavailable(error))),
            };
            let id = subjects::subscription_of(&message.subject)?;
            let revision = message.info().map(|info| info.stream_sequence);
            let revision = match revision {
                Ok(revision) => revision,
                Err(error) => return Some(Err(StoreError::unavailable(error))),
            };
            let none = HeaderMap::new();
            Some(kept(id, revision, message.headers.as_ref().unwrap_or(&none), &message.payload))
        });
        Ok(changes.boxed())
    }
}

fn kept(id: Uuid, revision: u64, headers: &HeaderMap, value: &[u8]) -> Result<Kept, StoreError> {
    if headers.get(OPERATION.0).is_some_and(|operation| operation.as_str() == OPERATION.1) {
        return Ok(Kept { id, revision, stored: None });
    }
    let stored = serde_json::from_slice(value).map_err(StoreError::Unreadable)?;
    Ok(Kept { id, revision, stored: Some(stored) })
}

fn config(replicas: usize) -> Config {
    Config {
        name: SUBSCRIPTION_STREAM.to_owned(),
        description: Some(
            "Subscriptions, what their deliveries are signed with, and who delivers".to_owned(),
        ),
        subjects: vec![SUBSCRIPTION_KEYS.to_owned()],
        max_messages_per_subject: 1,
        storage: StorageType::File,
        num_replicas: replicas,
        allow_direct: false,
        deny_purge: true,
        ..Config::default()
    }
}
