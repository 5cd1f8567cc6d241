//! Another schema is built beside the one that answers.

use std::fs;

use readmodel::State;

use crate::support::{MemoryLog, Running, fresh};

#[tokio::test]
async fn the_old_answers_until_the_new_has_caught_up() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(500);
    let running = Running::start::<1>(folder.path(), &log).await;
    running.reaches(500).await;
    running.stop().await.unwrap();

    // The log breaks off for a moment in the middle of the build.
    log.grow(900);
    log.interrupt_at(450);
    let running = Running::start::<2>(folder.path(), &log).await;
    running.is(|state| matches!(state, State::Interrupted(_))).await;
    assert_eq!(running.rows().await, (500, fresh::<1>(500).await));
    running.follows().await;
    assert_eq!(running.rows().await, (900, fresh::<2>(900).await));
    assert!(!folder.path().join("v1").exists());
    log.grow(901);
    running.reaches(901).await;
    running.stop().await.unwrap();
}

#[tokio::test]
async fn rows_that_nobody_can_read_any_more_do_not_answer() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(30);
    for version in [2, 3] {
        let running = match version {
            2 => Running::start::<2>(folder.path(), &log).await,
            _ => Running::start::<3>(folder.path(), &log).await,
        };
        let answers = running.reader.read(|view| (view.schema(), view.position() <= 30)).await.unwrap();
        assert_eq!(answers, (version, true));
        running.follows().await;
        running.stop().await.unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("CURRENT")).unwrap(), format!("v{version}\n"));
    }
    assert!(!folder.path().join("v2").exists());
}

#[tokio::test]
async fn a_build_that_was_stopped_half_way_is_continued() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(100);
    let running = Running::start::<1>(folder.path(), &log).await;
    running.reaches(100).await;
    running.stop().await.unwrap();
    for round in 1..4 {
        log.grow(100 + round * 100);
        log.interrupt_at(round * 90);
        let running = Running::start::<2>(folder.path(), &log).await;
        running.is(|state| matches!(state, State::Interrupted(_))).await;
        assert_eq!(running.rows().await.0, 100);
        running.stop().await.unwrap();
    }
    let running = Running::start::<2>(folder.path(), &log).await;
    running.reaches(400).await;
    running.follows().await;
    assert_eq!(running.rows().await, (400, fresh::<2>(400).await));
    running.stop().await.unwrap();
}
