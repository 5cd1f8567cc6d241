//! One consumer on the server, for as long as nothing is lost on the way from it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::client::Statistics;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::{Client, Message};
use futures_util::StreamExt;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::Error;
use crate::leader::Leader;
use crate::message::Delivered;

/// How many messages may be under way: when half of them have come, as many again are asked for.
const AT_ONCE: usize = 2000;

/// How often to look whether the connection is another one while nothing comes.
const LOOKING: Duration = Duration::from_millis(100);

/// How often the server says that it is there when it has nothing to send; twice this is too long.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How long one request for messages stays with the server.
const EXPIRY: Duration = Duration::from_secs(30);

/// How long the server keeps a consumer that nobody asks any more.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);

pub(crate) struct Session {
    messages: pull::Stream,
    deliveries: u64,
    statistics: Arc<Statistics>,
    connects: u64,
    looks: Interval,
}

/// How often the client has connected: a session does not outlive a connection.
pub(crate) fn connects(client: &Client) -> u64 {
    client.statistics().connects.load(Ordering::Relaxed)
}

impl Session {
    /// Everything after a position, over the connection counted as `connects`.
    pub(crate) async fn begin(
        client: &Client,
        leader: &Leader,
        after: u64,
        connects: u64,
    ) -> Result<Self, Error> {
        let config = pull::Config {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: after + 1 },
            ack_policy: AckPolicy::None,
            inactive_threshold: FORGOTTEN_AFTER,
            memory_storage: true,
            num_replicas: 1,
            ..pull::Config::default()
        };
        let consumer = leader.context().create_consumer_on_stream(config, leader.stream()).await;
        let consumer = consumer.map_err(Error::unavailable)?;
        let messages = consumer.stream().max_messages_per_batch(AT_ONCE).heartbeat(HEARTBEAT).expires(EXPIRY);
        let messages = messages.messages().await.map_err(Error::unavailable)?;
        let mut looks = interval(LOOKING);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self { messages, deliveries: 0, statistics: client.statistics(), connects, looks })
    }

    /// The next message; none once the session is over.
    pub(crate) async fn next(&mut self) -> Option<(Delivered, Message)> {
        loop {
            let message = tokio::select! {
                biased;
                message = self.messages.next() => Some(message?),
                _ = self.looks.tick() => None,
            };
            if self.statistics.connects.load(Ordering::Relaxed) != self.connects {
                return None;
            }
            let message = match message {
                None => continue,
                Some(Ok(message)) => message.message,
                Some(Err(error)) => {
                    tracing::debug!(%error, "a session with the log ended");
                    return None;
                }
            };
            let delivered = Delivered::of(&message)?;
            self.deliveries += 1;
            return (delivered.delivery == self.deliveries).then_some((delivered, message));
        }
    }
}
