//! The streams of signed checkpoints, one message each, in the order of their sizes, and of what others say of them;
//! for ever.

use std::error::Error as StdError;

use async_nats::Client;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, LastRawMessageErrorKind, StorageType, Stream};
use async_nats::jetstream::{self, Context};
use bytes::Bytes;
use contract::subjects::{ATTESTATION_STREAM, ATTESTATIONS, CHECKPOINT_STREAM, CHECKPOINTS, READS_SIGNED};

type Cause = Box<dyn StdError + Send + Sync>;

/// Why checkpoints cannot be published or read.
#[derive(Debug, thiserror::Error)]
pub enum PublicationError {
    /// The server does not answer.
    #[error("the stream of checkpoints does not answer")]
    Unavailable(#[source] Cause),
    /// There is a stream of that name that could lose what was published.
    #[error("the stream {0} does not protect what it holds")]
    Unprotected(&'static str),
    /// Somebody else has published meanwhile.
    #[error("another checkpoint was published meanwhile")]
    Overtaken,
}

impl PublicationError {
    /// Whether trying again, after a look at what was published last, can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        !matches!(self, Self::Unprotected(_))
    }
}

fn unavailable(cause: impl Into<Cause>) -> PublicationError {
    PublicationError::Unavailable(cause.into())
}

/// The streams, opened. Clones share them.
#[derive(Clone)]
pub struct Publication {
    context: Context,
    checkpoints: Stream,
    attestations: Stream,
}

/// The checkpoints of one log, on a subject of their own.
#[derive(Clone)]
pub(crate) struct Series {
    context: Context,
    stream: Stream,
    subject: &'static str,
}

impl Publication {
    /// Makes the streams that are not there.
    ///
    /// # Errors
    /// When the server does not answer, or has a stream of such a name that is set up otherwise.
    pub async fn open(client: Client) -> Result<Self, PublicationError> {
        let context = jetstream::new(client);
        let checkpoints = "Every checkpoint that was signed, for ever";
        let checkpoints = opened(&context, CHECKPOINT_STREAM, CHECKPOINTS, checkpoints).await?;
        let attestations = "What witnesses and others say of checkpoints, for ever";
        let attestations = opened(&context, ATTESTATION_STREAM, ATTESTATIONS, attestations).await?;
        Ok(Self { context, checkpoints, attestations })
    }

    /// The checkpoints of the log.
    pub(crate) fn checkpoints(&self) -> Series {
        Series { context: self.context.clone(), stream: self.checkpoints.clone(), subject: CHECKPOINTS }
    }

    /// The checkpoints of the log of reads.
    pub(crate) fn of_reads(&self) -> Series {
        Series { context: self.context.clone(), stream: self.attestations.clone(), subject: READS_SIGNED }
    }

    /// What was said last on a subject of the attestations.
    pub(crate) async fn last_attested(&self, subject: &str) -> Result<Option<Bytes>, PublicationError> {
        Ok(self.last_place(subject).await?.map(|(_, payload)| payload))
    }

    /// What was said last on a subject of the attestations, with its place.
    pub(crate) async fn last_place(&self, subject: &str) -> Result<Option<(u64, Bytes)>, PublicationError> {
        last_of(&self.attestations, subject).await
    }

    /// What was said first on a subject of the attestations, from a place on, with its place.
    pub(crate) async fn attested_from(
        &self,
        subject: &str,
        place: u64,
    ) -> Result<Option<(u64, Bytes)>, PublicationError> {
        match self.attestations.get_first_raw_message_by_subject(subject, place).await {
            Ok(message) => Ok(Some((message.sequence, message.payload))),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Publishes on a subject of the attestations. It is on disk then.
    pub(crate) async fn attest(&self, subject: String, payload: Bytes) -> Result<(), PublicationError> {
        let sent = self.context.publish(subject, payload).await.map_err(unavailable)?;
        sent.await.map(drop).map_err(unavailable)
    }
}

impl Series {
    /// The checkpoint that was published last, with its place in the stream; asked of the stream's leader.
    pub(crate) async fn last(&self) -> Result<Option<(u64, Bytes)>, PublicationError> {
        last_of(&self.stream, self.subject).await
    }

    /// What was published at a place of the stream.
    pub(crate) async fn at(&self, place: u64) -> Result<Option<Bytes>, PublicationError> {
        match self.stream.get_raw_message(place).await {
            Ok(message) => Ok(Some(message.payload)),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Publishes a checkpoint, if what is at the place `after` is still the last; answers the place. It is on disk then.
    pub(crate) async fn publish(&self, after: u64, checkpoint: Bytes) -> Result<u64, PublicationError> {
        let message = PublishMessage::build().payload(checkpoint).expected_last_subject_sequence(after);
        let sent = self.context.send_publish(self.subject, message).await;
        let failed = |error: jetstream::context::PublishError| match error.kind() {
            PublishErrorKind::WrongLastSequence => PublicationError::Overtaken,
            _ => unavailable(error),
        };
        sent.map_err(failed)?.await.map(|stored| stored.sequence).map_err(failed)
    }
}

/// A stream that loses nothing, with everything on `subject`.
async fn opened(
    context: &Context,
    name: &'static str,
    subject: &str,
    description: &str,
) -> Result<Stream, PublicationError> {
    let config = Config {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        subjects: vec![subject.to_owned()],
        storage: StorageType::File,
        deny_delete: true,
        deny_purge: true,
        ..Config::default()
    };
    let stream = context.get_or_create_stream(config).await.map_err(unavailable)?;
    let found = &stream.cached_info().config;
    let protects = found.deny_delete && found.deny_purge && found.max_age.is_zero();
    if found.subjects != [subject] || !protects {
        return Err(PublicationError::Unprotected(name));
    }
    Ok(stream)
}

async fn last_of(stream: &Stream, subject: &str) -> Result<Option<(u64, Bytes)>, PublicationError> {
    match stream.get_last_raw_message_by_subject(subject).await {
        Ok(message) => Ok(Some((message.sequence, message.payload))),
        Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
        Err(error) => Err(unavailable(error)),
    }
}
