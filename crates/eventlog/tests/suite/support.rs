//! Events to append, and logs to append them to.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use contract::Facets;
use domain::{Aggregate, Subject};
use eventlog::{Append, AppendError, Appended, Batch, Entry, EventLog, Settings, Tail};
use futures_util::StreamExt;
use testkit::{Cluster, NatsServer, PATIENCE};
use tokio::time::timeout;
use uuid::Uuid;

/// One server or three, behind the same calls.
pub(crate) enum Servers {
    One(Box<NatsServer>),
    Three(Cluster),
}

impl Servers {
    pub(crate) async fn one() -> Self {
        Self::One(Box::new(NatsServer::start().await))
    }

    pub(crate) async fn three() -> Self {
        Self::Three(Cluster::start(3).await)
    }

    pub(crate) async fn client(&self) -> async_nats::Client {
        match self {
            Self::One(server) => server.client().await,
            Self::Three(cluster) => cluster.client().await,
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        let replicas = match self {
            Self::One(_) => 1,
            Self::Three(_) => 3,
        };
        Settings { replicas, answer_within: Duration::from_secs(1), finish_within: PATIENCE }
    }

    /// The log over a connection of its own, as another process would have it.
    pub(crate) async fn log(&self) -> EventLog {
        EventLog::open(self.client().await, self.settings()).await.expect("the log opens")
    }
}

pub(crate) fn record() -> Subject {
    Subject { aggregate: Aggregate::Engagement, id: Uuid::new_v4() }
}

/// An event unlike any other.
pub(crate) fn event(subject: Subject, expected: u64, version: u32) -> Append {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let facets = Facets {
        parties: vec!["PK".into(), "person:günter müller".into()],
        countries: vec!["PK".into()],
        topics: vec!["economy.mining".into()],
        kind: Some("visit.state".into()),
        marking: "UNCLASSIFIED//REL CA,PK".into(),
    };
    let payload = format!("{{\"subject\":\"{subject}\",\"n\":{}}}", NEXT.fetch_add(1, Ordering::Relaxed));
    Append {
        subject,
        expected,
        kind: "chancery.engagement.held.v1".into(),
        version,
        facets,
        payload: payload.into(),
    }
}

pub(crate) async fn append(log: &EventLog, events: Vec<Append>) -> Result<Appended, AppendError> {
    log.append(Batch::new(events).expect("a valid batch")).await
}

/// Appends to a new record.
pub(crate) async fn begin(log: &EventLog) -> Subject {
    let subject = record();
    append(log, vec![event(subject, 0, 1)]).await.expect("a new record takes an event");
    subject
}

/// The next events of a tail.
pub(crate) async fn take(tail: &mut Tail, count: usize) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(count);
    while entries.len() < count {
        let next = timeout(PATIENCE, tail.next()).await.expect("the tail goes on");
        entries.push(next.expect("a tail is endless").expect("nothing is wrong with the log"));
    }
    entries
}

/// Every event there is.
pub(crate) async fn everything(log: &EventLog) -> Vec<Entry> {
    let head = log.head().await.expect("the log answers");
    take(&mut log.tail(0), usize::try_from(head).expect("a small log")).await
}
