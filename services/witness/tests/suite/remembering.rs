//! What was cosigned is remembered, whatever happens to the process; what cannot be read is not taken for nothing.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use transparency::witness::{Answer, checkpoint_path};

use crate::support::{Log, ORIGIN, Running, open, signer};

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("witness").join(checkpoint_path(ORIGIN).replace('/', "."))
}

#[tokio::test]
async fn a_start_remembers_what_was_cosigned() {
    let folder = TempDir::new().unwrap();
    let log = Log::new(ORIGIN, 20);
    let witness = Running::start(&folder).await;
    assert!(matches!(witness.ask(&log.request(0, 7)).await, Answer::Cosigned(_)));
    let (key, last) = (witness.key.clone(), witness.last(ORIGIN).await);
    witness.stop().await;
    let witness = Running::start(&folder).await;
    assert_eq!((&witness.key, witness.last(ORIGIN).await), (&key, last));
    assert_eq!(witness.ask(&log.request(0, 9)).await, Answer::Conflict { size: 7 });
    assert_eq!(witness.ask(&Log::forked(ORIGIN, 9, 5, 1).request(7, 9)).await, Answer::Inconsistent);
    assert!(matches!(witness.ask(&log.request(7, 9)).await, Answer::Cosigned(_)));
    let in_use = open(folder.path()).await.err().expect("one folder is one witness's").to_string();
    assert!(in_use.contains("in use"), "{in_use}");
    witness.stop().await;
}

#[tokio::test]
async fn it_is_on_disk_when_the_answer_comes() {
    let folder = TempDir::new().unwrap();
    let (log, witness) = (Log::new(ORIGIN, 20), Running::start(&folder).await);
    for (old, new) in [(0, 1), (1, 7), (7, 20)] {
        let Answer::Cosigned(signatures) = witness.ask(&log.request(old, new)).await else { panic!() };
        let kept = fs::read_to_string(file(&folder)).unwrap();
        assert_eq!(kept, format!("{}{}\n", log.signed(new), signatures[0]));
    }
    witness.stop().await;
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_cosigned() {
    let folder = TempDir::new().unwrap();
    let (log, witness) = (Log::new(ORIGIN, 20), Running::start(&folder).await);
    assert!(matches!(witness.ask(&log.request(0, 3)).await, Answer::Cosigned(_)));
    let (at, away) = (folder.path().join("witness"), folder.path().join("away"));
    fs::rename(&at, &away).unwrap();
    let (status, _, body) = witness.post(log.request(3, 9).to_string()).await;
    assert_eq!((status, body.as_str()), (500, ""));
    assert_eq!(witness.last(ORIGIN).await.unwrap().checkpoint().head(), log.head(3));
    fs::rename(&away, &at).unwrap();
    assert!(matches!(witness.ask(&log.request(3, 9)).await, Answer::Cosigned(_)));
    witness.stop().await;
}

#[tokio::test]
async fn a_memory_that_is_not_ours_ends_the_start() {
    let folder = TempDir::new().unwrap();
    let witness = Running::start(&folder).await;
    assert!(matches!(witness.ask(&Log::new(ORIGIN, 7).request(0, 7)).await, Answer::Cosigned(_)));
    witness.stop().await;
    let kept = fs::read_to_string(file(&folder)).unwrap();
    let unsigned = Log::new(ORIGIN, 7).signed(7).to_string();
    let other_log = kept.replace(ORIGIN, "b.example/log");
    for bad in ["", "no checkpoint", &kept.replace("\n7\n", "\n6\n"), &unsigned, &other_log] {
        fs::write(file(&folder), bad).unwrap();
        let refused = open(folder.path()).await.err().map(|error| format!("{error:#}")).unwrap_or_default();
        assert!(refused.contains("is no checkpoint that this witness cosigned"), "{bad:?}: {refused}");
    }
    fs::write(file(&folder), kept).unwrap();
    assert!(open(folder.path()).await.is_ok());
}

#[tokio::test]
async fn a_log_whose_key_changes_keeps_its_memory() {
    let folder = TempDir::new().unwrap();
    let (log, witness) = (Log::new(ORIGIN, 20), Running::start(&folder).await);
    assert!(matches!(witness.ask(&log.request(0, 7)).await, Answer::Cosigned(_)));
    witness.stop().await;
    let logs = |keys: &[u8]| {
        let line = |seed: &u8| format!("log {}\n", signer(ORIGIN, *seed).verifier());
        fs::write(folder.path().join("logs"), keys.iter().map(line).collect::<String>()).unwrap();
    };
    logs(&[1, 2]);
    let witness = Running::start(&folder).await;
    let mut both = log.request(7, 9);
    both.checkpoint.add(&signer(ORIGIN, 2)).unwrap();
    assert!(matches!(witness.ask(&both).await, Answer::Cosigned(_)));
    assert!(matches!(witness.ask(&log.request(9, 10)).await, Answer::Cosigned(_)));
    witness.stop().await;
    logs(&[2]);
    let witness = Running::start(&folder).await;
    assert_eq!(witness.ask(&log.request(10, 11)).await, Answer::NotByLog);
    assert_eq!(witness.last(ORIGIN).await.unwrap().checkpoint().head(), log.head(10));
    witness.stop().await;
}
