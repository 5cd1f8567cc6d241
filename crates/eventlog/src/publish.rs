//! One attempt to have events stored: a plain publish for one, an atomic batch (ADR-50) for several.
//!
//! Every message of a batch carries `Nats-Batch-Id` and `Nats-Batch-Sequence` from 1; the last one also
//! `Nats-Batch-Commit: 1`, and it alone is answered. All are sent at once.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::client::{RequestErrorKind, Statistics};
use async_nats::connection::State;
use async_nats::jetstream::publish::PublishAck;
use async_nats::jetstream::response::Response;
use async_nats::jetstream::{self, ErrorCode};
use async_nats::{Client, HeaderMap, Request, RequestError};
use bytes::Bytes;
use tokio::time::{Instant, sleep, timeout_at};
use uuid::Uuid;

use crate::error::Cause;

/// How often to look whether the connection is another one.
const LOOKING: Duration = Duration::from_millis(50);

/// What is to be stored.
#[derive(Clone, Copy)]
pub(crate) struct Message<'m> {
    pub(crate) address: &'m str,
    pub(crate) headers: &'m HeaderMap,
    pub(crate) payload: &'m Bytes,
}

/// Publishes and waits for the acknowledgement.
#[derive(Clone)]
pub(crate) struct Publisher {
    client: Client,
    statistics: Arc<Statistics>,
    timeout: Duration,
}

/// What became of an attempt that was not acknowledged.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A guard did not hold, or another write of the same record was under way. Nothing was stored.
    Stale,
    /// The server cannot take it now. Nothing was stored.
    Busy(Cause),
    /// No answer, or one that leaves it open. Everything was stored or nothing, and it may still be.
    Unknown(Cause),
    /// The server will not take it.
    Refused(jetstream::Error),
}

impl Publisher {
    pub(crate) fn new(client: Client, timeout: Duration) -> Self {
        let statistics = client.statistics();
        Self { client, statistics, timeout }
    }

    /// Waits for a connection; false if the deadline passes first.
    pub(crate) async fn is_connected(&self, deadline: Instant) -> bool {
        let connected = async {
            while self.client.connection_state() != State::Connected {
                sleep(LOOKING).await;
            }
        };
        timeout_at(deadline, connected).await.is_ok()
    }

    /// Waits no longer than the deadline. Returns the position of the last event; the others stand before it without a gap.
    pub(crate) async fn publish(&self, events: &[Message<'_>], deadline: Instant) -> Result<u64, Failure> {
        let connects = self.connects();
        let Some((last, others)) = events.split_last() else { return Err(Failure::Stale) };
        let mut headers = last.headers.clone();
        if !others.is_empty() {
            let id = Uuid::new_v4().simple().to_string();
            for (index, event) in others.iter().enumerate() {
                let mut headers = event.headers.clone();
                mark(&mut headers, &id, index);
                let (address, payload) = (event.address.to_owned(), event.payload.clone());
                let sent = self.client.publish_with_headers(address, headers, payload);
                sent.await.map_err(|error| Failure::Busy(error.into()))?;
            }
            mark(&mut headers, &id, others.len());
            headers.insert("Nats-Batch-Commit", "1");
        }
        let timeout = self.timeout.min(deadline.saturating_duration_since(Instant::now()));
        let request = Request::new().headers(headers).payload(last.payload.clone()).timeout(Some(timeout));
        let answer = tokio::select! {
            answer = self.client.send_request(last.address.to_owned(), request) => answer.map_err(unanswered)?,
            () = self.reconnected(connects) => return Err(Failure::Unknown("the connection broke".into())),
        };
        match serde_json::from_slice::<Response<PublishAck>>(&answer.payload) {
            Ok(Response::Ok(ack)) => Ok(ack.sequence),
            Ok(Response::Err { error }) => Err(answered(error)),
            Err(error) => Err(Failure::Unknown(error.into())),
        }
    }

    fn connects(&self) -> u64 {
        self.statistics.connects.load(Ordering::Relaxed)
    }

    /// Answers go to the connection that asked: on a new one nobody waits for those of the old.
    async fn reconnected(&self, connects: u64) {
        while self.connects() == connects {
            sleep(LOOKING).await;
        }
        // What was sent on the new connection already may be answered yet.
        sleep(LOOKING * 4).await;
    }
}

fn mark(headers: &mut HeaderMap, id: &str, index: usize) {
    headers.insert("Nats-Batch-Id", id);
    headers.insert("Nats-Batch-Sequence", (index + 1).to_string());
}

fn unanswered(error: RequestError) -> Failure {
    match error.kind() {
        // The subject has no subscriber: the stream has no leader now.
        RequestErrorKind::NoResponders => Failure::Busy(error.into()),
        // Never sent.
        RequestErrorKind::InvalidSubject | RequestErrorKind::MaxPayloadExceeded => {
            Failure::Busy(error.into())
        }
        RequestErrorKind::TimedOut | RequestErrorKind::Other => Failure::Unknown(error.into()),
    }
}

fn answered(error: jetstream::Error) -> Failure {
    match error.error_code() {
        ErrorCode::STREAM_WRONG_LAST_SEQUENCE | ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT => {
            Failure::Stale
        }
        // Overfull: too many batches at once, or this one was abandoned since it came too slowly.
        ErrorCode::ATOMIC_PUBLISH_TOO_MANY_INFLIGHT | ErrorCode::ATOMIC_PUBLISH_INCOMPLETE_BATCH => {
            Failure::Busy(error.into())
        }
        _ if error.code() >= 500 => Failure::Unknown(error.into()),
        _ => Failure::Refused(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn failure(code: u16, err_code: u64) -> Failure {
        answered(serde_json::from_value(json!({ "code": code, "err_code": err_code })).unwrap())
    }

    #[test]
    fn what_the_server_answers_is_sorted_by_what_was_stored() {
        assert!(matches!(failure(400, 10071), Failure::Stale), "wrong last sequence");
        assert!(matches!(failure(400, 10164), Failure::Stale), "another write is under way");
        assert!(matches!(failure(429, 10210), Failure::Busy(_)), "too many batches");
        assert!(matches!(failure(400, 10176), Failure::Busy(_)), "batch abandoned");
        assert!(matches!(failure(503, 10077), Failure::Unknown(_)), "store failed");
        assert!(matches!(failure(400, 10054), Failure::Refused(_)), "message too large");
    }
}
