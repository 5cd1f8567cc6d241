//! The log of reads is signed as the log is: what was signed of it binds, and a line that was altered is named.

use std::fs;
use std::path::Path;

use contract::subjects::{READS_SIGNED, READS_STREAM, STREAM};
use contract::{Audit, Paging, Reads, Role};
use eventlog::{Journal, READS_PLAN, Writer};
use serde_json::Value;
use service::Reply;
use sha2::{Digest, Sha256};
use testkit::{PATIENCE, eventually, stored};
use transparency::checkpoint::{Signed, Trust};
use transparency::leaf_hash;
use transparency::tree::{Frontier, Head, verify_consistency};

use crate::support::{Auditor, LATCH, READS_LATCH, cleared, trust};
use crate::testing::{World, on_file};

fn line(number: usize) -> Vec<u8> {
    format!("{{\"actor\":\"reader-{number}\"}}").into_bytes()
}

/// The tree of the first lines, made without the auditor.
fn head(size: usize) -> Head {
    let mut tree = Frontier::default();
    for number in 0..size {
        tree.append(leaf_hash(&Sha256::digest(line(number)))).unwrap();
    }
    tree.head()
}

impl World {
    async fn log_reads(&self, numbers: std::ops::Range<usize>) {
        // Whoever comes first makes the stream.
        Journal::open(self.client.clone(), READS_PLAN, &eventlog::Settings::default()).await.unwrap();
        let writer = Writer::new(self.server.client().await, READS_PLAN, PATIENCE);
        for number in numbers {
            writer.write(line(number).into()).await.unwrap();
        }
    }

    async fn ask_cleared(&self, min_position: u64, query: Audit) -> Reply {
        self.ask_as(cleared(Role::Auditor, "TOP SECRET"), min_position, query).await
    }

    async fn reads_checkpoint(&self, lines: usize) -> Signed {
        let reply = self.ask_cleared(lines as u64, Audit::ReadsCheckpoint).await;
        assert_eq!((reply.status, reply.position), (200, Some(lines as u64)), "{:?}", reply.body);
        Signed::parse(&reply.body).unwrap()
    }

    /// With somebody at the files meanwhile.
    async fn alter(&mut self, stream: &str, change: impl FnMut(u64, &mut [u8])) {
        self.server.kill().await;
        assert_eq!(stored::alter(self.server.folder(), stream, change), 1);
        self.server.restart().await;
        self.client = self.server.client().await;
    }
}

/// The checkpoint of so many lines is on disk and published. Nobody runs then.
async fn signed(world: &World, data: &Path, lines: usize) {
    let auditor = Auditor::ready(world, data).await;
    world.reads_checkpoint(lines).await;
    auditor.stop().await;
}

/// Nothing is signed, and the process is not ready; what it says.
async fn refuses(world: &World, data: &Path, latch: &str) -> String {
    let kept = ["checkpoint", "reads"].map(|name| fs::read(data.join("signed").join(name)).unwrap());
    let auditor = Auditor::start(world, data).await;
    let metric = if latch == LATCH { "audit_refuses" } else { "audit_reads_refuses" };
    eventually("a refusal", PATIENCE, async || {
        let refuses = auditor.shell.metrics.text().contains(&format!("\nchancery_{metric} 1"));
        (refuses && auditor.shell.readiness.missing() == [latch]).then_some(())
    })
    .await;
    let query = if latch == LATCH {
        Audit::Tile { path: "tile/0/000.p/1".into() }
    } else {
        Audit::ReadsConsistency { from: 0, to: None }
    };
    let refused = world.ask_cleared(0, query).await;
    assert_eq!(refused.status, 503);
    let again = ["checkpoint", "reads"].map(|name| fs::read(data.join("signed").join(name)).unwrap());
    assert!(kept == again, "what was signed stays");
    auditor.stop().await;
    String::from_utf8(refused.body.to_vec()).unwrap()
}

