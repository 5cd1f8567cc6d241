//! What was signed binds: through wiped trees, old backups and other logs.

use std::fs;
use std::path::Path;

use contract::Audit;
use domain::Subject;
use testkit::{PATIENCE, eventually};

use crate::support::{Auditor, LATCH};
use crate::testing::{World, on_file};

/// Copies a folder, as a backup does.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn replace(folder: &Path, by: &Path) {
    fs::remove_dir_all(folder).unwrap();
    copy(by, folder);
}

/// A log with events, all of them signed for, and nobody running.
async fn signed(count: usize, data: &Path) -> World {
    let mut world = World::new().await;
    world.record(count).await;
    sign(&world, data).await;
    world
}

async fn sign(world: &World, data: &Path) {
    let auditor = Auditor::ready(world, data).await;
    world.checkpoint(data).await;
    auditor.stop().await;
}

/// Nothing is signed, nothing of the tree is served, and the last checkpoint is what it was.
async fn refuses(world: &World, data: &Path) {
    let before = (on_file(data), world.published_or_none().await);
    let auditor = Auditor::start(world, data).await;
    auditor.refused().await;
    for query in [
        Audit::Tile { path: "tile/0/000.p/1".into() },
        Audit::Proof { position: 1, json: false, witnessed: false },
        Audit::Leaf { position: 1 },
        Audit::Consistency { from: 0, to: None },
    ] {
        assert_eq!(world.ask(0, query).await.status, 503);
    }
    assert_eq!(before, (on_file(data), world.published_or_none().await));
    auditor.stop().await;
}

impl World {
    /// A log of its own with these.
    async fn with(messages: Vec<(Subject, Vec<u8>)>) -> Self {
        let mut world = Self::new().await;
        for (subject, message) in messages {
            world.append(subject, message).await;
        }
        world
    }

    async fn published_or_none(&self) -> usize {
        let context = async_nats::jetstream::new(self.client.clone());
        match context.get_stream(contract::subjects::CHECKPOINT_STREAM).await {
            Ok(_) => self.published().await.len(),
            Err(_) => 0,
        }
    }
}

#[tokio::test]
async fn a_tree_that_was_lost_is_made_again_and_nothing_is_signed_twice() {
    let data = tempfile::tempdir().unwrap();
    let mut world = signed(20, data.path()).await;
    let before = (on_file(data.path()), world.published().await);
    fs::remove_dir_all(data.path().join("auditor")).unwrap();
    sign(&world, data.path()).await;
    assert_eq!(before, (on_file(data.path()), world.published().await));
    world.record(1).await;
    sign(&world, data.path()).await;
    world.is_whole().await;
}

#[tokio::test]
async fn an_older_tree_catches_up_with_what_was_signed() {
    let data = tempfile::tempdir().unwrap();
    let backup = tempfile::tempdir().unwrap();
    let mut world = signed(5, data.path()).await;
    copy(&data.path().join("auditor"), &backup.path().join("auditor"));
    world.record(5).await;
    sign(&world, data.path()).await;
    replace(&data.path().join("auditor"), &backup.path().join("auditor"));
    world.record(5).await;
    sign(&world, data.path()).await;
    world.is_whole().await;
}

#[tokio::test]
async fn an_older_file_does_not_make_it_forget_what_it_published() {
    let data = tempfile::tempdir().unwrap();
    let backup = tempfile::tempdir().unwrap();
    let mut world = signed(5, data.path()).await;
    // The whole folder, then none of what was signed.
    copy(data.path(), backup.path());
    world.record(5).await;
    sign(&world, data.path()).await;
    let last = on_file(data.path());
    replace(data.path(), backup.path());
    sign(&world, data.path()).await;
    assert_eq!(on_file(data.path()), last);
    fs::remove_dir_all(data.path().join("signed")).unwrap();
    sign(&world, data.path()).await;
    assert_eq!(on_file(data.path()), last);
    world.is_whole().await;
}

