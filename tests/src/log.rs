//! The log itself, read past every service.

use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::{self, stream};
use contract::{Recorded, headers, subjects};
use domain::Subject;
use futures_util::StreamExt;

/// One event of the log.
#[derive(Clone, Debug)]
pub struct Logged {
    /// Where it stands.
    pub position: u64,
    /// Its record.
    pub subject: Subject,
    /// How many events the record has with it.
    pub version: u32,
    /// The envelope.
    pub event: Recorded,
}

/// The stream of events.
///
/// # Panics
/// When the server has none.
pub async fn stream(client: &async_nats::Client) -> stream::Stream {
    let jetstream = jetstream::new(client.clone());
    jetstream.get_stream(subjects::STREAM).await.expect("a registrar has made the stream")
}

/// The position of the last event.
///
/// # Panics
/// When the server does not answer.
pub async fn head(client: &async_nats::Client) -> u64 {
    stream(client).await.info().await.expect("the server answers").state.last_sequence
}

/// Every event, in order.
///
/// # Panics
/// When the stream cannot be read, has a gap, or holds what no registrar writes.
pub async fn read(client: &async_nats::Client) -> Vec<Logged> {
    let mut stream = stream(client).await;
    let head = stream.info().await.expect("the server answers").state.last_sequence;
    if head == 0 {
        return Vec::new();
    }
    let consumer = stream.create_consumer(OrderedConfig::default()).await.expect("a consumer can be made");
    let mut messages = consumer.messages().await.expect("the consumer delivers");
    let mut events = Vec::new();
    for expected in 1..=head {
        let message = messages.next().await.expect("more is to come").expect("a message");
        let position = message.info().expect("a message of a stream").stream_sequence;
        assert_eq!(position, expected, "a gap in the log");
        let version = message.headers.as_ref().and_then(|headers| headers.get(headers::VERSION));
        let version = version.and_then(|value| value.as_str().parse().ok()).expect("a version in the header");
        let subject = subjects::record_of(&message.subject).expect("a record's subject");
        let event = Recorded::parse(&message.payload).expect("an envelope");
        events.push(Logged { position, subject, version, event });
    }
    events
}
