//! What is recorded is proved, to who has nothing but the key.

use std::cell::RefCell;
use std::collections::BTreeMap;

use contract::{Audit, Role};
use serde_json::Value;
use transparency::proof::Proof;
use transparency::tiles::{Entries, Tile, TileReader, for_root, read_bundle};
use transparency::tree::{self, Head, verify_consistency};
use transparency::{Hash, leaf, leaf_hash};

use crate::support::{Auditor, cleared, trust};
use crate::testing::{World, on_file, subject};

fn tile(path: &str) -> Audit {
    Audit::Tile { path: path.into() }
}

#[tokio::test]
async fn every_event_is_proved_and_every_checkpoint_continues_the_one_before() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let auditor = Auditor::ready(&world, data.path()).await;
    let empty = world.checkpoint(data.path()).await;
    assert_eq!(empty.checkpoint().head(), Head::EMPTY);
    let mut before = empty.checkpoint().head();
    for _ in 0..4 {
        world.record(3).await;
        let head = world.checkpoint(data.path()).await.checkpoint().head();
        assert_eq!(head, world.head(world.messages.len()));
        let asked = world.ask(0, Audit::Consistency { from: before.size, to: None }).await;
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let hashes = body["hashes"].as_array().unwrap().iter().map(|hash| hash.as_str().unwrap().parse());
        let hashes = hashes.collect::<Result<Vec<Hash>, _>>().unwrap();
        assert_eq!(body["from"]["root"], before.root.to_string());
        assert_eq!(body["to"]["size"], head.size);
        verify_consistency(&before, &head, &hashes).unwrap();
        before = head;
    }
    let trust = trust(data.path());
    for (index, (subject, message)) in world.messages.iter().enumerate() {
        let position = index as u64 + 1;
        let proof = world.ask(0, Audit::Proof { position, json: false, witnessed: false }).await;
        let proof = Proof::parse(&proof.body).unwrap();
        let given = world.ask(0, Audit::Leaf { position }).await.body;
        assert_eq!(given, leaf::of_message(&subject.to_string(), message));
        proof.verify(&given, &trust).unwrap();
        assert_eq!(proof.index, index as u64);
    }
    world.is_whole().await;
    assert_eq!(on_file(data.path()), world.published().await.pop());
    auditor.stop().await;
}

#[tokio::test]
async fn what_is_no_event_of_its_record_takes_its_place_all_the_same() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    world.record(2).await;
    let moved = world.messages[0].1.clone();
    for message in [b"no event".to_vec(), b"{}".to_vec(), moved, vec![b' '; 65_535]] {
        world.append(subject(7), message).await;
    }
    world.record(1).await;
    let auditor = Auditor::ready(&world, data.path()).await;
    assert_eq!(world.checkpoint(data.path()).await.checkpoint().head(), world.head(7));
    let strange = world.ask(0, Audit::Leaf { position: 5 }).await.body;
    assert!(strange.starts_with(b"{\"messagehash\":"), "{strange:?}");
    let proof =
        Proof::parse(&world.ask(0, Audit::Proof { position: 5, json: false, witnessed: false }).await.body)
            .unwrap();
    proof.verify(&strange, &trust(data.path())).unwrap();
    auditor.stop().await;
}

#[tokio::test]
async fn the_root_is_made_of_the_tiles_and_the_tiles_of_the_entries() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let auditor = Auditor::ready(&world, data.path()).await;
    world.record(300).await;
    let signed = world.checkpoint(data.path()).await;
    let head = signed.checkpoint().head();
    assert_eq!(head.size, 300);
    let tiles = RefCell::new(BTreeMap::new());
    for tile in for_root(head.size) {
        let reply = world.tile(tile.to_string()).await;
        assert_eq!(reply.status, 200, "{tile}");
        tiles.borrow_mut().insert(tile, reply.body.to_vec());
    }
    let reader = TileReader::new(head.size, |tile: Tile| tiles.borrow().get(&tile).cloned().ok_or(tile));
    assert_eq!(tree::root(&reader, head.size), Ok(head.root));

    let (mut leaves, cleared_for_all) = (Vec::new(), cleared(Role::Auditor, "TOP SECRET"));
    for index in 0..2 {
        let path = Entries::in_tree(index, head.size).unwrap().to_string();
        let reply = world.ask_as(cleared_for_all.clone(), 0, tile(&path)).await;
        leaves.extend(read_bundle(&reply.body).unwrap().into_iter().map(leaf_hash));
    }
    let hashes = world.tile("tile/0/001.p/44".to_owned()).await.body;
    assert_eq!(hashes, leaves[256..].iter().flat_map(|hash| *hash.as_bytes()).collect::<Vec<_>>());
    for (path, status) in [
        ("tile/0/001.p/43", 200),
        ("tile/0/001.p/45", 404),
        ("tile/0/001", 404),
        ("tile/2/000", 404),
        ("tile/0/1", 404),
        ("tile/0/000.p/0", 404),
        ("tile/entries/002", 404),
        ("tile/entries/000/../0", 404),
        ("checkpoint", 404),
    ] {
        assert_eq!(world.ask_as(cleared_for_all.clone(), 0, tile(path)).await.status, status, "{path}");
    }
    auditor.stop().await;
}

#[tokio::test]
async fn entries_are_for_auditors_who_are_cleared_for_everything() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let auditor = Auditor::ready(&world, data.path()).await;
    world.record(1).await;
    world.checkpoint(data.path()).await;
    for (role, level, status) in [
        (Role::Auditor, "TOP SECRET", 200),
        (Role::Auditor, "SECRET", 403),
        (Role::Auditor, "COSMIC", 403),
        (Role::Reader, "TOP SECRET", 403),
        (Role::Administrator, "TOP SECRET", 403),
    ] {
        let asked = world.ask_as(cleared(role, level), 0, tile("tile/entries/000.p/1")).await;
        assert_eq!(asked.status, status, "{role:?} {level}");
    }
    auditor.stop().await;
}

#[tokio::test]
async fn what_was_not_signed_is_not_served() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    world.record(2).await;
    let auditor = Auditor::ready(&world, data.path()).await;
    for (query, status) in [
        (Audit::Proof { position: 0, json: false, witnessed: false }, 404),
        (Audit::Leaf { position: 0 }, 404),
        (Audit::Consistency { from: 3, to: None }, 400),
        (Audit::Consistency { from: 2, to: Some(1) }, 400),
        (Audit::Consistency { from: 1, to: Some(9) }, 503),
        (Audit::Consistency { from: 0, to: Some(0) }, 200),
    ] {
        assert_eq!(world.ask(0, query.clone()).await.status, status, "{query:?}");
    }
    auditor.stop().await;
}
