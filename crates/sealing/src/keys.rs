//! The keys of records, in a bucket of their own.
//!
//! A key stands under its record's subject. To destroy it, a mark is written behind it that says where the key
//! stands, on the condition that nothing else came between; then the message with the key is erased, which the
//! server does by writing random bytes over it. A mark stays for ever: no key is made where one is. Each step can be
//! done again, so whoever finds a mark whose key is still there ends what another began.
//!
//! Before a disposal is recorded, that it is about to be stands in the bucket, too. So a process that starts finds
//! what one that was killed did not come to.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::{PublishMessage, StreamMessage};
use async_nats::jetstream::stream::{Config, LastRawMessageErrorKind, StorageType, Stream};
use async_nats::jetstream::{self, Context, ErrorCode};
use async_nats::{Client, HeaderMap};
use bytes::Bytes;
use contract::subjects::{self, KEY_STREAM, KEYS};
use domain::Subject;
use eventlog::Entry;
use futures_util::TryStreamExt;
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use crate::{Key, NoEnvelope, envelope};

/// Keys in memory, about 200 bytes each.
const AT_HAND: usize = 20_000;

/// How often a key is looked for that must be there: a new leader of the bucket may not have applied all of it.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// What a mark's header says, so that tools for buckets take it for what it is: nothing.
const OPERATION: (&str, &str) = ("KV-Operation", "DEL");

type Cause = Box<dyn StdError + Send + Sync>;

/// Why a key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server does not answer.
    #[error("the bucket of keys does not answer")]
    Unavailable(#[source] Cause),
    /// There is a stream of that name that would lose keys, or keep what is to be erased.
    #[error("stream {KEY_STREAM} does not keep keys as it should: {0}")]
    Unfit(&'static str),
    /// The record's key was destroyed; it gets no other.
    #[error("the key of {0} was destroyed")]
    Destroyed(Subject),
    /// What is to be sealed has no canonical form, of which its leaf could be made.
    #[error(transparent)]
    Unsealable(#[from] NoEnvelope),
}

impl Error {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::Unavailable(cause.into())
    }
}

/// What is found under a record.
#[derive(Clone, Debug)]
pub enum Found {
    /// Its key.
    Key(Arc<Key>),
    /// It had one, which was destroyed.
    Destroyed,
    /// It never had one.
    Nothing,
}

/// The bucket of keys. Clones share it, and the keys at hand.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    context: Context,
    /// `None`: the key was destroyed.
    at_hand: Cache<Subject, Option<Arc<Key>>>,
}

/// Where the key stands that a mark was written behind; 0: there was none.
#[derive(Serialize, Deserialize)]
struct Mark {
    erase: u64,
}

