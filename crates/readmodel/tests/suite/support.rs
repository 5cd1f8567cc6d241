//! A log made of memory and a projection that notices anything lost or repeated.

use std::path::Path;
use std::sync::{Arc, Mutex};

use contract::Facets;
use domain::{Aggregate, Subject};
use futures_util::{Stream, StreamExt, stream};
use jiff::Timestamp;
use readmodel::{
    Direction, Entry, Error, Log, LogError, Overlay, Projection, Range, Reader, Rebuild, Row, Rows, Settings,
    State, Value,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A log of any length: what stands at a position follows from the position.
#[derive(Clone)]
pub(crate) struct MemoryLog {
    origin: &'static str,
    head: Arc<watch::Sender<u64>>,
    altered: Arc<Mutex<Option<u64>>>,
    interruptions: Arc<Mutex<Vec<u64>>>,
}

impl MemoryLog {
    pub(crate) fn of(events: u64) -> Self {
        Self::created("2026-01-01T00:00:00Z", events)
    }

    pub(crate) fn created(origin: &'static str, events: u64) -> Self {
        let head = Arc::new(watch::Sender::new(events));
        Self { origin, head, altered: Arc::default(), interruptions: Arc::default() }
    }

    pub(crate) fn grow(&self, to: u64) {
        self.head.send_replace(to);
    }

    pub(crate) fn alter(&self, position: u64) {
        *self.altered.lock().unwrap() = Some(position);
    }

    /// The tail breaks off, once, instead of giving this position.
    pub(crate) fn interrupt_at(&self, position: u64) {
        self.interruptions.lock().unwrap().push(position);
    }

    async fn entry(&self, position: u64) -> Result<Entry, LogError> {
        let mut head = self.head.subscribe();
        head.wait_for(|head| *head >= position).await.expect("the log is held");
        let mut interruptions = self.interruptions.lock().unwrap();
        if let Some(at) = interruptions.iter().position(|at| *at == position) {
            interruptions.remove(at);
            return Err(LogError { transient: true, source: "interrupted".into() });
        }
        let altered = *self.altered.lock().unwrap() == Some(position);
        let subject = Subject::of_key("s", Aggregate::Matter, &(position % 7).to_string());
        Ok(Entry {
            position,
            subject,
            version: 1,
            kind: "chancery.matter.opened.v1".into(),
            facets: Facets::default(),
            payload: format!("event {position}{}", if altered { "!" } else { "" }).into(),
            opened: None,
            stored: Timestamp::from_millisecond(1_000 + position.cast_signed()).unwrap(),
        })
    }
}

impl Log for MemoryLog {
    type Entry = Entry;

    fn origin(&self) -> String {
        self.origin.to_owned()
    }

    async fn head(&self) -> Result<u64, LogError> {
        Ok(*self.head.borrow())
    }

    fn tail(&self, after: u64) -> impl Stream<Item = Result<Entry, LogError>> + Send + Unpin {
        let log = self.clone();
        let from =
            |log: Self, position| async move { Some((log.entry(position).await, (log, position + 1))) };
        stream::unfold((log, after + 1), move |(log, position)| from(log, position)).boxed()
    }
}

/// Keeps the last ten events, counts those of each record, and chains a sum over all: one event lost, repeated
/// or out of order changes it.
pub(crate) struct Tally<const V: u32>;

impl<const V: u32> Projection for Tally<V> {
    type Entry = Entry;

    const NAME: &'static str = "tally";
    const SCHEMA: u32 = V;
    const READABLE: &'static [u32] = &[1];

    fn another(&self) -> Option<Self> {
        Some(Self)
    }

    fn apply(&mut self, entry: &Entry, rows: &mut Overlay<'_>) {
        let event = |position: u64| [b"e", position.to_be_bytes().as_slice()].concat();
        rows.put(event(entry.position), &entry.payload).unwrap();
        rows.remove(event(entry.position.saturating_sub(10)));
        let count = [b"c".as_slice(), entry.subject.id.as_bytes()].concat();
        rows.put(&*count, (number(rows.get(&count)) + 1).to_be_bytes()).unwrap();
        let sum = number(rows.get(b"s")).wrapping_mul(31).wrapping_add(entry.position);
        rows.put(*b"s", sum.to_be_bytes()).unwrap();
        let kept = rows.scan_prefix(b"e").count() as u64;
        rows.put(*b"n", kept.to_be_bytes()).unwrap();
        rows.mark([b'v', u8::try_from(V).unwrap()]);
    }
}

fn number(value: Option<Value>) -> u64 {
    value.map_or(0, |bytes| u64::from_be_bytes(bytes.as_ref().try_into().unwrap()))
}

/// A running read model.
pub(crate) struct Running {
    pub(crate) reader: Reader,
    pub(crate) stop: CancellationToken,
    pub(crate) run: JoinHandle<Result<(), Error>>,
}

impl Running {
    pub(crate) async fn start<const V: u32>(folder: &Path, log: &MemoryLog) -> Self {
        Self::of(Tally::<V>, folder, log.clone()).await
    }

    pub(crate) async fn follow(folder: &Path, log: impl Log<Entry = Entry>) -> Self {
        Self::of(Tally::<1>, folder, log).await
    }

    pub(crate) async fn of(
        projection: impl Projection<Entry = Entry>,
        folder: &Path,
        log: impl Log<Entry = Entry>,
    ) -> Self {
        let settings = Settings { cache_bytes: 1 << 20, waits: 2, ..Settings::default() };
        let (reader, runner) = readmodel::open(folder, projection, settings).await.unwrap();
        let stop = CancellationToken::new();
        let run = tokio::spawn(runner.run(log, stop.clone()));
        Self { reader, stop, run }
    }

    pub(crate) async fn reaches(&self, position: u64) {
        let deadline = tokio::time::Instant::now() + testkit::PATIENCE;
        self.reader.wait_for(position, deadline).await.unwrap();
    }

    pub(crate) async fn is(&self, state: impl Fn(&State) -> bool) -> State {
        let mut states = self.reader.state();
        let is = tokio::time::timeout(testkit::PATIENCE, states.wait_for(state)).await;
        is.expect("in time").expect("the read model is held").clone()
    }

    /// The last rebuild that was asked for is over.
    pub(crate) async fn is_rebuilt(&self) {
        let mut rebuilds = self.reader.rebuilds();
        let over = |rebuild: &Rebuild| matches!(rebuild, Rebuild::None | Rebuild::Failed(_));
        let over = tokio::time::timeout(testkit::PATIENCE, rebuilds.wait_for(over)).await;
        assert_eq!(*over.expect("in time").expect("the read model is held"), Rebuild::None);
    }

    pub(crate) async fn follows(&self) {
        self.is(|state| *state == State::Following).await;
    }

    /// Every row, and the position they are of.
    pub(crate) async fn rows(&self) -> (u64, Vec<Row>) {
        let all = |view: &readmodel::View<'_>| {
            (view.position(), view.scan(&Range::all(), Direction::Ascending).collect())
        };
        self.reader.read(all).await.unwrap()
    }

    pub(crate) async fn stop(self) -> Result<(), Error> {
        self.stop.cancel();
        self.run.await.unwrap()
    }
}

/// What a read model holds that was made in one go.
pub(crate) async fn fresh<const V: u32>(position: u64) -> Vec<Row> {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start::<V>(folder.path(), &MemoryLog::of(position)).await;
    running.reaches(position).await;
    let (_, rows) = running.rows().await;
    running.stop().await.unwrap();
    rows
}
