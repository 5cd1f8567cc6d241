//! Following: what is recorded becomes readable, across interruptions and restarts.

use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use jiff::Timestamp;
use readmodel::{Entry, Lag, Overlay, Projection, State, WaitError};
use testkit::{PATIENCE, eventually};
use tokio::time::Instant;

use crate::support::{MemoryLog, Running, fresh};

#[tokio::test]
async fn what_is_recorded_is_applied_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(1_000);
    let running = Running::start::<1>(folder.path(), &log).await;
    running.reaches(1_000).await;
    log.grow(1_500);
    running.reaches(1_500).await;
    assert_eq!(running.rows().await, (1_500, fresh::<1>(1_500).await));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_restart_continues_behind_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(100);
    for head in [100, 101, 300] {
        log.grow(head);
        let running = Running::start::<1>(folder.path(), &log).await;
        running.reaches(head).await;
        running.stop().await.unwrap();
    }
    let running = Running::start::<1>(folder.path(), &log).await;
    assert_eq!(running.reader.position(), 300);
    assert_eq!(running.rows().await, (300, fresh::<1>(300).await));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn an_interrupted_log_is_taken_up_where_it_broke_off() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(50);
    log.interrupt_at(1);
    log.interrupt_at(20);
    let running = Running::start::<1>(folder.path(), &log).await;
    running.is(|state| matches!(state, State::Interrupted(_))).await;
    running.reaches(50).await;
    running.follows().await;
    assert_eq!(running.rows().await, (50, fresh::<1>(50).await));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn an_empty_log_is_caught_up_with() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start::<1>(folder.path(), &MemoryLog::of(0)).await;
    running.follows().await;
    assert_eq!(running.rows().await, (0, vec![]));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn waits_are_bounded_in_time_and_number() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(5);
    let running = Running::start::<1>(folder.path(), &log).await;
    running.reaches(5).await;
    let soon = Instant::now() + Duration::from_millis(20);
    let early = running.reader.wait_for(6, soon).await;
    assert_eq!(early, Err(WaitError::NotYet { reached: 5, wanted: 6 }));
    // The two slots there are, taken by waits that are polled once each.
    let late = Instant::now() + testkit::PATIENCE;
    let wait = || Box::pin(running.reader.wait_for(7, late));
    let (mut first, mut second) = (wait(), wait());
    assert!(futures_util::poll!(&mut first).is_pending());
    assert!(futures_util::poll!(&mut second).is_pending());
    assert_eq!(running.reader.wait_for(7, late).await, Err(WaitError::Busy));
    assert_eq!(running.reader.wait_for(5, late).await, Ok(5));
    log.grow(7);
    assert_eq!((first.await, second.await), (Ok(7), Ok(7)));
    running.stop().await.unwrap();
}

/// Applies an event for every permission it is given.
struct Gated(Receiver<()>);

impl Projection for Gated {
    type Entry = Entry;

    const NAME: &'static str = "gated";
    const SCHEMA: u32 = 1;

    fn apply(&mut self, entry: &Entry, rows: &mut Overlay<'_>) {
        self.0.recv().expect("the test gives permission");
        rows.mark(format!("{}", entry.position));
    }
}

#[tokio::test]
async fn lag_is_what_is_recorded_and_not_applied() {
    let folder = tempfile::tempdir().unwrap();
    let (permit, permits) = mpsc::channel();
    let running = Running::of(Gated(permits), folder.path(), MemoryLog::of(5)).await;
    let now = Timestamp::from_millisecond(10_000).unwrap();
    // The first event was stored at 1,001 ms.
    eventually("an event in hand", PATIENCE, async || {
        (running.reader.lag(now) == Lag { events: 5, ms: 8_999 }).then_some(())
    })
    .await;
    (0..5).for_each(|_| permit.send(()).unwrap());
    running.reaches(5).await;
    assert_eq!(running.reader.lag(now), Lag::default());
    running.stop().await.unwrap();
}

#[tokio::test]
async fn an_answer_is_of_one_position_while_events_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(0);
    let running = Running::start::<1>(folder.path(), &log).await;
    for head in 1..200 {
        log.grow(head * 3);
        let (position, rows) = running.rows().await;
        let counted = rows.iter().filter(|(key, _)| key.first() == Some(&b'c'));
        let counted = counted.map(|(_, count)| u64::from_be_bytes(count.as_ref().try_into().unwrap()));
        assert_eq!(counted.sum::<u64>(), position);
    }
    running.stop().await.unwrap();
}
