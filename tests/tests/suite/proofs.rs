//! What the register says is proved to who does not trust it: over HTTP, by a verifier that shares no code with it.

use std::fs;
use std::path::Path;
use std::process::Command;

use async_nats::jetstream::{self, consumer::pull::OrderedConfig};
use contract::{Principal, Role, subjects};
use futures_util::{StreamExt, join};
use serde_json::{Value, json};
use system_tests::{AGENCY, Client, System, log, principal};
use tempfile::TempDir;
use testkit::{PATIENCE, eventually};
use transparency::checkpoint::Signed;
use transparency::leaf::leaf;
use transparency::leaf_hash;
use transparency::tiles::{Entries, Tile, for_root};
use transparency::tree::Frontier;

use crate::{PROGRAM, record, whole};

pub(crate) const HOLDS: i32 = 0;
const DOES_NOT_HOLD: i32 = 1;

/// `verify.py`, which was written from the standards alone, and files to give it.
pub(crate) struct Verifier {
    folder: TempDir,
    key: String,
}

impl Verifier {
    /// `None` where there is no Python and it was said that this is fine.
    #[expect(clippy::print_stderr, reason = "what was not checked is said")]
    pub(crate) fn find(data: &Path) -> Option<Self> {
        let found =
            Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
        if !found {
            let allowed = std::env::var_os("WITHOUT_PYTHON").is_some();
            assert!(allowed, "NOT CHECKED: python3 is not here; set WITHOUT_PYTHON to do without");
            eprintln!("NOT CHECKED against a second implementation: python3 is not here");
            return None;
        }
        let key = fs::read_to_string(data.join("keys/checkpoint.vkey")).expect("the auditor has a key");
        Some(Self { folder: TempDir::new().expect("a temporary folder"), key: key.trim_end().to_owned() })
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("the folder is writable");
        path.to_str().expect("UTF-8").to_owned()
    }

    /// Its exit code, trusting the register's key.
    pub(crate) fn code(&self, arguments: &[&str]) -> i32 {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/transparency/tests/verify/verify.py");
        let output =
            Command::new("python3").arg("-B").arg(script).args(arguments).args(["--key", &self.key]).output();
        output.expect("it runs").status.code().expect("it ends by itself")
    }
}

fn auditor(level: &str) -> Principal {
    let roles = [Role::Reader, Role::Auditor].into();
    Principal { subject: "auditor".into(), roles, level: level.into(), ..principal(AGENCY, "PK") }
}