impl Keys {
    /// The bucket, as somebody else has made it.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self(Arc::new(Inner { context: jetstream::new(client), at_hand: Cache::new(AT_HAND) }))
    }

    /// Makes the bucket if there is none, or checks the one that is there.
    ///
    /// # Errors
    /// [`Error::Unfit`] when it is set up otherwise, [`Error::Unavailable`] when the server does not answer.
    pub async fn open(client: Client, replicas: usize) -> Result<Self, Error> {
        let keys = Self::new(client);
        let made = keys.0.context.get_or_create_stream(config(replicas)).await.map_err(Error::unavailable)?;
        check(&made.cached_info().config)?;
        Ok(keys)
    }

    /// The record's key.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find(&self, record: &Subject) -> Result<Found, Error> {
        if let Some(known) = self.0.at_hand.get(record) {
            return Ok(known.map_or(Found::Destroyed, Found::Key));
        }
        self.look(record).await
    }

    /// As [`find`](Self::find), of the bucket's leader, whatever is at hand.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn look(&self, record: &Subject) -> Result<Found, Error> {
        Ok(match self.last(record).await? {
            Some(Last::Key(_, key)) => Found::Key(self.remember(record, key)),
            Some(Last::Mark(_)) => {
                self.forget(record);
                Found::Destroyed
            }
            None => Found::Nothing,
        })
    }

    /// The record's key, a new one if it has none.
    ///
    /// # Errors
    /// [`Error::Destroyed`], or [`Error::Unavailable`].
    pub async fn make(&self, record: &Subject) -> Result<Arc<Key>, Error> {
        loop {
            match self.find(record).await? {
                Found::Key(key) => return Ok(key),
                Found::Destroyed => return Err(Error::Destroyed(*record)),
                Found::Nothing => {}
            }
            let key = Key::random().map_err(Error::unavailable)?;
            let message = PublishMessage::build().payload(Bytes::copy_from_slice(key.as_bytes()));
            let subject = subjects::key_of(record);
            if self.publish(subject, message.expected_last_subject_sequence(0)).await?.is_some() {
                return Ok(self.remember(record, key));
            }
        }
    }

    /// Destroys the record's key, or what is left to do of that: once this returns, it is overwritten in the server's
    /// files, and the record never gets another.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; it can be done again.
    pub async fn destroy(&self, record: &Subject) -> Result<(), Error> {
        self.forget(record);
        let erase = loop {
            let last = match self.last(record).await? {
                Some(Last::Mark(erase)) => break erase,
                Some(Last::Key(place, _)) => place,
                None => 0,
            };
            let mark = serde_json::to_vec(&Mark { erase: last }).expect("a number is JSON");
            let mut headers = HeaderMap::new();
            headers.insert(OPERATION.0, OPERATION.1);
            let message = PublishMessage::build().payload(mark.into()).headers(headers);
            let message = message.expected_last_subject_sequence(last);
            if self.publish(subjects::key_of(record), message).await?.is_some() {
                break last;
            }
        };
        if erase > 0 {
            self.erase(erase).await?;
        }
        let about = subjects::disposing(record);
        while let Some(message) = self.last_of(&about).await? {
            self.erase(message.sequence).await?;
        }
        Ok(())
    }

    /// Notes that the record is about to be disposed of, before that is recorded.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn about_to_dispose(&self, record: &Subject) -> Result<(), Error> {
        let message = PublishMessage::build().payload(Bytes::new());
        self.publish(subjects::disposing(record), message).await.map(drop)
    }

    /// The records that were about to be disposed of and whose keys nobody said to be destroyed.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn unsettled(&self) -> Result<Vec<Subject>, Error> {
        let stream = self.stream().await?;
        let info = stream.info_with_subjects(subjects::DISPOSING).await.map_err(Error::unavailable)?;
        let noted = info.try_collect::<Vec<_>>().await.map_err(Error::unavailable)?;
        Ok(noted.iter().filter_map(|(subject, _)| subjects::record_disposing(subject).ok()).collect())
    }

    /// Keeps no key of the record at hand.
    pub fn forget(&self, record: &Subject) {
        self.0.at_hand.insert(*record, None);
    }

    /// Opens an event if it is sealed and its key is there. What cannot be opened stays as it is; of one whose key
    /// is neither there nor destroyed an error is logged.
    ///
    /// # Errors
    /// [`Error::Unavailable`], for a sealed one alone.
    pub async fn opened(&self, mut entry: Entry) -> Result<Entry, Error> {
        if !envelope::is_sealed(&entry.payload) {
            return Ok(entry);
        }
        let (position, subject) = (entry.position, entry.subject);
        match self.believed(&subject).await? {
            Found::Key(key) => match envelope::open(&entry.payload, &key) {
                Ok(opened) => entry.opened = Some(opened.into()),
                Err(error) => tracing::error!(position, %subject, %error, "a sealed event does not open"),
            },
            Found::Destroyed => {}
            Found::Nothing => {
                tracing::error!(position, %subject, "a sealed event has no key: was the bucket {KEY_STREAM} lost?");
            }
        }
        Ok(entry)
    }

    /// What is found of a record that must have a key: that there is nothing is believed after a while.
    async fn believed(&self, record: &Subject) -> Result<Found, Error> {
        for _ in 1..LOOKS {
            match self.find(record).await? {
                Found::Nothing => sleep(BETWEEN_LOOKS).await,
                found => return Ok(found),
            }
        }
        self.find(record).await
    }

    /// What is known to be destroyed stays so.
    fn remember(&self, record: &Subject, key: Key) -> Arc<Key> {
        let key = Arc::new(key);
        if !matches!(self.0.at_hand.peek(record), Some(None)) {
            self.0.at_hand.insert(*record, Some(Arc::clone(&key)));
        }
        key
    }

    async fn last(&self, record: &Subject) -> Result<Option<Last>, Error> {
        let Some(message) = self.last_of(&subjects::key_of(record)).await? else { return Ok(None) };
        Last::of(&message).map(Some).ok_or(Error::Unfit("something in it is neither a key nor a mark"))
    }

    async fn last_of(&self, subject: &str) -> Result<Option<StreamMessage>, Error> {
        match self.stream().await?.get_last_raw_message_by_subject(subject).await {
            Ok(message) => Ok(Some(message)),
            Err(error) => match error.kind() {
                LastRawMessageErrorKind::NoMessageFound => Ok(None),
                LastRawMessageErrorKind::JetStream(answer)
                    if answer.error_code() == ErrorCode::STREAM_NOT_FOUND =>
                {
                    Ok(None)
                }
                _ => Err(Error::unavailable(error)),
            },
        }
    }

    /// Publishes if the condition holds; answers where. It is on disk then.
    async fn publish(&self, subject: String, message: PublishMessage) -> Result<Option<u64>, Error> {
        let held = |error: PublishError| match error.kind() {
            PublishErrorKind::WrongLastSequence => Ok(None),
            _ => Err(Error::unavailable(error)),
        };
        match self.0.context.send_publish(subject, message).await {
            Ok(sent) => sent.await.map_or_else(held, |stored| Ok(Some(stored.sequence))),
            Err(error) => held(error),
        }
    }

    /// Has the server write over a message. One that is gone already, perhaps a moment ago by another's doing, was
    /// written over.
    async fn erase(&self, place: u64) -> Result<(), Error> {
        let stream = self.stream().await?;
        let Err(error) = stream.delete_message(place).await else { return Ok(()) };
        match stream.get_raw_message(place).await {
            Err(gone) if gone.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(()),
            _ => Err(Error::unavailable(error)),
        }
    }

    async fn stream(&self) -> Result<Stream<()>, Error> {
        self.0.context.get_stream_no_info(KEY_STREAM).await.map_err(Error::unavailable)
    }
}

