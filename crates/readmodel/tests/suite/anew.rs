//! The same schema is built anew on request, beside the one that answers and follows.

use std::fs;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use readmodel::{Entry, Overlay, Projection, Reader, Rebuild, RebuildError, Rows};
use testkit::PATIENCE;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::support::{MemoryLog, Running, Tally, fresh};

/// A tally of which every further one waits for permissions, one an event; without anybody to give them it goes on.
struct Gated {
    tally: Tally<1>,
    gate: Arc<Mutex<Receiver<()>>>,
    waits: bool,
}

impl Gated {
    fn new() -> (Self, Sender<()>) {
        let (permit, permits) = mpsc::channel();
        (Self { tally: Tally, gate: Arc::new(Mutex::new(permits)), waits: false }, permit)
    }
}

impl Projection for Gated {
    type Entry = Entry;

    const NAME: &'static str = "tally";
    const SCHEMA: u32 = 1;

    fn another(&self) -> Option<Self> {
        Some(Self { tally: Tally, gate: self.gate.clone(), waits: true })
    }

    fn apply(&mut self, entry: &Entry, rows: &mut Overlay<'_>) {
        if self.waits {
            let _ = self.gate.lock().unwrap().recv();
        }
        self.tally.apply(entry, rows);
    }
}

fn databases(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names = names.filter(|name| name.starts_with('v')).collect::<Vec<_>>();
    names.sort();
    names
}

/// Asks without a pause until it is told to end, and says how often: no answer fails, none is older than one before,
/// each is of one position.
fn asks_on(reader: Reader, until: CancellationToken) -> JoinHandle<u64> {
    tokio::spawn(async move {
        let (mut asked, mut last) = (0, 0);
        while !until.is_cancelled() {
            let answer = reader.read(|view| {
                let counts = view
                    .scan_prefix(b"c")
                    .map(|(_, count)| u64::from_be_bytes(count.as_ref().try_into().unwrap()));
                (view.position(), counts.sum::<u64>())
            });
            let (position, counted) = answer.await.expect("no query fails");
            assert_eq!(counted, position);
            assert!(position >= last, "{position} after {last}");
            // What was read can be waited for: it is there.
            let late = Instant::now() + PATIENCE;
            assert!(reader.wait_for(position, late).await.is_ok());
            (asked, last) = (asked + 1, position);
        }
        asked
    })
}

