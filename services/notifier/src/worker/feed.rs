//! Copying events into a stream that an agency reads by itself.
//!
//! A feed has each event once and in order, whoever writes and whatever dies: an event is added only behind the last
//! message of the feed that its writer knew, and that message says which event it is.

use std::error::Error as StdError;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, DirectGetErrorKind, DiscardPolicy, StorageType};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, HeaderMap};
use contract::headers::{CONTENT_TYPE, EVENT_TYPE, POSITION};
use contract::subjects;
use contract::subscription::Payload;
use uuid::Uuid;

use super::body::Event;

/// How often it is looked anew where a feed ends, when others write to it at the same time.
const TRIES: usize = 4;

/// Within which time the server knows an id again by itself.
const KNOWN: Duration = Duration::from_secs(120);

/// What the consumer is called.
const READER: &str = "reader";

type Cause = Box<dyn StdError + Send + Sync>;

/// A feed, and where it ends.
pub(super) struct Feed {
    context: Context,
    subject: String,
    /// The place of its last message; 0: it has none.
    last: u64,
    /// Where the event of that message stands in the log.
    position: u64,
}

/// What the stream of a feed is.
fn config(id: Uuid, days: u16) -> Config {
    Config {
        name: subjects::feed_stream(id),
        description: Some("Events that an agency may see, in order".to_owned()),
        subjects: vec![subjects::feed(id)],
        max_age: Duration::from_secs(u64::from(days) * 24 * 3600),
        discard: DiscardPolicy::Old,
        storage: StorageType::File,
        duplicate_window: KNOWN,
        allow_direct: true,
        deny_delete: true,
        deny_purge: true,
        ..Config::default()
    }
}

/// The consumer that its reader has: who may make one of their own could have messages sent anywhere.
fn reader(subject: &str) -> pull::Config {
    pull::Config {
        durable_name: Some(READER.to_owned()),
        ack_policy: AckPolicy::Explicit,
        filter_subject: subject.to_owned(),
        ..pull::Config::default()
    }
}

impl Feed {
    /// Makes the stream and its consumer if there are none, and looks where it ends.
    pub(super) async fn open(client: Client, id: Uuid, days: u16) -> Result<Self, Cause> {
        let context = jetstream::new(client);
        let stream = context.get_or_create_stream(config(id, days)).await?;
        let subject = subjects::feed(id);
        stream.get_or_create_consumer(READER, reader(&subject)).await?;
        let (last, position) = match stream.direct_get_last_for_subject(&subject).await {
            Ok(message) => {
                let position =
                    message.headers.get(POSITION).and_then(|position| position.as_str().parse().ok());
                (message.sequence, position.ok_or("the last message of the feed says no position")?)
            }
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => (0, 0),
            Err(error) => return Err(error.into()),
        };
        Ok(Self { context, subject, last, position })
    }

    /// Adds an event; false: others have written meanwhile.
    async fn add(&mut self, event: &Event, id: &str, payload: Payload) -> Result<bool, PublishError> {
        let (content_type, body) = match payload {
            Payload::Full if !event.is_notice() => (CONTENT_TYPE.1, event.json().as_bytes().to_vec()),
            Payload::Full | Payload::Thin => ("application/json", event.body(payload)),
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE.0, content_type);
        headers.insert(EVENT_TYPE, event.kind.as_str());
        headers.insert(POSITION, event.position.to_string());
        let message = PublishMessage::build().payload(body.into()).headers(headers).message_id(id);
        let message = message.expected_last_subject_sequence(self.last);
        let added = match self.context.send_publish(self.subject.clone(), message).await {
            Ok(sent) => sent.await,
            Err(error) => Err(error),
        };
        match added {
            Ok(added) => {
                (self.last, self.position) = (added.sequence, event.position);
                Ok(true)
            }
            Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Has an event in a feed, once.
///
/// # Errors
/// When it is not known to be there.
pub(super) async fn copy(
    feed: &mut Option<Feed>,
    client: Client,
    (id, days): (Uuid, u16),
    (event, webhook_id, payload): (&Event, &str, Payload),
) -> Result<(), Cause> {
    for _ in 0..TRIES {
        let mut open = match feed.take() {
            Some(open) => open,
            None => Feed::open(client.clone(), id, days).await?,
        };
        if open.position >= event.position || open.add(event, webhook_id, payload).await? {
            *feed = Some(open);
            return Ok(());
        }
    }
    Err("others write to the feed".into())
}
