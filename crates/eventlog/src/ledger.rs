//! A stream of lines about many things, each thing on a subject of its own: a line is added only behind the last one
//! that its writer knew.
//!
//! So of two that take themselves for the one who writes about something, one finds out that it is not. Lines about
//! different things that wait together are flushed together.

use std::time::Duration;

use async_nats::{Client, HeaderMap};
use bytes::Bytes;
use futures_util::future::join_all;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

use crate::commit::{GROUP_EVENTS, GROUP_FROM};
use crate::leader::Leader;
use crate::publish::{Failure, Message, Publisher};
use crate::{Error, Plan};

/// How many lines may wait; who adds more waits.
const WAITING: usize = 4096;

/// What a message is guarded by.
const GUARD: &str = "Nats-Expected-Last-Subject-Sequence";

/// Why a line was not added, as far as is known.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another line was added behind the one that was the last. Nothing was written.
    #[error("another line was added in the meantime")]
    Overtaken,
    /// No acknowledgement came, or none that says so: it may have been written, or may still be.
    #[error("the line was not acknowledged: {0}")]
    Unacknowledged(String),
}

/// A line that waits for its acknowledgement.
struct Waiting {
    subject: String,
    headers: HeaderMap,
    line: Bytes,
    answer: oneshot::Sender<Result<u64, LedgerError>>,
}

/// Adds lines, and reads the last one about something. Clones share the groups.
#[derive(Clone)]
pub struct Ledger {
    leader: Leader,
    within: Duration,
    lines: mpsc::Sender<Waiting>,
}

impl Ledger {
    /// Writes to the stream of the plan, which somebody else has made. Nothing takes longer than `within`.
    #[must_use]
    pub fn new(client: Client, plan: Plan, within: Duration) -> Self {
        let (lines, waiting) = mpsc::channel(WAITING);
        let leader = Leader::new(client.clone(), plan.stream, within);
        tokio::spawn(write(Publisher::new(client, within), within, waiting));
        Self { leader, within, lines }
    }

    /// The last line on a subject and its place; none: there is none.
    ///
    /// # Errors
    /// [`Error`] when the leader does not answer.
    pub async fn last(&self, subject: &str) -> Result<Option<(u64, Bytes)>, Error> {
        self.leader.last_on(subject).await
    }

    /// Adds a line on a subject whose last line is at `after` (0: there is none), and returns its place once it is on
    /// disk. One at a time for each subject.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn append(&self, subject: String, after: u64, line: Bytes) -> Result<u64, LedgerError> {
        let mut headers = HeaderMap::new();
        headers.insert(GUARD, after.to_string());
        let (answer, answered) = oneshot::channel();
        let late = || LedgerError::Unacknowledged("it took too long".to_owned());
        let settled = async {
            self.lines.send(Waiting { subject, headers, line, answer }).await.map_err(|_| late())?;
            answered.await.unwrap_or_else(|_| Err(late()))
        };
        // Twice: the group before, and its own.
        timeout(self.within * 2, settled).await.unwrap_or_else(|_| Err(late()))
    }
}

/// Writes group after group, until nobody can add lines any more.
async fn write(publisher: Publisher, within: Duration, mut waiting: mpsc::Receiver<Waiting>) {
    let mut group = Vec::new();
    while waiting.recv_many(&mut group, GROUP_EVENTS).await > 0 {
        group.retain(|waiting: &Waiting| !waiting.answer.is_closed());
        let deadline = Instant::now() + within;
        if group.len() >= GROUP_FROM {
            let messages = group.iter().map(Waiting::message).collect::<Vec<_>>();
            let (written, count) = (publisher.publish(&messages, deadline).await, messages.len() as u64);
            match written {
                Ok(last) => {
                    for (nth, waiting) in (1_u64..).zip(group.drain(..)) {
                        waiting.finish(Ok(last + nth - count));
                    }
                }
                // Nothing was stored, and nobody says whose guard did not hold: each by itself.
                Err(Failure::Stale) => {}
                Err(failure) => group.drain(..).for_each(|waiting| waiting.finish(Err(failed(&failure)))),
            }
        }
        let one = |waiting: Waiting| {
            let publisher = &publisher;
            async move {
                let written = publisher.publish(&[waiting.message()], deadline).await;
                waiting.finish(written.map_err(|failure| failed(&failure)));
            }
        };
        join_all(group.drain(..).map(one)).await;
    }
}

impl Waiting {
    fn message(&self) -> Message<'_> {
        Message { address: &self.subject, headers: &self.headers, payload: &self.line }
    }

    fn finish(self, result: Result<u64, LedgerError>) {
        // Whoever has gone does not want to know.
        let _ = self.answer.send(result);
    }
}

fn failed(failure: &Failure) -> LedgerError {
    match failure {
        Failure::Stale => LedgerError::Overtaken,
        Failure::Busy(cause) | Failure::Unknown(cause) => LedgerError::Unacknowledged(cause.to_string()),
        Failure::Refused(error) => LedgerError::Unacknowledged(error.to_string()),
    }
}
