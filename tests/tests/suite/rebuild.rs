//! A read model is built anew while it serves: no question fails meanwhile, and the new one is the old one, byte for
//! byte.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use system_tests::generate::{Size, load};
use system_tests::{Client, System, rows};
use testkit::eventually;

use crate::{PROGRAM, log_of, settled};

/// Nothing is built for longer.
const PATIENCE: Duration = Duration::from_secs(180);

const PROJECTOR: usize = 1;

/// Each read model with a question to it.
const MODELS: [(&str, &str); 4] = [
    ("dossiers", "/v1/engagements?party=PK&limit=20"),
    ("timeline", "/v1/timeline?party=PK&limit=20"),
    ("calendar", "/v1/overdue?today=2025-11-24&limit=20"),
    ("search", "/v1/search?q=cooperation&limit=20"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_model_is_built_anew_while_it_serves() {
    let mut system = System::start(PROGRAM, &[&["registrar"], &["projector"], &["gateway"]]).await;
    let log = log_of(&mut system).await;
    let size = Size { engagements: 60, parties: 60, events: 600, seed: 3 };
    let head = load(&log, size, |_| {}).await.expect("nobody else records");
    let client = system.client();
    settled(&client, head).await;
    system.stop(PROJECTOR).await;
    let folder = |system: &System, model: &str| system.data(PROJECTOR).join("projector").join(model);
    let before = MODELS.map(|(model, _)| rows::read(&folder(&system, model)));
    system.start_again(PROJECTOR).await;
    settled(&client, head).await;

    let first = MODELS.map(|(model, _)| current(&folder(&system, model)));
    let expected = answers(&client).await;
    for (model, _) in MODELS {
        fs::write(folder(&system, model).join("REBUILD"), "").expect("the test's own folder is writable");
    }
    let done = AtomicBool::new(false);
    let asking = async {
        let mut asked = 0;
        while !done.load(Ordering::Relaxed) {
            // One that fails panics.
            assert_eq!(answers(&client).await, expected);
            asked += 1;
        }
        asked
    };
    let building = async {
        for ((model, _), first) in MODELS.iter().zip(&first) {
            let folder = folder(&system, model);
            eventually("the new one to answer", PATIENCE, async || {
                assert!(!folder.join("REBUILD.failed").exists(), "{model} is not built");
                (!folder.join("REBUILD").exists() && current(&folder) != *first).then_some(())
            })
            .await;
        }
        done.store(true, Ordering::Relaxed);
    };
    let (asked, ()) = tokio::join!(asking, building);
    assert!(asked > 0, "it was asked meanwhile");
    assert_eq!(answers(&client).await, expected);

    system.stop(PROJECTOR).await;
    for ((model, _), old) in MODELS.iter().zip(&before) {
        let new = rows::read(&folder(&system, model));
        assert!(old.len() > 500, "{model} has {} rows", old.len());
        assert!(*old == new, "{model} differ:\n{}", rows::differences(old, &new).join("\n"));
    }
}

async fn answers(client: &Client) -> Vec<serde_json::Value> {
    let mut answers = Vec::new();
    for (_, question) in MODELS {
        answers.push(client.get(question).await.ok());
    }
    answers
}

/// Which build answers.
fn current(folder: &Path) -> String {
    fs::read_to_string(folder.join("CURRENT")).expect("a read model says which build answers")
}
