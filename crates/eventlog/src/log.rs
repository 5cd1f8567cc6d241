//! The log, opened.

use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use domain::Subject;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::commit::Committer;
use crate::leader::{Leader, patiently};
use crate::publish::Publisher;
use crate::read::Reader;
use crate::settle::{Settler, Submission};
use crate::{AppendError, Appended, Batch, Entry, Error, Identity, Start, Tail, stream};

/// How many submissions may wait to be looked at; those beyond wait in `append`.
const QUEUE: usize = 1024;

/// How the log is kept and how long anything may take.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many servers keep the stream: 1 or 3.
    pub replicas: usize,
    /// How long to wait for one answer of the server before looking what has become of the request.
    pub answer_within: Duration,
    /// How long an append or a read may take with all its retries.
    pub finish_within: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { replicas: 1, answer_within: Duration::from_secs(3), finish_within: Duration::from_secs(10) }
    }
}

/// The log of all events. Clones share it.
#[derive(Clone)]
pub struct EventLog {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    settings: Settings,
    identity: Identity,
    leader: Leader,
    reader: Reader,
    submissions: mpsc::Sender<Submission>,
}

impl EventLog {
    /// Makes the stream if there is none, or checks the one that is there.
    ///
    /// # Errors
    /// [`Error::TooOld`] and [`Error::Unprotected`] when the log would not be safe, others when the server does
    /// not answer.
    pub async fn open(client: Client, settings: Settings) -> Result<Self, Error> {
        let leader = Leader::new(client.clone(), stream::LOG.stream, settings.answer_within);
        let deadline = Instant::now() + settings.finish_within;
        let identity = stream::open(&client, &leader, stream::LOG, settings.replicas, deadline).await?;
        let (submissions, waiting) = mpsc::channel(QUEUE);
        let publisher = Publisher::new(client.clone(), settings.answer_within);
        tokio::spawn(Committer::new(Settler::new(publisher, leader.clone()), waiting).run());
        let reader = Reader::new(client.clone(), leader.clone(), settings.answer_within);
        Ok(Self { inner: Arc::new(Inner { client, settings, identity, leader, reader, submissions }) })
    }

    /// Which stream this is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// The position of the last event, as the leader has it; 0: there is none.
    ///
    /// # Errors
    /// [`Error`] when the leader does not answer.
    pub async fn head(&self) -> Result<u64, Error> {
        patiently(self.deadline(), || async move {
            let info = self.inner.leader.info().await?;
            Ok(info.ok_or_else(|| Error::unavailable("there is no stream"))?.state.last_sequence)
        })
        .await
    }

    /// Appends a batch, wholly or not at all, and returns once it is on disk.
    ///
    /// # Errors
    /// [`AppendError::Conflict`] when a guard does not hold; see [`AppendError`] for the rest.
    pub async fn append(&self, batch: Batch) -> Result<Appended, AppendError> {
        let deadline = self.deadline();
        let (answer, answered) = oneshot::channel();
        let submission = Submission::new(batch, deadline, answer);
        let queued = timeout_at(deadline, self.inner.submissions.send(submission)).await;
        if !matches!(queued, Ok(Ok(()))) {
            return Err(AppendError::Unavailable("too many submissions wait".into()));
        }
        answered.await.unwrap_or(Err(AppendError::OutcomeUnknown))
    }

    /// The position of a record's last event, as the leader has it; 0: it has none.
    ///
    /// # Errors
    /// [`Error`] when the leader does not answer.
    pub async fn last(&self, subject: &Subject) -> Result<u64, Error> {
        patiently(self.deadline(), || self.inner.leader.last(subject)).await
    }

    /// A record's events, in order. Any replica may answer: the newest can be missing for a moment, which an
    /// append that relies on them notices by its guard; see [`read_reaching`](Self::read_reaching).
    ///
    /// # Errors
    /// [`Error`] when nobody answers.
    pub async fn read(&self, subject: &Subject) -> Result<Vec<Entry>, Error> {
        self.read_after(subject, 0).await
    }

    /// A record's events after a position, like [`read`](Self::read).
    ///
    /// # Errors
    /// [`Error`] when nobody answers.
    pub async fn read_after(&self, subject: &Subject, after: u64) -> Result<Vec<Entry>, Error> {
        patiently(self.deadline(), || self.inner.reader.read(subject, after)).await
    }

    /// A record's events after a position, at least up to `reaching`, where the caller knows there is one: what
    /// no replica has yet, the leader is asked for.
    ///
    /// # Errors
    /// [`Error`] when nobody answers.
    pub async fn read_reaching(
        &self,
        subject: &Subject,
        after: u64,
        reaching: u64,
    ) -> Result<Vec<Entry>, Error> {
        let reader = &self.inner.reader;
        patiently(self.deadline(), async || reader.read_reaching(subject, after, reaching).await).await
    }

    /// Every event after a position or checkpoint, endless.
    #[must_use]
    pub fn tail(&self, after: impl Into<Start>) -> Tail {
        let Inner { client, identity, leader, .. } = &*self.inner;
        Tail::new(client.clone(), leader.clone(), *identity, after.into())
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.inner.settings.finish_within
    }
}