async fn bytes(client: &Client, path: &str) -> Vec<u8> {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {:#}", answer.body);
    answer.bytes.to_vec()
}

fn flipped(bytes: &[u8], place: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[place] ^= 1;
    bytes
}

#[tokio::test]
async fn what_was_recorded_is_proved_and_one_changed_byte_is_found() {
    let system = whole().await;
    let Some(verifier) = Verifier::find(system.data(0)) else { return };
    let (officer, auditor) = (system.client(), system.client_as(&auditor("TOP SECRET")));
    let first = record(&officer, "report-a").await["position"].as_u64().expect("a position");
    let old = bytes(&officer, &format!("/checkpoint?min_position={first}")).await;
    let recorded = record(&officer, "report-b").await;
    let position = recorded["position"].as_u64().expect("a position");
    let new = bytes(&officer, &format!("/checkpoint?min_position={position}")).await;
    let checkpoint = verifier.file("checkpoint", &new);
    assert_eq!(verifier.code(&["checkpoint", &checkpoint]), HOLDS);
    let [old, signed] =
        [&old, &new].map(|bytes| Signed::parse(bytes).expect("a checkpoint").checkpoint().head());
    assert!(old.size >= first && old.size < signed.size);
    let larger = [signed.size, signed.size + 1].map(|size| format!("\n{size}\n"));
    let larger = String::from_utf8_lossy(&new).replacen(&larger[0], &larger[1], 1);
    assert_eq!(verifier.code(&["checkpoint", &verifier.file("larger", larger)]), DOES_NOT_HOLD);

    // Some events, as they are read over HTTP: the register adds their `sequence` on reading.
    for event in recorded["events"].as_array().expect("events").iter().step_by(9) {
        let uid = event["uid"].as_str().expect("a uid");
        let mut envelope = officer.get(&format!("/v1/events/{uid}")).await.ok()["event"].take();
        envelope.as_object_mut().expect("an object").remove("sequence");
        let text = bytes(&officer, &format!("/v1/audit/events/{uid}/proof")).await;
        let proof = verifier.file("proof", &text);
        let event = verifier.file("event", envelope.to_string());
        assert_eq!(verifier.code(&["proof", &proof, "--event", &event]), HOLDS, "{uid}");
        let leaf = bytes(&officer, &format!("/v1/audit/leaves/{uid}")).await;
        assert_eq!(
            verifier.code(&["proof", &proof, "--leaf", &verifier.file("leaf", &leaf)]),
            HOLDS,
            "{uid}"
        );
        let changed = verifier.file("leaf", flipped(&leaf, leaf.len() / 2));
        assert_eq!(verifier.code(&["proof", &proof, "--leaf", &changed]), DOES_NOT_HOLD, "{uid}");
        envelope["data"]["added"] = Value::Bool(true);
        let changed = verifier.file("event", envelope.to_string());
        assert_eq!(verifier.code(&["proof", &proof, "--event", &changed]), DOES_NOT_HOLD, "{uid}");
    }

    // The whole log by its entries, and its tree by its tiles.
    let mut bundles = Vec::new();
    for index in 0..signed.size.div_ceil(256) {
        let entries = Entries::in_tree(index, signed.size).expect("it is in the tree");
        bundles.push(bytes(&auditor, &format!("/{entries}")).await);
    }
    let files = bundles.iter().enumerate().map(|(index, bundle)| verifier.file(&index.to_string(), bundle));
    let files = files.collect::<Vec<_>>();
    let arguments =
        [vec!["entries", checkpoint.as_str()], files.iter().map(String::as_str).collect()].concat();
    assert_eq!(verifier.code(&arguments), HOLDS);
    for place in [2, bundles[0].len() / 2, bundles[0].len() - 1] {
        verifier.file("0", flipped(&bundles[0], place));
        assert_eq!(verifier.code(&arguments), DOES_NOT_HOLD, "{place}");
    }
    let leaves = transparency::tiles::read_bundle(&bundles[0]).expect("a bundle");
    let tile = Tile::in_tree(0, 0, signed.size).expect("it is in the tree");
    let hashes = leaves.iter().flat_map(|leaf| *leaf_hash(leaf).as_bytes()).collect::<Vec<_>>();
    assert_eq!(bytes(&officer, &format!("/{tile}")).await, hashes);
    assert!(for_root(signed.size).contains(&tile));
    consistent(&verifier, &officer, old.size, signed.size).await;
}

/// The growth between two sizes, by the verifier.
async fn consistent(verifier: &Verifier, client: &Client, from: u64, to: u64) {
    let proof = client.get(&format!("/v1/audit/consistency?from={from}&to={to}")).await.ok();
    let root = |which: &str| proof[which]["root"].as_str().expect("a root").to_owned();
    let hashes =
        proof["hashes"].as_array().expect("hashes").iter().map(|hash| hash.as_str().expect("a hash"));
    let hashes = hashes.collect::<Vec<_>>();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/transparency/tests/verify/verify.py");
    let code = |old_root: &str| {
        let sizes = [from.to_string(), to.to_string()];
        let (new_root, mut command) = (root("to"), Command::new("python3"));
        command.arg("-B").arg(&script).args(["consistency", "--old", &sizes[0], "--new", &sizes[1]]);
        command.args(["--old-root", old_root, "--new-root", &new_root, "--"]).args(&hashes);
        command.output().expect("it runs").status.code()
    };
    assert_eq!(code(&root("from")), Some(HOLDS));
    assert_eq!(code(&leaf_hash(b"forged").to_string()), Some(DOES_NOT_HOLD));
    assert!(!verifier.key.is_empty());
}

#[tokio::test]
async fn proofs_are_for_who_may_see_and_tiles_tell_nothing() {
    let system = whole().await;
    let officer = system.client();
    let event = json!({
        "id": "hidden", "type": "engagement.held", "marking": "SECRET",
        "data": {"kind": "meeting", "title": "A hidden meeting", "participants": ["CA"]},
    });
    let recorded = officer.submit(&event).await;
    let position = recorded.position();
    let uid = recorded.ok()["events"][0]["uid"].as_str().expect("a uid").to_owned();
    let minimum = format!("min_position={position}");
    let paths =
        [format!("/v1/audit/events/{uid}/proof?{minimum}"), format!("/v1/audit/leaves/{uid}?{minimum}")];
    let of_nobody = format!("/v1/audit/events/{}/proof?{minimum}", uuid::Uuid::nil());
    let low = Principal { level: "OFFICIAL".into(), ..principal(AGENCY, "PK") };
    let (low, anybody, nobody) =
        (system.client_as(&low), system.client_as(&auditor("SECRET")), system.client_with(None));
    for path in &paths {
        assert_eq!(officer.get(path).await.status, 200, "{path}");
        let refused = low.get(path).await;
        assert_eq!(refused.problem(), (404, "not-found", vec![]));
        assert_eq!(refused.body["detail"].as_str().map(|text| text.replace(&uid, "")), {
            let none = low.get(&of_nobody).await;
            none.body["detail"].as_str().map(|text| text.replace(&uuid::Uuid::nil().to_string(), ""))
        });
    }
    let tile = format!("/tile/0/000.p/{position}");
    for path in [&format!("/checkpoint?{minimum}"), &tile, "/v1/audit/consistency?from=0"] {
        assert_eq!(low.get(path).await.status, 200, "{path}");
        assert_eq!(nobody.get(path).await.status, 401, "{path}");
    }
    let entries = format!("/tile/entries/000.p/{position}");
    assert_eq!(system.client_as(&auditor("TOP SECRET")).get(&entries).await.status, 200);
    for (client, status) in [(&officer, 403), (&low, 403), (&anybody, 403), (&nobody, 401)] {
        assert_eq!(client.get(&entries).await.status, status);
    }
    let cached = low.get(&tile).await.headers["cache-control"].clone();
    assert_eq!(cached, "private, max-age=31536000, immutable");
    assert_eq!(low.get("/checkpoint").await.headers["cache-control"], "private, no-cache");
}

const AUDITOR: usize = 2;

/// How often it is killed.
const KILLS: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_that_is_killed_under_load_never_signs_two_histories_or_leaves_a_gap() {
    let processes: [&[&str]; 4] = [&["registrar"], &["projector"], &["auditor"], &["gateway"]];
    let mut system = System::start(PROGRAM, &processes).await;
    let client = system.client();
    let done = std::sync::atomic::AtomicBool::new(false);
    let recording = async {
        let mut number = 0;
        while !done.load(std::sync::atomic::Ordering::Relaxed) {
            number += 1;
            let data = json!({"kind": "call", "participants": ["CA"], "title": format!("Call {number}")});
            let event = json!({"id": format!("load/{number}"), "type": "engagement.held", "data": data});
            client.submit_until_taken(&event).await;
        }
    };
    let killing = async {
        for kill in 0..KILLS {
            system.kill(AUDITOR);
            if kill % 4 == 3 {
                fs::remove_dir_all(system.data(AUDITOR).join("auditor")).expect("the tree is there");
            }
            system.start_again(AUDITOR).await;
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    };
    join!(recording, killing);

    let nats = system.nats().client().await;
    let events = log::read(&nats).await;
    let all = events.len() as u64;
    let last = bytes(&client, &format!("/checkpoint?min_position={all}")).await;
    let published = published(&nats).await;
    let sizes = published.iter().map(|signed| signed.checkpoint().head().size).collect::<Vec<_>>();
    assert!(sizes.windows(2).all(|pair| pair[0] < pair[1]), "{sizes:?}");
    assert!(sizes.len() > KILLS && sizes.last() == Some(&all), "{sizes:?}");
    let mut tree = Frontier::default();
    let mut signed = published.iter().map(|signed| signed.checkpoint().head()).peekable();
    while let Some(head) = signed.next_if(|head| head.size == 0) {
        assert_eq!(head, tree.head());
    }
    for event in &events {
        let envelope = serde_json::to_vec(&event.event).expect("an envelope is JSON");
        tree.append(leaf_hash(&leaf(&envelope).expect("a leaf"))).expect("there is room");
        if let Some(head) = signed.next_if(|head| head.size == tree.size()) {
            assert_eq!(head, tree.head());
        }
    }
    assert!(signed.next().is_none(), "every checkpoint is of the log");
    let file = fs::read(system.data(AUDITOR).join("signed/checkpoint")).expect("it is on file");
    assert_eq!(file, last);
    // It goes on.
    let event = json!({"type": "engagement.held", "data": {"kind": "call", "participants": ["CA"]}});
    let position = client.submit(&event).await.position();
    eventually("the next checkpoint", PATIENCE, async || {
        (client.get(&format!("/checkpoint?min_position={position}")).await.status == 200).then_some(())
    })
    .await;
}

/// Every checkpoint that was published, in order.
async fn published(client: &async_nats::Client) -> Vec<Signed> {
    let stream = jetstream::new(client.clone()).get_stream(subjects::CHECKPOINT_STREAM).await;
    let mut stream = stream.expect("the auditor has made the stream");
    let count = stream.info().await.expect("the server answers").state.messages;
    let consumer = stream.create_consumer(OrderedConfig::default()).await.expect("a consumer can be made");
    let messages = consumer.messages().await.expect("the consumer delivers");
    let messages = messages.take(usize::try_from(count).expect("few"));
    let read =
        messages.map(|message| Signed::parse(&message.expect("a message").payload).expect("a checkpoint"));
    read.collect().await
}
