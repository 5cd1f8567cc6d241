//! Following the log from a position, for ever.
//!
//! A session is a consumer on the server. It ends when the connection breaks, a delivery is lost or the server
//! stops answering; the next one goes on after the last event that was handed out. Every session begins with a
//! look at the stream: it must be the same stream, hold every event from the first to the last, and still have
//! the event that was read last. What does not hold ends the tail with an error.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use async_nats::jetstream::stream::Info;
use async_nats::{Client, Message};
use bytes::Bytes;
use domain::Subject;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use tokio::time::{Instant, sleep};

use crate::leader::Leader;
use crate::message::{self, Delivered};
use crate::session::{self, Session};
use crate::{Checkpoint, Entry, Error, Identity, TailError};

/// A new leader may take a moment until it has applied all that was acknowledged.
const DOUBT: Duration = Duration::from_secs(2);

const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Where to begin.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    /// After a position; 0: at the first event.
    After(u64),
    /// After what a checkpoint says was read, if the log is still the one that was read.
    From(Checkpoint),
}

impl From<u64> for Start {
    fn from(position: u64) -> Self {
        Self::After(position)
    }
}

impl From<Checkpoint> for Start {
    fn from(checkpoint: Checkpoint) -> Self {
        Self::From(checkpoint)
    }
}

/// Every event after a position, in order, without a gap. It waits for those to come and for the server when it
/// is away; after an error it ends.
pub struct Tail {
    entries: BoxStream<'static, Result<Entry, TailError>>,
    progress: Progress,
}

impl Tail {
    pub(crate) fn new(client: Client, leader: Leader, log: Identity, start: Start) -> Self {
        let (expected, position, last) = match start {
            Start::After(position) => (log, position, None),
            Start::From(checkpoint) => {
                (checkpoint.stream, checkpoint.position, Some(Last::Checkpoint(checkpoint)))
            }
        };
        let progress = Progress::default();
        progress.reached(position);
        let follower =
            Follower { client, leader, expected, position, last, session: None, progress: progress.clone() };
        let entries = stream::unfold(Some(follower), |follower| async {
            let mut follower = follower?;
            match follower.next().await {
                Ok(entry) => Some((Ok(entry), Some(follower))),
                Err(error) => Some((Err(error), None)),
            }
        });
        Self { entries: entries.boxed(), progress }
    }

    /// How far it has come. Can be looked at while the tail is read elsewhere.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }
}

impl Stream for Tail {
    type Item = Result<Entry, TailError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.entries.poll_next_unpin(context)
    }
}

/// How far a tail has come, and how far the log goes as it knows. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    position: AtomicU64,
    head: AtomicU64,
    is_connected: AtomicBool,
}

impl Progress {
    /// The position of the last event that was handed out.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.0.position.load(Ordering::Relaxed)
    }

    /// The position of the last event of the log, as far as the server has told.
    #[must_use]
    pub fn head(&self) -> u64 {
        self.0.head.load(Ordering::Relaxed)
    }

    /// The server answers, and everything that it has told of was handed out.
    #[must_use]
    pub fn is_caught_up(&self) -> bool {
        self.0.is_connected.load(Ordering::Acquire) && self.position() >= self.head()
    }

    fn reached(&self, position: u64) {
        self.0.position.store(position, Ordering::Relaxed);
    }

    fn sees(&self, head: u64) {
        self.0.head.fetch_max(head, Ordering::Relaxed);
    }

    fn connected(&self, is_connected: bool) {
        self.0.is_connected.store(is_connected, Ordering::Release);
    }
}

/// The event that was handed out last, to know the log again by it.
enum Last {
    Checkpoint(Checkpoint),
    Entry { subject: Subject, payload: Bytes },
}

impl Last {
    fn is(&self, found: &Entry) -> bool {
        match self {
            Self::Checkpoint(checkpoint) => checkpoint.hash == found.hash(),
            Self::Entry { subject, payload } => (subject, payload) == (&found.subject, &found.payload),
        }
    }
}

/// Why there is no session: the log is another one, or the server does not answer.
enum Trouble {
    Log(TailError),
    Server(Error),
}

impl From<TailError> for Trouble {
    fn from(error: TailError) -> Self {
        Self::Log(error)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::Unreadable { position } => Self::Log(TailError::Unreadable { position }),
            other => Self::Server(other),
        }
    }
}

struct Follower {
    client: Client,
    leader: Leader,
    expected: Identity,
    position: u64,
    last: Option<Last>,
    session: Option<Session>,
    progress: Progress,
}

impl Follower {
    async fn next(&mut self) -> Result<Entry, TailError> {
        loop {
            let session = match &mut self.session {
                Some(session) => session,
                None => {
                    let session = self.begin().await?;
                    self.session.insert(session)
                }
            };
            if let Some((delivered, message)) = session.next().await {
                return self.take(&delivered, message);
            }
            tracing::debug!(position = self.position, "the log was lost from sight");
            self.session = None;
            self.progress.connected(false);
        }
    }

    fn take(&mut self, delivered: &Delivered, message: Message) -> Result<Entry, TailError> {
        let Delivered { position, stored, pending, .. } = *delivered;
        let expected = self.position + 1;
        if position != expected {
            return Err(TailError::Gap { expected, found: position });
        }
        let entry =
            message::entry(position, &message.subject, message.headers.as_ref(), message.payload, stored);
        let entry = entry.map_err(|_| TailError::Unreadable { position })?;
        self.position = position;
        self.last = Some(Last::Entry { subject: entry.subject, payload: entry.payload.clone() });
        self.progress.sees(position + pending);
        self.progress.reached(position);
        Ok(entry)
    }

    /// Tries until the server answers. What looks wrong with the log is looked at again for a while.
    async fn begin(&mut self) -> Result<Session, TailError> {
        let mut pause = FIRST_PAUSE;
        let mut doubted = None;
        loop {
            match self.try_begin().await {
                Ok(session) => return Ok(session),
                Err(Trouble::Log(error)) => {
                    let since = *doubted.get_or_insert_with(Instant::now);
                    if !error.may_be_early() || since.elapsed() > DOUBT {
                        return Err(error);
                    }
                }
                Err(Trouble::Server(error)) if pause == LONGEST_PAUSE => {
                    tracing::warn!(%error, position = self.position, "the log cannot be followed now");
                }
                Err(Trouble::Server(_)) => {}
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn try_begin(&self) -> Result<Session, Trouble> {
        let connects = session::connects(&self.client);
        let info = self.leader.info().await?.ok_or_else(|| Error::unavailable("there is no stream"))?;
        self.check(&info)?;
        if let Some(last) = &self.last {
            let found = self.leader.at(self.position).await?;
            if !found.is_some_and(|found| last.is(&found)) {
                return Err(TailError::Altered { position: self.position }.into());
            }
        }
        let session = Session::begin(&self.client, &self.leader, self.position, connects).await?;
        self.progress.sees(info.state.last_sequence);
        self.progress.connected(true);
        Ok(session)
    }

    fn check(&self, info: &Info) -> Result<(), Trouble> {
        let (expected, found) = (self.expected, Identity::of(info)?);
        if expected != found {
            return Err(TailError::Replaced { expected, found }.into());
        }
        let (head, events) = (info.state.last_sequence, info.state.messages);
        if events != head {
            return Err(TailError::Incomplete { head, events }.into());
        }
        let position = self.position;
        if head < position {
            return Err(TailError::Shorter { position, head }.into());
        }
        Ok(())
    }
}
