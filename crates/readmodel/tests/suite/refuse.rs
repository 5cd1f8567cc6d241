//! A log that is not the one that was applied is refused, loudly.

use readmodel::{Error, State};

use crate::support::{MemoryLog, Running};

async fn refused(folder: &std::path::Path, log: &MemoryLog) -> Error {
    let running = Running::start::<1>(folder, log).await;
    running.is(|state| matches!(state, State::Failed(_))).await;
    // It still answers from what it has.
    assert_eq!(running.rows().await.0, 10);
    running.run.await.unwrap().unwrap_err()
}

#[tokio::test]
async fn another_stream_a_shorter_one_and_an_altered_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start::<1>(folder.path(), &MemoryLog::of(10)).await;
    running.reaches(10).await;
    running.stop().await.unwrap();

    let replaced = refused(folder.path(), &MemoryLog::created("2026-02-02T00:00:00Z", 20)).await;
    assert!(matches!(replaced, Error::OtherStream { .. }), "{replaced}");
    let shorter = refused(folder.path(), &MemoryLog::of(9)).await;
    assert!(matches!(shorter, Error::Shorter { position: 10, head: 9 }), "{shorter}");
    let log = MemoryLog::of(20);
    log.alter(10);
    let altered = refused(folder.path(), &log).await;
    assert!(matches!(altered, Error::Altered { position: 10 }), "{altered}");
    assert!(!altered.is_transient());

    let running = Running::start::<1>(folder.path(), &MemoryLog::of(20)).await;
    running.reaches(20).await;
    running.stop().await.unwrap();
}

#[tokio::test]
async fn an_event_altered_behind_an_interruption_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(10);
    let running = Running::start::<1>(folder.path(), &log).await;
    running.reaches(10).await;
    log.alter(10);
    log.interrupt_at(11);
    log.grow(12);
    let error = running.run.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Altered { position: 10 }), "{error}");
}