#[tokio::test]
async fn a_log_with_one_byte_altered_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let world = signed(9, data.path()).await;
    let backup = tempfile::tempdir().unwrap();
    copy(data.path(), backup.path());
    for place in [0, 4, 8] {
        let mut messages = world.messages.clone();
        let message = &mut messages[place].1;
        let byte = message.windows(6).position(|window| window == b"Matter").unwrap();
        message[byte] = b'm';
        let mut altered = World::with(messages).await;
        // More of it does not help.
        altered.record(3).await;
        fs::remove_dir_all(data.path().join("auditor")).unwrap();
        refuses(&altered, data.path()).await;
        // The tree is there now, and is still refused.
        refuses(&altered, data.path()).await;
        replace(data.path(), backup.path());
    }
    // As it was, all is well.
    sign(&world, data.path()).await;
}

#[tokio::test]
async fn a_log_that_lost_or_swapped_events_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let world = signed(6, data.path()).await;
    let mut swapped = world.messages.clone();
    swapped.swap(1, 2);
    let mut without = world.messages.clone();
    without.remove(3);
    let shorter = world.messages[..5].to_vec();
    let mut moved = world.messages.clone();
    moved[2].0 = crate::testing::subject(99);
    for messages in [swapped, without, shorter, moved, vec![]] {
        let other = World::with(messages).await;
        fs::remove_dir_all(data.path().join("auditor")).unwrap();
        refuses(&other, data.path()).await;
    }
}

#[tokio::test]
async fn a_tree_of_another_log_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let world = signed(6, data.path()).await;
    // The same events in a stream that was made later: the tree is right, but nobody knows what was in between.
    let other = World::with(world.messages.clone()).await;
    refuses(&other, data.path()).await;
    // An operator who decides that it is the same log, as after a move, removes the tree.
    fs::remove_dir_all(data.path().join("auditor")).unwrap();
    sign(&other, data.path()).await;
}

#[tokio::test]
async fn what_another_key_signed_is_not_continued() {
    let data = tempfile::tempdir().unwrap();
    let mut world = signed(2, data.path()).await;
    let other = tempfile::tempdir().unwrap();
    refuses(&world, other.path()).await;
    // A key that was lost and made anew.
    fs::remove_dir_all(data.path().join("keys")).unwrap();
    refuses(&world, data.path()).await;
    world.record(1).await;
    refuses(&world, data.path()).await;
}

#[tokio::test]
async fn a_checkpoint_that_was_tampered_with_on_file_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let world = signed(2, data.path()).await;
    let file = data.path().join("signed/checkpoint");
    let text = fs::read_to_string(&file).unwrap();
    for wrong in [text.replace("\n2\n", "\n1\n"), String::new(), text.replace("chancery-", "chancery_")] {
        fs::write(&file, wrong).unwrap();
        let auditor = Auditor::start(&world, data.path()).await;
        auditor.refused().await;
        auditor.stop().await;
    }
    fs::write(&file, text).unwrap();
    sign(&world, data.path()).await;
}

#[tokio::test]
async fn it_signs_on_when_the_server_comes_back() {
    let data = tempfile::tempdir().unwrap();
    let mut world = World::new().await;
    world.record(2).await;
    let auditor = Auditor::ready(&world, data.path()).await;
    world.checkpoint(data.path()).await;
    world.server.restart().await;
    eventually("the log", PATIENCE, async || world.log.head().await.ok()).await;
    world.record(2).await;
    let signed = eventually("a checkpoint of all", PATIENCE, async || {
        on_file(data.path()).filter(|signed| signed.checkpoint().head() == world.head(4))
    })
    .await;
    eventually("its publication", PATIENCE, async || {
        (world.published().await.last() == Some(&signed)).then_some(())
    })
    .await;
    eventually("readiness", PATIENCE, async || {
        (!auditor.shell.readiness.missing().contains(&LATCH.to_owned())).then_some(())
    })
    .await;
    world.is_whole().await;
    auditor.stop().await;
}