/// The last message under a record.
enum Last {
    /// Its place, and the key.
    Key(u64, Key),
    /// The place of the key that is to be erased.
    Mark(u64),
}

impl Last {
    fn of(message: &StreamMessage) -> Option<Self> {
        if message.headers.get(OPERATION.0).is_none() {
            return Some(Self::Key(message.sequence, Key::from_slice(&message.payload)?));
        }
        serde_json::from_slice::<Mark>(&message.payload).ok().map(|mark| Self::Mark(mark.erase))
    }
}

fn config(replicas: usize) -> Config {
    Config {
        name: KEY_STREAM.to_owned(),
        description: Some("A key for each record that is sealed".to_owned()),
        subjects: vec![KEYS.to_owned()],
        storage: StorageType::File,
        num_replicas: replicas,
        // A key is erased by its place; nothing else takes one away.
        deny_purge: true,
        ..Config::default()
    }
}

fn check(found: &Config) -> Result<(), Error> {
    let faults = [
        (found.subjects == [KEYS], "it does not listen on the keys alone"),
        (found.storage == StorageType::File, "it is not kept on disk"),
        (!found.deny_delete, "nothing can be erased from it (deny_delete)"),
        (found.deny_purge, "keys can be purged (deny_purge is off)"),
        (found.max_age.is_zero(), "keys expire (max_age)"),
        (found.max_messages <= 0 && found.max_bytes <= 0, "its size is limited (max_msgs, max_bytes)"),
        (
            found.max_messages_per_subject <= 0,
            "a mark displaces a key, which is then not erased (max_msgs_per_subject)",
        ),
        (!found.allow_rollup, "a key can be displaced, which is then not erased (allow_rollup_hdrs)"),
    ];
    match faults.iter().find(|(holds, _)| !holds) {
        Some((_, fault)) => Err(Error::Unfit(fault)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_set_up_passes_our_own_check() {
        assert!(check(&config(1)).is_ok());
        let loosened = Config { max_messages_per_subject: 1, ..config(1) };
        assert!(matches!(check(&loosened), Err(Error::Unfit(fault)) if fault.contains("displaces")));
    }
}
