//! Killed at any moment, it continues without loss or repeat.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{MemoryLog, Running, fresh};

const FOLDER: &str = "READMODEL_KILL_FOLDER";
const HEAD: &str = "READMODEL_KILL_HEAD";
/// Has the victim build its read model anew.
const ANEW: &str = "READMODEL_KILL_ANEW";

/// Not a test of its own: the process that is killed.
#[tokio::test]
async fn victim() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let head = std::env::var(HEAD).unwrap().parse().unwrap();
    let running = Running::start::<2>(Path::new(&folder), &MemoryLog::of(head)).await;
    if std::env::var_os(ANEW).is_some() {
        running.reader.rebuild().unwrap();
    }
    let _ = running.run.await;
}

/// Kills at no particular moment: sometimes while it opens, sometimes in the middle of a commit.
async fn run_and_kill(folder: &Path, head: u64, after: Duration) {
    kill(victim_of(folder, head), after).await;
}

fn victim_of(folder: &Path, head: u64) -> Command {
    let mut victim = Command::new(std::env::current_exe().unwrap());
    victim.args(["--exact", "kill::victim"]).env(FOLDER, folder).env(HEAD, head.to_string());
    victim
}

async fn kill(mut victim: Command, after: Duration) {
    let mut victim = victim.stdout(Stdio::null()).spawn().unwrap();
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

/// Whatever moment it is killed at, what it had is there, and a build that was begun is ended.
#[tokio::test]
async fn a_killed_build_on_request_is_ended_by_the_next_start() {
    let log = MemoryLog::of(2_000);
    let expected = fresh::<2>(2_000).await;
    let mut unfinished = 0;
    for round in 0..12 {
        let folder = tempfile::tempdir().unwrap();
        let running = Running::start::<2>(folder.path(), &log).await;
        running.reaches(2_000).await;
        running.stop().await.unwrap();
        let mut victim = victim_of(folder.path(), 2_000);
        victim.env(ANEW, "1");
        kill(victim, Duration::from_millis(15 + round * 15)).await;
        unfinished += u32::from(folder.path().join("v2").exists() && folder.path().join("v2.1").exists());
        let running = Running::start::<2>(folder.path(), &log).await;
        assert_eq!(running.rows().await, (2_000, expected.clone()), "after kill {round}");
        running.is_rebuilt().await;
        assert_eq!(running.rows().await, (2_000, expected.clone()), "built again after kill {round}");
        running.stop().await.unwrap();
        let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let left = names.filter(|name| name.to_str().unwrap().starts_with('v')).count();
        assert_eq!(left, 1, "one database is left after kill {round}");
    }
    assert!(unfinished > 0, "some were killed while they built");
}
