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
use bytes::Bytes;
use contract::subjects::{self, SUBSCRIPTION_KEYS, SUBSCRIPTION_STREAM, SubscriptionKey};
use contract::subscription::Stored;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, TryStreamExt};
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
            Ok(message) => {
                let value = (!is_mark(&message.headers)).then_some(&*message.payload);
                kept(id, message.sequence, value).map(Some)
            }
            Err(error) if matches!(error.kind(), LastRawMessageErrorKind::NoMessageFound) => Ok(None),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Every subscription as it stands now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Unreadable`].
    pub(crate) async fn all(&self) -> Result<Vec<Kept>, StoreError> {
        let (count, entries) = self.follow(subjects::EVERY_SUBSCRIPTION).await?;
        let subscriptions =
            entries.take(count).try_filter_map(|Entry { key, revision, value, .. }| async move {
                match key {
                    SubscriptionKey::Subscription(id) => kept(id, revision, value.as_deref()).map(Some),
                    _ => Ok(None),
                }
            });
        subscriptions.try_collect().await
    }

    /// Writes a subscription behind what was read at `revision`; 0: there was none. Gives its new revision.
    ///
    /// # Errors
    /// [`StoreError::Changed`], [`StoreError::Unavailable`]: then it may have been written.
    pub async fn write(&self, stored: &Stored, revision: u64) -> Result<u64, StoreError> {
        let value = serde_json::to_vec(stored).map_err(StoreError::Unreadable)?;
        self.put(subjects::subscription(stored.subscription.id), value.into(), revision).await
    }

    /// Deletes the subscription that was read at `revision`.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn delete(&self, id: Uuid, revision: u64) -> Result<u64, StoreError> {
        self.mark(subjects::subscription(id), revision).await
    }

    /// Writes a value behind the one at `revision`.
    pub(crate) async fn put(&self, key: String, value: Bytes, revision: u64) -> Result<u64, StoreError> {
        self.publish(key, PublishMessage::build().payload(value), revision).await
    }

    /// Writes that there is nothing any more behind the value at `revision`.
    pub(crate) async fn mark(&self, key: String, revision: u64) -> Result<u64, StoreError> {
        let mut headers = HeaderMap::new();
        headers.insert(OPERATION.0, OPERATION.1);
        self.publish(key, PublishMessage::build().headers(headers), revision).await
    }

    async fn publish(&self, key: String, message: PublishMessage, revision: u64) -> Result<u64, StoreError> {
        let message = message.expected_last_subject_sequence(revision);
        let sent = self.context.send_publish(key, message).await;
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
        let entries = self.entries(subjects::EVERY_SUBSCRIPTION).await?;
        let subscriptions = entries.filter_map(|entry| async {
            match entry {
                Ok(Entry { key: SubscriptionKey::Subscription(id), revision, value, .. }) => {
                    Some(kept(id, revision, value.as_deref()))
                }
                Ok(_) => None,
                Err(error) => Some(Err(error)),
            }
        });
        Ok(subscriptions.boxed())
    }

    /// Every key of a subject as it stands, each once, and then every change.
    pub(crate) async fn entries(
        &self,
        subject: &str,
    ) -> Result<impl Stream<Item = Result<Entry, StoreError>> + Send + Unpin + use<>, StoreError> {
        self.follow(subject).await.map(|(_, entries)| entries)
    }

    /// The same, and how many there are to begin with.
    async fn follow(
        &self,
        subject: &str,
    ) -> Result<(usize, BoxStream<'static, Result<Entry, StoreError>>), StoreError> {
        let config = OrderedConfig {
            filter_subject: subject.to_owned(),
            deliver_policy: DeliverPolicy::LastPerSubject,
            ..OrderedConfig::default()
        };
        let stream = self.context.get_stream_no_info(SUBSCRIPTION_STREAM).await;
        let stream = stream.map_err(StoreError::unavailable)?;
        let consumer = stream.create_consumer(config).await.map_err(StoreError::unavailable)?;
        let count = usize::try_from(consumer.cached_info().num_pending).unwrap_or(usize::MAX);
        let messages = consumer.messages().await.map_err(StoreError::unavailable)?;
        let entries = messages.filter_map(|message| async {
            let message = match message {
                Ok(message) => message,
                Err(error) => return Some(Err(StoreError::unavailable(error))),
            };
            let key = subjects::read_subscription_key(&message.subject)?;
            let (revision, pending) = match message.info() {
                Ok(info) => (info.stream_sequence, info.pending),
                Err(error) => return Some(Err(StoreError::unavailable(error))),
            };
            let is_there = message.headers.as_ref().is_none_or(|headers| !is_mark(headers));
            let value = is_there.then(|| message.payload.clone());
            Some(Ok(Entry { key, revision, value, is_last: pending == 0 }))
        });
        Ok((count, entries.boxed()))
    }
}

/// What stands under a key of the bucket.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: SubscriptionKey,
    pub(crate) revision: u64,
    /// None: there is nothing any more.
    pub(crate) value: Option<Bytes>,
    /// Nothing else is known that was written later.
    pub(crate) is_last: bool,
}

fn is_mark(headers: &HeaderMap) -> bool {
    headers.get(OPERATION.0).is_some_and(|operation| operation.as_str() == OPERATION.1)
}

/// A subscription as it was found under its key.
pub(crate) fn kept(id: Uuid, revision: u64, value: Option<&[u8]>) -> Result<Kept, StoreError> {
    let stored = value.map(serde_json::from_slice).transpose().map_err(StoreError::Unreadable)?;
    Ok(Kept { id, revision, stored })
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
