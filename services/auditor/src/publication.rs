//! The stream of signed checkpoints: one message each, in the order of their sizes, for ever.

use std::error::Error as StdError;

use async_nats::Client;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, LastRawMessageErrorKind, StorageType, Stream};
use async_nats::jetstream::{self, Context};
use bytes::Bytes;
use contract::subjects::{CHECKPOINT_STREAM, CHECKPOINTS};

type Cause = Box<dyn StdError + Send + Sync>;

/// Why checkpoints cannot be published or read.
#[derive(Debug, thiserror::Error)]
pub enum PublicationError {
    /// The server does not answer.
    #[error("the stream of checkpoints does not answer")]
    Unavailable(#[source] Cause),
    /// There is a stream of that name that could lose what was published.
    #[error("the stream {CHECKPOINT_STREAM} does not protect what it holds")]
    Unprotected,
    /// Somebody else has published meanwhile.
    #[error("another checkpoint was published meanwhile")]
    Overtaken,
}

impl PublicationError {
    /// Whether trying again, after a look at what was published last, can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        !matches!(self, Self::Unprotected)
    }
}

fn unavailable(cause: impl Into<Cause>) -> PublicationError {
    PublicationError::Unavailable(cause.into())
}

/// The stream, opened. Clones share it.
#[derive(Clone)]
pub struct Publication {
    context: Context,
    stream: Stream,
}

impl Publication {
    /// Makes the stream if there is none.
    ///
    /// # Errors
    /// When the server does not answer, or has a stream of that name that is set up otherwise.
    pub async fn open(client: Client) -> Result<Self, PublicationError> {
        let context = jetstream::new(client);
        let stream = context.get_or_create_stream(config()).await.map_err(unavailable)?;
        let found = &stream.cached_info().config;
        let protects = found.deny_delete && found.deny_purge && found.max_age.is_zero();
        if found.subjects != [CHECKPOINTS] || !protects {
            return Err(PublicationError::Unprotected);
        }
        Ok(Self { context, stream })
    }

    /// What was published last, with its place in the stream; asked of the stream's leader.
    pub(crate) async fn last(&self) -> Result<Option<(u64, Bytes)>, PublicationError> {
        match self.stream.get_last_raw_message_by_subject(CHECKPOINTS).await {
            Ok(message) => Ok(Some((message.sequence, message.payload))),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// What was published at a place of the stream.
    pub(crate) async fn at(&self, place: u64) -> Result<Option<Bytes>, PublicationError> {
        match self.stream.get_raw_message(place).await {
            Ok(message) => Ok(Some(message.payload)),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Publishes, if what is at the place `after` is still the last; answers the place. It is on disk then.
    pub(crate) async fn publish(&self, after: u64, checkpoint: Bytes) -> Result<u64, PublicationError> {
        let message = PublishMessage::build().payload(checkpoint).expected_last_subject_sequence(after);
        let sent = self.context.send_publish(CHECKPOINTS, message).await;
        let failed = |error: jetstream::context::PublishError| match error.kind() {
            PublishErrorKind::WrongLastSequence => PublicationError::Overtaken,
            _ => unavailable(error),
        };
        sent.map_err(failed)?.await.map(|stored| stored.sequence).map_err(failed)
    }
}

fn config() -> Config {
    Config {
        name: CHECKPOINT_STREAM.to_owned(),
        description: Some("Every checkpoint that was signed, for ever".to_owned()),
        subjects: vec![CHECKPOINTS.to_owned()],
        storage: StorageType::File,
        deny_delete: true,
        deny_purge: true,
        ..Config::default()
    }
}
