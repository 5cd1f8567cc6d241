//! Killed at any moment, it continues without loss or repeat.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{MemoryLog, Running, fresh};

const FOLDER: &str = "READMODEL_KILL_FOLDER";
const HEAD: &str = "READMODEL_KILL_HEAD";

/// Not a test of its own: the process that is killed.
#[tokio::test]
async fn victim() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let head = std::env::var(HEAD).unwrap().parse().unwrap();
    let running = Running::start::<2>(Path::new(&folder), &MemoryLog::of(head)).await;
    let _ = running.run.await;
}

/// Kills at no particular moment: sometimes while it opens, sometimes in the middle of a commit.
async fn run_and_kill(folder: &Path, head: u64, after: Duration) {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::victim"])
        .env(FOLDER, folder)
        .env(HEAD, head.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    tokio::time::sleep(after).await;
    victim.kill().unwrap();
    victim.wait().unwrap();
}

#[tokio::test]
async fn a_killed_process_leaves_rows_that_are_those_of_the_checkpoint() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = MemoryLog::of(0);
    let unharmed = Running::start::<2>(other.path(), &log).await;
    let mut last = 0;
    for round in 0..15 {
        run_and_kill(folder.path(), u64::MAX >> 1, Duration::from_millis(40 + round * 67 % 300)).await;
        let running = Running::start::<2>(folder.path(), &MemoryLog::of(last)).await;
        let (position, rows) = running.rows().await;
        assert!(position >= last, "what was on disk is kept");
        log.grow(position);
        unharmed.reaches(position).await;
        assert_eq!((position, rows), unharmed.rows().await, "after kill {round}");
        last = position;
        running.run.abort();
        let _ = running.run.await;
    }
    assert!(last > 0, "it got somewhere");
    unharmed.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_rebuild_is_completed_by_the_next_start() {
    let expected = fresh::<2>(1_000).await;
    for round in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let log = MemoryLog::of(1_000);
        let running = Running::start::<1>(folder.path(), &log).await;
        running.reaches(1_000).await;
        running.stop().await.unwrap();
        run_and_kill(folder.path(), 1_000, Duration::from_millis(20 + round * 12)).await;
        let running = Running::start::<2>(folder.path(), &log).await;
        running.follows().await;
        assert_eq!(running.rows().await, (1_000, expected.clone()), "after kill {round}");
        assert!(!folder.path().join("v1").exists());
        running.stop().await.unwrap();
    }
}
