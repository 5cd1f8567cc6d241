//! What only the stream's leader can say, because a replica may be behind.

use std::time::Duration;

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::response::Response;
use async_nats::jetstream::stream::{Config, Info, RawMessage};
use async_nats::jetstream::{self, Context, ErrorCode};
use bytes::Bytes;
use contract::subjects;
use domain::Subject;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{Entry, Error, message};

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// A message as the leader gives it.
#[derive(Deserialize)]
struct Found {
    message: RawMessage,
}

/// A stream's leader.
#[derive(Clone)]
pub(crate) struct Leader {
    context: Context,
    stream: &'static str,
}

impl Leader {
    pub(crate) fn new(client: async_nats::Client, stream: &'static str, timeout: Duration) -> Self {
        let mut context = jetstream::new(client);
        context.set_timeout(timeout);
        Self { context, stream }
    }

    pub(crate) const fn stream(&self) -> &'static str {
        self.stream
    }

    pub(crate) const fn context(&self) -> &Context {
        &self.context
    }

    /// The stream's configuration and state; none when there is no stream.
    pub(crate) async fn info(&self) -> Result<Option<Info>, Error> {
        match self.ask(&format!("STREAM.INFO.{}", self.stream), &json!({})).await? {
            Response::Ok(info) => Ok(Some(info)),
            Response::Err { error } if error.error_code() == ErrorCode::STREAM_NOT_FOUND => Ok(None),
            Response::Err { error } => Err(Error::answered(error)),
        }
    }

    /// Makes the stream, or returns the one that another process made in the meantime.
    pub(crate) async fn create(&self, config: &Config) -> Result<Info, Error> {
        match self.ask(&format!("STREAM.CREATE.{}", self.stream), config).await? {
            Response::Ok(info) => Ok(info),
            Response::Err { error } if error.error_code() == ErrorCode::STREAM_NAME_EXIST => {
                self.info().await?.ok_or_else(|| Error::unavailable(error))
            }
            Response::Err { error } => Err(Error::answered(error)),
        }
    }

    /// The position of a record's last event; 0: it has none.
    pub(crate) async fn last(&self, subject: &Subject) -> Result<u64, Error> {
        #[derive(Deserialize)]
        struct Found {
            message: Last,
        }
        #[derive(Deserialize)]
        struct Last {
            seq: u64,
        }
        let request = json!({ "last_by_subj": subjects::of_record(subject) });
        let found = self.message::<Found>(&request).await?;
        Ok(found.map_or(0, |found| found.message.seq))
    }

    /// The last message on a subject, with its position; none: there is none.
    pub(crate) async fn last_on(&self, subject: &str) -> Result<Option<(u64, Bytes)>, Error> {
        let found = self.message::<Found>(&json!({ "last_by_subj": subject })).await?;
        let Some(found) = found else { return Ok(None) };
        let position = found.message.sequence;
        let message = StreamMessage::try_from(found.message).map_err(|_| Error::Unreadable { position })?;
        Ok(Some((position, message.payload)))
    }

    /// A record's first event from `position` on.
    pub(crate) async fn next(&self, subject: &Subject, position: u64) -> Result<Option<Entry>, Error> {
        self.entry(&json!({ "next_by_subj": subjects::of_record(subject), "seq": position })).await
    }

    /// The event at a position.
    pub(crate) async fn at(&self, position: u64) -> Result<Option<Entry>, Error> {
        self.entry(&json!({ "seq": position })).await
    }

    async fn entry(&self, request: &serde_json::Value) -> Result<Option<Entry>, Error> {
        let Some(found) = self.message::<Found>(request).await? else { return Ok(None) };
        let position = found.message.sequence;
        let message = StreamMessage::try_from(found.message).map_err(|_| Error::Unreadable { position })?;
        let stored = Timestamp::from_nanosecond(message.time.unix_timestamp_nanos());
        let stored = stored.map_err(|_| Error::Unreadable { position })?;
        message::entry(position, &message.subject, Some(&message.headers), message.payload, stored).map(Some)
    }

    async fn message<V: DeserializeOwned>(&self, request: &serde_json::Value) -> Result<Option<V>, Error> {
        match self.ask(&format!("STREAM.MSG.GET.{}", self.stream), request).await? {
            Response::Ok(found) => Ok(Some(found)),
            Response::Err { error } if error.error_code() == ErrorCode::NO_MESSAGE_FOUND => Ok(None),
            Response::Err { error } => Err(Error::answered(error)),
        }
    }

    async fn ask<T: Serialize, V: DeserializeOwned>(
        &self,
        what: &str,
        request: &T,
    ) -> Result<Response<V>, Error> {
        self.context.request(what.to_owned(), request).await.map_err(Error::unavailable)
    }
}

/// Asks again, while the error is one that passes, until the deadline.
///
/// A closure that gives futures, not an async closure: callers on other threads need to know that it is `Send`.
pub(crate) async fn patiently<T, F: Future<Output = Result<T, Error>>>(
    deadline: Instant,
    mut ask: impl FnMut() -> F,
) -> Result<T, Error> {
    let mut pause = FIRST_PAUSE;
    loop {
        match ask().await {
            Err(error) if error.is_transient() && Instant::now() + pause < deadline => {
                tracing::debug!(%error, "the log does not answer; asking again");
            }
            other => return other,
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