/// A build has got somewhere and stands still.
async fn is_half_way(running: &Running) {
    let mut rebuilds = running.reader.rebuilds();
    let half_way = |rebuild: &Rebuild| matches!(rebuild, Rebuild::UnderWay { position: 1.. });
    drop(tokio::time::timeout(PATIENCE, rebuilds.wait_for(half_way)).await.unwrap().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_query_fails_and_the_new_equals_the_old() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(3_000);
    let running = Running::start::<1>(folder.path(), &log).await;
    running.reaches(3_000).await;
    let (_, old) = running.rows().await;
    let over = CancellationToken::new();
    let asking =
        [asks_on(running.reader.clone(), over.clone()), asks_on(running.reader.clone(), over.clone())];

    running.reader.rebuild().unwrap();
    running.is_rebuilt().await;
    assert_eq!(running.rows().await, (3_000, old));
    assert_eq!(databases(folder.path()), ["v1.1"]);
    let read = running.reader.read(|view| (view.schema(), view.generation())).await;
    assert_eq!(read.unwrap(), (1, 1));

    // Once more, while events arrive.
    running.reader.rebuild().unwrap();
    for head in 3_001..3_300 {
        log.grow(head);
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    running.is_rebuilt().await;
    log.grow(3_300);
    running.reaches(3_300).await;
    assert_eq!(running.rows().await, (3_300, fresh::<1>(3_300).await));
    assert_eq!(databases(folder.path()), ["v1.2"]);
    assert_eq!(fs::read_to_string(folder.path().join("CURRENT")).unwrap(), "v1.2\n");

    over.cancel();
    for asking in asking {
        assert!(asking.await.unwrap() > 100);
    }
    running.stop().await.unwrap();
    let running = Running::start::<1>(folder.path(), &log).await;
    assert_eq!(running.rows().await.0, 3_300);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn what_answers_follows_while_the_new_one_is_built() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(600);
    let (gated, permit) = Gated::new();
    let running = Running::of(gated, folder.path(), log.clone()).await;
    running.follows().await;
    running.reader.rebuild().unwrap();
    (0..300).for_each(|_| permit.send(()).unwrap());
    is_half_way(&running).await;
    log.grow(620);
    running.reaches(620).await;
    assert_eq!(running.rows().await, (620, fresh::<1>(620).await));
    assert_eq!(databases(folder.path()), ["v1", "v1.1"]);
    drop(permit);
    running.is_rebuilt().await;
    log.grow(630);
    running.reaches(630).await;
    assert_eq!(running.rows().await, (630, fresh::<1>(630).await));
    assert_eq!(running.reader.lag(jiff::Timestamp::UNIX_EPOCH), readmodel::Lag::default());
    assert_eq!(databases(folder.path()), ["v1.1"]);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn who_asks_while_one_is_built_has_asked_for_that_one() {
    let folder = tempfile::tempdir().unwrap();
    let (gated, permit) = Gated::new();
    let running = Running::of(gated, folder.path(), MemoryLog::of(600)).await;
    for _ in 0..300 {
        running.reader.rebuild().unwrap();
        permit.send(()).unwrap();
    }
    is_half_way(&running).await;
    running.reader.rebuild().unwrap();
    drop(permit);
    running.is_rebuilt().await;
    assert_eq!(databases(folder.path()), ["v1.1"]);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_build_that_was_stopped_goes_on_with_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(600);
    let (gated, permit) = Gated::new();
    let running = Running::of(gated, folder.path(), log.clone()).await;
    running.reader.rebuild().unwrap();
    (0..300).for_each(|_| permit.send(()).unwrap());
    is_half_way(&running).await;
    running.stop.cancel();
    drop(permit);
    running.run.await.unwrap().unwrap();
    assert_eq!(databases(folder.path()), ["v1", "v1.1"]);
    drop(running.reader);

    let running = Running::start::<1>(folder.path(), &log).await;
    running.is_rebuilt().await;
    assert_eq!(databases(folder.path()), ["v1.1"]);
    assert_eq!(running.rows().await, (600, fresh::<1>(600).await));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_change_of_the_schema_goes_before_a_build_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(50);
    let running = Running::start::<1>(folder.path(), &log).await;
    running.follows().await;
    running.stop().await.unwrap();
    fs::create_dir(folder.path().join("v1.1")).unwrap();
    let running = Running::start::<2>(folder.path(), &log).await;
    running.follows().await;
    assert_eq!(databases(folder.path()), ["v2"]);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_damaged_build_is_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(50);
    let running = Running::start::<1>(folder.path(), &log).await;
    running.follows().await;
    running.stop().await.unwrap();
    fs::create_dir(folder.path().join("v1.1")).unwrap();
    fs::write(folder.path().join("v1.1/conf"), "this is no database").unwrap();
    let running = Running::start::<1>(folder.path(), &log).await;
    running.is_rebuilt().await;
    assert_eq!(databases(folder.path()), ["v1.1"]);
    assert_eq!(running.rows().await, (50, fresh::<1>(50).await));
    running.stop().await.unwrap();
}

/// Of which every further one makes a mistake.
struct Failing(bool);

impl Projection for Failing {
    type Entry = Entry;

    const NAME: &'static str = "tally";
    const SCHEMA: u32 = 1;

    fn another(&self) -> Option<Self> {
        Some(Self(true))
    }

    fn apply(&mut self, entry: &Entry, rows: &mut Overlay<'_>) {
        assert!(!self.0 || entry.position < 5, "a mistake in the program");
        Tally::<1>.apply(entry, rows);
    }
}

#[tokio::test]
async fn a_build_that_fails_leaves_what_answers_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(10);
    let running = Running::of(Failing(false), folder.path(), log.clone()).await;
    running.follows().await;
    running.reader.rebuild().unwrap();
    let mut rebuilds = running.reader.rebuilds();
    let failed = rebuilds.wait_for(|rebuild| matches!(rebuild, Rebuild::Failed(_)));
    drop(tokio::time::timeout(PATIENCE, failed).await.unwrap().unwrap());
    assert_eq!(databases(folder.path()), ["v1"]);
    log.grow(20);
    running.reaches(20).await;
    assert_eq!(running.rows().await, (20, fresh::<1>(20).await));
    running.stop().await.unwrap();
    let running = Running::start::<1>(folder.path(), &log).await;
    assert_eq!(*running.reader.rebuilds().borrow(), Rebuild::None);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn what_follows_no_more_is_not_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start::<1>(folder.path(), &MemoryLog::of(10)).await;
    running.reaches(10).await;
    running.stop().await.unwrap();
    let running = Running::start::<1>(folder.path(), &MemoryLog::of(5)).await;
    running.is(|state| matches!(state, readmodel::State::Failed(_))).await;
    assert!(matches!(running.reader.rebuild(), Err(RebuildError::Stopped(_))));
}
