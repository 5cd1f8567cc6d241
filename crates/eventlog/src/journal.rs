//! A stream beside the log, as well protected: lines that stand by themselves, each acknowledged once it is on disk.
//!
//! Nothing guards a line, for none depends on another. Lines that wait together are flushed together, as submissions
//! to the log are: one group is under way at a time, and what comes meanwhile forms the next.

use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, HeaderMap};
use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream::{self, Stream, StreamExt};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::commit::{GROUP_EVENTS, GROUP_FROM};
use crate::leader::{Leader, patiently};
use crate::publish::{Failure, Message, Publisher};
use crate::session::{self, Session};
use crate::{Error, Hash, Identity, Plan, Settings};

/// How many lines may wait; those beyond are refused.
const WAITING: usize = 4096;

/// Lines that are sent together.
type Group = Vec<Waiting>;

/// A line, and who waits for its acknowledgement.
type Waiting = (Bytes, oneshot::Sender<Result<u64, WriteError>>);

/// A stream of lines, opened to be read. Clones share it.
#[derive(Clone)]
pub struct Journal {
    client: Client,
    leader: Leader,
    identity: Identity,
    within: Duration,
}

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place, from 1, without gaps.
    pub position: u64,
    /// What it is about: the subject that it was published on.
    pub subject: String,
    /// What was written.
    pub payload: Bytes,
    /// When the server stored it.
    pub stored: Timestamp,
}

impl Line {
    /// What tells this line from another at the same place.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Sha256::digest(&self.payload).into()
    }
}

impl Journal {
    /// Makes the stream if there is none, or checks the one that is there.
    ///
    /// # Errors
    /// [`Error::TooOld`] and [`Error::Unprotected`] when lines would not be safe, others when the server does not
    /// answer.
    pub async fn open(client: Client, plan: Plan, settings: &Settings) -> Result<Self, Error> {
        let leader = Leader::new(client.clone(), plan.stream, settings.answer_within);
        let deadline = Instant::now() + settings.finish_within;
        let identity = crate::stream::open(&client, &leader, plan, settings.replicas, deadline).await?;
        Ok(Self { client, leader, identity, within: settings.finish_within })
    }

    /// Which stream this is.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The place of the last line; 0: there is none.
    ///
    /// # Errors
    /// [`Error`] when the leader does not answer.
    pub async fn head(&self) -> Result<u64, Error> {
        patiently(Instant::now() + self.within, || async move {
            let info = self.leader.info().await?;
            Ok(info.ok_or_else(|| Error::unavailable("there is no stream"))?.state.last_sequence)
        })
        .await
    }

    /// Every line behind a place. It ends with an error when the server is lost from sight, and may be asked again.
    pub fn tail(&self, after: u64) -> impl Stream<Item = Result<Line, Error>> + Send + Unpin + use<> {
        let (client, leader) = (self.client.clone(), self.leader.clone());
        let begun = async move {
            let connects = session::connects(&client);
            Session::begin(&client, &leader, after, connects).await
        };
        let lines = stream::once(begun).flat_map(|session| match session {
            Ok(session) => lines(session).boxed(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        });
        lines.boxed()
    }
}

fn lines(session: Session) -> impl Stream<Item = Result<Line, Error>> + Send {
    stream::unfold(Some(session), |session| async {
        let mut session = session?;
        let Some((delivered, message)) = session.next().await else {
            return Some((Err(Error::unavailable("the stream was lost from sight")), None));
        };
        let line = Line {
            position: delivered.position,
            subject: message.subject.to_string(),
            payload: message.payload,
            stored: delivered.stored,
        };
        Some((Ok(line), Some(session)))
    })
}

/// Why a line was not written, as far as is known.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The server is away or takes nothing. Nothing was written.
    #[error("the line cannot be written: {0}")]
    Unavailable(String),
    /// No acknowledgement came. It may have been written.
    #[error("the line was not acknowledged: {0}")]
    Unacknowledged(String),
}

/// Adds lines to a stream. It needs no more than to publish on its subject. Clones share the groups.
#[derive(Clone)]
pub struct Writer {
    client: Client,
    within: Duration,
    lines: mpsc::Sender<Waiting>,
}

impl Writer {
    /// Writes to the stream that listens on the subject of the plan. No line takes longer than `within`.
    #[must_use]
    pub fn new(client: Client, plan: Plan, within: Duration) -> Self {
        let (lines, waiting) = mpsc::channel(WAITING);
        let publisher = Publisher::new(client.clone(), within);
        tokio::spawn(write(publisher, plan.subject, within, waiting));
        Self { client, within, lines }
    }

    /// Writes a line and returns its place once it is on disk.
    ///
    /// # Errors
    /// [`WriteError`]: only what is acknowledged counts as written.
    pub async fn write(&self, line: Bytes) -> Result<u64, WriteError> {
        // What is given to a client that is not connected would be sent when nobody waits for it any more.
        if self.client.connection_state() != State::Connected {
            return Err(WriteError::Unavailable("not connected to NATS".to_owned()));
        }
        let (answer, answered) = oneshot::channel();
        if self.lines.try_send((line, answer)).is_err() {
            return Err(WriteError::Unavailable("too many lines wait".to_owned()));
        }
        let late = || WriteError::Unacknowledged("it took too long".to_owned());
        let answered = timeout_at(Instant::now() + self.within, answered).await;
        answered.map_err(|_| late())?.unwrap_or_else(|_| Err(late()))
    }
}

/// Writes group after group, until nobody can add lines any more.
async fn write(
    publisher: Publisher,
    subject: &'static str,
    within: Duration,
    mut waiting: mpsc::Receiver<Waiting>,
) {
    let mut group = Group::new();
    while waiting.recv_many(&mut group, GROUP_EVENTS).await > 0 {
        group.retain(|(_, answer)| !answer.is_closed());
        let (publisher, deadline) = (&publisher, Instant::now() + within);
        if group.len() >= GROUP_FROM {
            together(publisher, subject, deadline, std::mem::take(&mut group)).await;
            continue;
        }
        let one = |line| together(publisher, subject, deadline, vec![line]);
        join_all(group.drain(..).map(one)).await;
    }
}

/// Writes some lines at one stroke.
async fn together(publisher: &Publisher, subject: &str, deadline: Instant, group: Group) {
    let headers = HeaderMap::new();
    let messages =
        group.iter().map(|(line, _)| Message { address: subject, headers: &headers, payload: line });
    let messages = messages.collect::<Vec<_>>();
    let (written, count) = (publisher.publish(&messages, deadline).await, messages.len() as u64);
    drop(messages);
    if let Err(failure) = &written {
        tracing::debug!(?failure, lines = group.len(), subject, "lines were not written");
    }
    for (nth, (_, answer)) in (1_u64..).zip(group) {
        let place = match &written {
            Ok(last) => Ok(last + nth - count),
            Err(Failure::Stale) => Err(WriteError::Unavailable("a guard did not hold".to_owned())),
            Err(Failure::Busy(cause)) => Err(WriteError::Unavailable(cause.to_string())),
            Err(Failure::Refused(error)) => Err(WriteError::Unavailable(error.to_string())),
            Err(Failure::Unknown(cause)) => Err(WriteError::Unacknowledged(cause.to_string())),
        };
        // Whoever has gone does not want to know.
        let _ = answer.send(place);
    }
}
