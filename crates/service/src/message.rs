//! Requests and replies over NATS: a JSON body, and headers as [`contract::headers`] names them.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_nats::{HeaderMap, Message};
use bytes::Bytes;
use contract::{Problem, ProblemKind, headers};
use domain::{Levels, Marking, Subject};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// How long a request is worked on that does not say how long it is waited for.
const UNSTATED: Duration = Duration::from_secs(10);

/// A new identifier for a request that brings none.
#[must_use]
pub fn new_request_id() -> String {
    Uuid::now_v7().simple().to_string()
}

/// A request as its handler gets it.
#[derive(Debug)]
pub struct Request {
    /// What is asked, in JSON.
    pub body: Bytes,
    /// Ties the log lines of one request together.
    pub request_id: String,
    /// After this nobody waits for the reply.
    pub deadline: Instant,
    slot: Arc<Slot>,
}

impl Request {
    pub(crate) fn new(message: &Message, arrived: Instant, slot: Arc<Slot>) -> Self {
        let header = |name| message.headers.as_ref().and_then(|headers| headers.get(name));
        let within = header(headers::WITHIN_MS)
            .and_then(|text| text.as_str().parse().ok())
            .map_or(UNSTATED, Duration::from_millis);
        let request_id = header(headers::REQUEST_ID).map_or_else(new_request_id, |id| id.as_str().to_owned());
        let deadline = arrived.checked_add(within).unwrap_or(arrived + UNSTATED);
        Self { body: message.payload.clone(), request_id, deadline, slot }
    }

    /// The time that is left.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Waits without taking the place of a request that could work: the slot goes back, one for waiting is
    /// taken, and afterwards a slot again. All of it ends at the deadline.
    ///
    /// # Errors
    /// Unavailable when too many wait already or the deadline passes.
    pub async fn aside<T>(&self, wait: impl Future<Output = T>) -> Result<T, Problem> {
        let busy = |what: &str| Problem::new(ProblemKind::Unavailable, what);
        let slots = &self.slot.slots;
        let _waiting = slots.waiting.try_acquire().map_err(|_| busy("too many requests wait already"))?;
        self.slot.hold(None);
        let done = async {
            let value = wait.await;
            self.slot.hold(Arc::clone(&slots.working).acquire_owned().await.ok());
            value
        };
        let value = tokio::time::timeout_at(self.deadline.into(), done).await;
        value.map_err(|_| busy("the deadline passed"))
    }
}

/// The places of one endpoint: for requests that work, and as many for those that wait.
#[derive(Debug)]
pub(crate) struct Slots {
    working: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Slots {
    pub(crate) fn new(in_flight: usize) -> Arc<Self> {
        Arc::new(Self { working: Arc::new(Semaphore::new(in_flight)), waiting: Semaphore::new(in_flight) })
    }

    /// A free place, if there is one.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Arc<Slot>> {
        let working = Arc::clone(&self.working).try_acquire_owned().ok()?;
        Some(Arc::new(Slot { slots: Arc::clone(self), working: Mutex::new(Some(working)) }))
    }
}

/// A request's place, given back when the reply is made: a handler may let go of the request before.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Arc<Slots>,
    working: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Slot {
    fn hold(&self, permit: Option<OwnedSemaphorePermit>) {
        *self.working.lock().unwrap_or_else(PoisonError::into_inner) = permit;
    }
}

/// A reply: from status 400 on, the body is a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The log position that the answer reflects.
    pub position: Option<u64>,
    /// The version of the record that is answered.
    pub record_version: Option<u32>,
    /// The marked material in it; none: there is none.
    pub shown: Option<Box<Shown>>,
    /// The JSON that is served.
    pub body: Bytes,
}

/// The marked material in an answer, or what a refusal keeps from who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its markings, joined.
    pub marking: String,
    /// The records that it is of, as far as it is of records.
    pub records: Vec<Subject>,
}

impl Reply {
    /// A success with this body.
    pub fn ok(body: impl Into<Bytes>) -> Self {
        Self { status: 200, position: None, record_version: None, shown: None, body: body.into() }
    }

    /// The same with the position that it reflects.
    #[must_use]
    pub fn at(self, position: u64) -> Self {
        Self { position: Some(position), ..self }
    }

    /// The same with the version of the record.
    #[must_use]
    pub fn of_version(self, version: u32) -> Self {
        Self { record_version: Some(version), ..self }
    }

    /// The same, saying which marked material it shows.
    #[must_use]
    pub fn showing(self, shown: Option<Shown>) -> Self {
        Self { shown: shown.map(Box::new), ..self }
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn read(message: Message) -> Self {
        fn number<N: std::str::FromStr>(message: &Message, name: &str) -> Option<N> {
            message.headers.as_ref()?.get(name)?.as_str().parse().ok()
        }
        Self {
            status: number(&message, headers::STATUS).unwrap_or(200),
            position: number(&message, headers::POSITION),
            record_version: number(&message, headers::RECORD_VERSION),
            shown: Shown::read(&message).map(Box::new),
            body: message.payload,
        }
    }

    pub(crate) fn headers(&self) -> HeaderMap {
        let mut map = HeaderMap::new();
        if self.status != 200 {
            map.insert(headers::STATUS, self.status.to_string());
        }
        if let Some(position) = self.position {
            map.insert(headers::POSITION, position.to_string());
        }
        if let Some(version) = self.record_version {
            map.insert(headers::RECORD_VERSION, version.to_string());
        }
        if let Some(shown) = &self.shown {
            map.insert(headers::MARKING, shown.marking.as_str());
            for record in &shown.records {
                map.append(headers::SHOWN, record.to_string());
            }
        }
        map
    }
}

impl Shown {
    /// Of what these markings restrict, without naming records; nothing if there are none.
    #[must_use]
    pub fn joined<'m>(markings: impl IntoIterator<Item = &'m Marking>, levels: &Levels) -> Option<Self> {
        let join = |one: Marking, other: &Marking| levels.join(&one, other);
        let mut markings = markings.into_iter();
        let first = markings.next()?.clone();
        Some(Self { marking: markings.fold(first, join).to_string(), records: vec![] })
    }

    fn read(message: &Message) -> Option<Self> {
        let map = message.headers.as_ref()?;
        let marking = map.get(headers::MARKING)?.as_str().to_owned();
        let records = map.get_all(headers::SHOWN).filter_map(|record| record.as_str().parse().ok());
        Some(Self { marking, records: records.collect() })
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        let body = serde_json::to_vec(&problem).expect("a problem is strings and numbers");
        Self::ok(body).with_status(problem.status)
    }
}
