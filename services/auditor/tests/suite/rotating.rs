//! The key is changed while others follow the log: with the old key, with the new one, and with both.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use auditor::rotation::{RotationError, retire, rotate};
use contract::Audit;
use transparency::checkpoint::{Signed, Trust, TrustError};
use transparency::note::Verifier;
use transparency::proof::Proof;

use crate::support::Auditor;
use crate::testing::{World, on_file};

fn key(data: &Path) -> Verifier {
    auditor::key::verifier(data).unwrap()
}

fn is_by(signed: &Signed, key: &Verifier) -> bool {
    match signed.open(&Trust::in_log(key.clone())) {
        Ok(_) => true,
        Err(TrustError::NotByLog) => false,
        Err(error) => panic!("{error}"),
    }
}

/// One event more, and the checkpoint of it.
async fn next(world: &mut World) -> Signed {
    world.record(1).await;
    let reply = world.ask(world.messages.len() as u64, Audit::Checkpoint { witnessed: false }).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    Signed::parse(&reply.body).unwrap()
}

#[tokio::test]
async fn who_knows_either_key_follows_while_both_sign() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let auditor = Auditor::ready(&world, data).await;
    let first = next(&mut world).await;
    let old = key(data);
    assert!(matches!(retire(data), Err(RotationError::NotBegun(_))));
    let new = rotate(data).unwrap();
    assert!(matches!(rotate(data), Err(RotationError::UnderWay(_))));
    let file = data.join("keys/checkpoint.next.key");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!((new.name(), new.id() != old.id()), (old.name(), true));
    // The auditor has not been started again: nobody would have been able to learn of the new key.
    assert!(matches!(retire(data), Err(RotationError::Unseen(id)) if id == new.id()));
    assert!(is_by(&first, &old) && !is_by(&next(&mut world).await, &new));
    auditor.stop().await;

    let auditor = Auditor::ready(&world, data).await;
    // What was signed last is signed by the new key as well, without a new event.
    let last = on_file(data).unwrap();
    assert!(is_by(&last, &old) && is_by(&last, &new));
    let both = next(&mut world).await;
    assert!(is_by(&both, &old) && is_by(&both, &new));
    assert_eq!(key(data), old);
    let proof =
        Proof::parse(&world.ask(0, Audit::Proof { position: 1, json: false, witnessed: false }).await.body);
    let leaf = world.ask(0, Audit::Leaf { position: 1 }).await.body;
    for key in [&old, &new] {
        proof.as_ref().unwrap().verify(&leaf, &Trust::in_log(key.clone())).unwrap();
    }
    assert_eq!(retire(data).unwrap(), (old.clone(), new.clone()));
    assert_eq!(key(data), new);
    auditor.stop().await;

    let auditor = Auditor::ready(&world, data).await;
    let alone = next(&mut world).await;
    assert!(!is_by(&alone, &old) && is_by(&alone, &new));
    assert!(
        !data.join("keys/checkpoint.next.key").exists() && !data.join("keys/checkpoint.next.vkey").exists()
    );
    world.is_whole().await;
    // And once more.
    let third = rotate(data).unwrap();
    auditor.stop().await;
    let auditor = Auditor::ready(&world, data).await;
    assert!(is_by(&next(&mut world).await, &third));
    auditor.stop().await;
    retire(data).unwrap();
    assert_eq!(fs::read_dir(data.join("keys/retired")).unwrap().count(), 2);
}

#[tokio::test]
async fn what_a_retired_key_signed_still_binds() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let auditor = Auditor::ready(&world, data).await;
    next(&mut world).await;
    let by_old = fs::read(data.join("signed/checkpoint")).unwrap();
    rotate(data).unwrap();
    auditor.stop().await;
    Auditor::ready(&world, data).await.stop().await;
    let (old, _) = retire(data).unwrap();
    // A folder from a backup: what the old key alone signed is recalled, and gone on from.
    fs::write(data.join("signed/checkpoint"), &by_old).unwrap();
    let auditor = Auditor::ready(&world, data).await;
    next(&mut world).await;
    world.is_whole().await;
    auditor.stop().await;
    // Without its public half it is a stranger's.
    fs::remove_file(data.join(format!("keys/retired/{}.vkey", old.id()))).unwrap();
    fs::write(data.join("signed/checkpoint"), &by_old).unwrap();
    let auditor = Auditor::start(&world, data).await;
    auditor.refused().await;
    auditor.stop().await;
}

#[tokio::test]
async fn a_kill_between_the_steps_of_a_change_leaves_one_that_works() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    Auditor::ready(&world, data).await.stop().await;
    let old = key(data);
    let new = rotate(data).unwrap();
    // Killed before the public half was written.
    fs::remove_file(data.join("keys/checkpoint.next.vkey")).unwrap();
    let auditor = Auditor::ready(&world, data).await;
    let signed = next(&mut world).await;
    assert!(is_by(&signed, &old) && is_by(&signed, &new));
    assert!(data.join("keys/checkpoint.next.vkey").exists());
    auditor.stop().await;
    // Killed between noting the old key and replacing it: both still sign, and it is done again.
    fs::create_dir(data.join("keys/retired")).unwrap();
    fs::write(data.join(format!("keys/retired/{}.vkey", old.id())), format!("{old}\n")).unwrap();
    let auditor = Auditor::ready(&world, data).await;
    let signed = next(&mut world).await;
    assert!(is_by(&signed, &old) && is_by(&signed, &new));
    auditor.stop().await;
    retire(data).unwrap();
    // Killed before the public halves were put right.
    fs::write(data.join("keys/checkpoint.vkey"), format!("{old}\n")).unwrap();
    fs::write(data.join("keys/checkpoint.next.vkey"), format!("{new}\n")).unwrap();
    let auditor = Auditor::ready(&world, data).await;
    assert!(!is_by(&next(&mut world).await, &old));
    assert_eq!(fs::read_to_string(data.join("keys/checkpoint.vkey")).unwrap(), format!("{new}\n"));
    assert!(!data.join("keys/checkpoint.next.vkey").exists());
    auditor.stop().await;
    // A next key that others can read is not used, and not passed over.
    rotate(data).unwrap();
    let next_key = data.join("keys/checkpoint.next.key");
    fs::set_permissions(&next_key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(Auditor::start(&world, data).await.failed().await.contains("can be read by others"));
}