#[tokio::test]
async fn the_log_of_reads_has_checkpoints_of_its_own_for_those_who_may_read_it() {
    let (mut world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let data = folder.path();
    world.record(1).await;
    world.log_reads(0..3).await;
    let auditor = Auditor::ready(&world, data).await;
    let first = world.reads_checkpoint(3).await;
    let key = auditor::key::verifier(data).unwrap();
    let reads = Trust::in_log(auditor::key::of_reads(&key));
    assert_eq!(first.open(&reads).map(|_| first.checkpoint().head()), Ok(head(3)));
    assert_eq!(first.checkpoint().origin(), format!("{}/reads", key.name()));
    assert!(first.open(&trust(data)).is_err(), "it is not taken for one of the log's");
    assert!(on_file(data).unwrap().open(&reads).is_err(), "nor one of the log's for it");
    let kept = fs::read_to_string(data.join("signed/reads")).unwrap();
    assert_eq!(kept, first.to_string());

    for (role, level) in [(Role::Auditor, "SECRET"), (Role::Approver, "TOP SECRET")] {
        for query in [Audit::ReadsCheckpoint, Audit::ReadsConsistency { from: 0, to: None }] {
            assert_eq!(world.ask_as(cleared(role, level), 0, query).await.status, 403, "{role:?} {level}");
        }
    }
    world.log_reads(3..300).await;
    let second = world.reads_checkpoint(300).await;
    assert_eq!(second.open(&reads).map(|_| second.checkpoint().head()), Ok(head(300)));
    let proof = world.ask_cleared(0, Audit::ReadsConsistency { from: 3, to: Some(300) }).await;
    let proof = serde_json::from_slice::<Value>(&proof.body).unwrap();
    let hashes =
        proof["hashes"].as_array().unwrap().iter().map(|hash| hash.as_str().unwrap().parse().unwrap());
    verify_consistency(&head(3), &head(300), &hashes.collect::<Vec<_>>()).unwrap();
    auditor.stop().await;

    // Without its tree, it goes on where it was.
    fs::remove_dir_all(data.join("auditor")).unwrap();
    world.log_reads(300..301).await;
    signed(&world, data, 301).await;
}

#[tokio::test]
async fn an_altered_line_of_the_log_of_reads_is_named() {
    let (mut world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let data = folder.path();
    world.record(1).await;
    world.log_reads(0..5).await;
    signed(&world, data, 5).await;
    let published = world.last_of_reads().await;
    let swap = |before: &'static [u8], after: &'static [u8]| {
        move |_, message: &mut [u8]| {
            if let Some(place) = message.windows(before.len()).position(|bytes| bytes == before) {
                message[place..][..after.len()].copy_from_slice(after);
            }
        }
    };
    // The server has no objection, and the tree is as it was.
    world.alter(READS_STREAM, swap(b"reader-2", b"nobody-2")).await;
    let said = refuses(&world, data, READS_LATCH).await;
    assert!(said.contains("the log of reads: what stands at position 3 is not what was signed"), "{said}");
    // What was altered is there to be looked at.
    let auditor = Auditor::start(&world, data).await;
    eventually("its endpoint", PATIENCE, async || {
        (auditor.shell.readiness.missing() == [READS_LATCH]).then_some(())
    })
    .await;
    let page = eventually("the page to say so", PATIENCE, async || {
        let asked = Reads { page: Paging { limit: 9, ..Paging::default() }, ..Reads::default() };
        let page = world.ask_cleared(0, Audit::Reads(asked)).await;
        let page = serde_json::from_slice::<Value>(&page.body).unwrap();
        page["unproved"].is_string().then_some(page)
    })
    .await;
    assert_eq!(page["items"].as_array().map(Vec::len), Some(5), "{page:#}");
    auditor.stop().await;
    fs::remove_dir_all(data.join("auditor")).unwrap();
    let said = refuses(&world, data, READS_LATCH).await;
    assert!(said.contains("the log of reads: the tree of 5 leaves does not continue that of 5"), "{said}");
    assert_eq!(world.last_of_reads().await, published);
    // As it was, all is well.
    world.alter(READS_STREAM, swap(b"nobody-2", b"reader-2")).await;
    fs::remove_dir_all(data.join("auditor")).unwrap();
    signed(&world, data, 5).await;
}

impl World {
    async fn last_of_reads(&self) -> Vec<u8> {
        let context = async_nats::jetstream::new(self.client.clone());
        let stream = context.get_stream(contract::subjects::ATTESTATION_STREAM).await.unwrap();
        stream.get_last_raw_message_by_subject(READS_SIGNED).await.unwrap().payload.to_vec()
    }
}

#[tokio::test]
async fn an_altered_event_is_named_though_the_tree_is_as_it_was() {
    let (mut world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let data = folder.path();
    world.record(600).await;
    let auditor = Auditor::ready(&world, data).await;
    world.checkpoint(data).await;
    auditor.stop().await;
    world.log_reads(0..1).await;
    signed(&world, data, 1).await;
    world
        .alter(STREAM, |position, message| {
            if position == 301 {
                let place = message.windows(6).position(|bytes| bytes == b"Matter").unwrap();
                message[place] = b'm';
            }
        })
        .await;
    let said = refuses(&world, data, LATCH).await;
    assert!(said.contains("the log: what stands at position 301 is not what was signed"), "{said}");
}
