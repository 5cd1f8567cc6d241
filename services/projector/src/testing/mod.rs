//! For tests: a register in memory, projected, and asked as a reader would.

mod register;

use std::sync::Arc;

use contract::{
    Agenda, Ask, Calendar, Filters, List, Order, Overdue, Paging, Principal, Query, Sort, Timeline,
};
use domain::{Aggregate, Levels};
use futures_util::{Stream, StreamExt, stream};
use readmodel::{Entry, Log, LogError, Projection, Reader, Row, Rows, View};
pub(crate) use register::{AGENCY, Register, insider, reader, subject};
use serde_json::Value;
use service::Reply;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

#[derive(Clone)]
struct MemoryLog(Arc<Vec<Entry>>);

impl Log for MemoryLog {
    type Entry = Entry;

    fn origin(&self) -> String {
        "memory".into()
    }

    async fn head(&self) -> Result<u64, LogError> {
        Ok(self.0.len() as u64)
    }

    fn tail(&self, after: u64) -> impl Stream<Item = Result<Entry, LogError>> + Send + Unpin {
        let entries = self.0.iter().skip(usize::try_from(after).unwrap()).cloned().map(Ok);
        stream::iter(entries.collect::<Vec<_>>()).chain(stream::pending())
    }
}

/// A read model that has applied a whole register.
pub(crate) struct Projected {
    pub(crate) reader: Reader,
    stop: CancellationToken,
    run: tokio::task::JoinHandle<Result<(), readmodel::Error>>,
    folder: TempDir,
}

impl Projected {
    pub(crate) async fn new<P: Projection<Entry = readmodel::Entry>>(
        projection: P,
        register: &Register,
    ) -> Self {
        Self::within(tempfile::tempdir().unwrap(), projection, register).await
    }

    async fn within<P: Projection<Entry = readmodel::Entry>>(
        folder: TempDir,
        projection: P,
        register: &Register,
    ) -> Self {
        let settings = readmodel::Settings { cache_bytes: 1 << 20, ..Default::default() };
        let (reader, runner) = readmodel::open(folder.path(), projection, settings).await.unwrap();
        let stop = CancellationToken::new();
        let log = MemoryLog(Arc::new(register.entries.clone()));
        let run = tokio::spawn(runner.run(log, stop.clone()));
        let deadline = tokio::time::Instant::now() + testkit::PATIENCE;
        reader.wait_for(register.entries.len() as u64, deadline).await.unwrap();
        Self { reader, stop, run, folder }
    }

    /// Stops it and starts it again behind its checkpoint.
    pub(crate) async fn continued<P: Projection<Entry = readmodel::Entry>>(
        self,
        projection: P,
        register: &Register,
    ) -> Self {
        self.stop.cancel();
        self.run.await.unwrap().unwrap();
        drop(self.reader);
        Self::within(self.folder, projection, register).await
    }

    pub(crate) async fn rows(&self) -> Vec<Row> {
        let all = |view: &View<'_>| {
            view.scan(&readmodel::Range::all(), readmodel::Direction::Ascending).collect::<Vec<_>>()
        };
        self.reader.read(all).await.unwrap()
    }

    /// Asks the dossiers.
    pub(crate) async fn query(&self, principal: &Principal, query: Query) -> Reply {
        self.query_at(principal, None, query).await
    }

    /// Asks the dossiers as of a position.
    pub(crate) async fn query_at(&self, principal: &Principal, known_at: Option<u64>, query: Query) -> Reply {
        let ask = Ask { principal: principal.clone(), min_position: 0, known_at, query };
        let answer = move |view: &View<'_>| crate::dossiers::answer(&ask, &Levels::default(), view);
        self.reader.read(answer).await.unwrap().unwrap_or_else(Reply::from)
    }

    /// Asks the timeline.
    pub(crate) async fn timeline(&self, principal: &Principal, query: Timeline) -> Reply {
        self.timeline_at(principal, None, query).await
    }

    /// Asks the timeline as of a position.
    pub(crate) async fn timeline_at(
        &self,
        principal: &Principal,
        known_at: Option<u64>,
        query: Timeline,
    ) -> Reply {
        let ask = Ask { principal: principal.clone(), min_position: 0, known_at, query };
        let answer = move |view: &View<'_>| crate::timeline::answer(&ask, &Levels::default(), view);
        self.reader.read(answer).await.unwrap().unwrap_or_else(Reply::from)
    }

    /// Asks the calendar as of a position.
    pub(crate) async fn agenda_at(
        &self,
        principal: &Principal,
        known_at: Option<u64>,
        query: Agenda,
    ) -> Reply {
        let ask = Ask { principal: principal.clone(), min_position: 0, known_at, query };
        let answer = move |view: &View<'_>| crate::calendar::answer(&ask, &Levels::default(), view);
        self.reader.read(answer).await.unwrap().unwrap_or_else(Reply::from)
    }
}

pub(crate) fn list(aggregate: Aggregate) -> List {
    List {
        aggregate,
        filters: Filters::default(),
        owner: None,
        beneficiary: None,
        strength: None,
        sort: Sort::Valid,
        order: Order::Newest,
        page: Paging { cursor: None, limit: 100 },
    }
}

pub(crate) fn timeline() -> Timeline {
    Timeline { page: Paging { cursor: None, limit: 100 }, ..Timeline::default() }
}

/// A calendar narrowed by this.
pub(crate) fn calendar(filters: Filters) -> Calendar {
    let page = Paging { cursor: None, limit: 100 };
    Calendar { due: vec![], filters, order: Order::Oldest, page }
}

/// What is overdue on a day, was late, or runs out within a month.
pub(crate) fn overdue(today: &str) -> Overdue {
    Overdue {
        today: today.parse().unwrap(),
        within: 30,
        state: vec![],
        due: vec![],
        filters: Filters::default(),
        order: Order::Oldest,
        page: Paging { cursor: None, limit: 100 },
    }
}

/// A reply's JSON.
pub(crate) fn json(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

/// One member of every item.
pub(crate) fn column(reply: &Reply, member: &str) -> Vec<Value> {
    let body = json(reply);
    let items = body["items"].as_array().unwrap_or_else(|| panic!("no page: {body}"));
    items.iter().map(|item| item[member].clone()).collect()
}
