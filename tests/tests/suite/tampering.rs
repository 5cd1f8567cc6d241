//! Somebody with the disk, the files and even the key tampers with a register: each time it is found, and said what.
//!
//! Of a small register with every run; `make attack` does it to one of 200,000 events (`EVENTS` says otherwise).

use std::collections::HashMap;
use std::env;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use contract::subjects::STREAM;
use eventlog::EventLog;
use futures_util::StreamExt;
use serde_json::{Value, json};
use system_tests::System;
use system_tests::generate::{Size, load};
use tempfile::TempDir;
use testkit::{eventually, stored};
use transparency::canonical::canonical;
use transparency::checkpoint::{Checkpoint, Signed};
use transparency::export::{Block, Header, blocks, width};
use transparency::leaf::of_message;
use transparency::note::Signer;
use transparency::tree::{Frontier, Head, Node, inclusion_proof};
use transparency::{Hash, leaf_hash};

use crate::{PROGRAM, log_of};

/// Nothing takes longer, on a large register and a slow machine.
const PATIENCE: Duration = Duration::from_secs(1_200);

const ALL: usize = 0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_tampered_with_in_a_register_is_named() {
    attack(1_500).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: make attack"]
async fn whatever_is_tampered_with_in_a_large_register_is_named() {
    let events = env::var("EVENTS").map_or(200_000, |events| events.parse().expect("a number of events"));
    attack(events).await;
}

async fn attack(events: u64) {
    let mut world = World::new(events).await;
    world.an_export_is_verified_and_what_was_changed_in_it_named();
    world.a_checkpoint_signed_again_is_refused().await;
    world.altered_files_are_refused().await;
    world.a_backup_that_forks_history_is_found().await;
}

/// A register that signed for all of its events, and does not run; a backup of it; who followed it.
struct World {
    system: System,
    size: u64,
    /// Whose event is tampered with.
    position: u64,
    signer: Signer,
    folder: TempDir,
    begun: Instant,
}

impl World {
    async fn new(events: u64) -> Self {
        let begun = Instant::now();
        let mut system = System::start(PROGRAM, &[&["registrar", "auditor", "gateway"]]).await;
        let log = log_of(&mut system).await;
        // With more engagements than that takes, so that it does not end by itself before.
        let size = Size { engagements: u32::try_from(events / 5).expect("few"), ..Size::of_events(events) };
        let size = load(&log, size, |_| {}).await.expect("an empty log takes them");
        assert_eq!(size, events);
        let folder = TempDir::with_prefix("chancery-attack-").expect("a temporary folder");
        let key = fs::read_to_string(system.data(ALL).join("keys/checkpoint.key")).expect("it has a key");
        let signer = key.trim_end().parse().expect("a key");
        let mut world = Self { system, size, position: size * 3 / 4, signer, folder, begun };
        world.say(&format!("{size} events loaded"));
        world.followed("size", &json!(size)).await;
        world.say("signed, and followed");
        write_export(&log, &world.signed(), &world.file("export")).await;
        world.say("exported");
        world.system.stop(ALL).await;
        world.system.nats().kill().await;
        let (nats, data) = (world.system.nats().folder().to_owned(), world.system.data(ALL).to_owned());
        copy(&nats.join("store"), &world.file("store"));
        copy(&data, &world.file("data"));
        world
    }

    #[expect(clippy::print_stderr, reason = "how long it takes is to be known")]
    fn say(&self, what: &str) {
        eprintln!("{:7.1} s: {what}", self.begun.elapsed().as_secs_f64());
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The last checkpoint.
    fn signed(&self) -> Signed {
        let kept = fs::read(self.system.data(ALL).join("signed/checkpoint")).expect("it is kept");
        Signed::parse(&kept).expect("a checkpoint")
    }

    /// The same size and another tree, signed with the key.
    fn signed_again(&self) -> Signed {
        let head = Head { size: self.size, root: leaf_hash(b"another history") };
        let checkpoint = Checkpoint::new(self.signer.verifier().name().as_str(), head).expect("a name");
        Signed::sign(checkpoint, &self.signer)
    }

    fn verify(&self, words: &[&str]) -> Output {
        let mut command = Command::new(PROGRAM);
        command.arg("verify").args(words).args(["--key", &self.signer.verifier().to_string()]);
        command.env("CHANCERY_TOKEN", self.system.token()).output().expect("it runs")
    }

    /// Who follows the register sees this, once it comes.
    async fn followed(&self, member: &str, value: &Value) {
        let (log, state) = (format!("http://{}", self.system.address()), self.file("state"));
        let words = ["--log", &log, "--state", state.to_str().expect("UTF-8"), "--once", "--json"];
        eventually(&format!("{member} {value}"), PATIENCE, async || {
            let done = self.verify(&words);
            let told = serde_json::from_slice::<Value>(&done.stdout).unwrap_or_default();
            (told[member] == *value).then_some(())
        })
        .await;
    }

    fn an_export_is_verified_and_what_was_changed_in_it_named(&self) {
        let text = fs::read_to_string(self.file("export")).expect("it was written");
        let mut lines = text.lines().map(str::to_owned).collect::<Vec<_>>();
        let file = self.file("tampered");
        let run = |lines: &[String]| {
            let mut out = BufWriter::new(File::create(&file).expect("it is writable"));
            lines.iter().for_each(|line| writeln!(out, "{line}").expect("it is writable"));
            out.into_inner().expect("it is writable").sync_all().expect("it is writable");
            self.verify(&[file.to_str().expect("UTF-8")])
        };
        let names = |lines: &[String], says: &str, what: &str| {
            let done = run(lines);
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.code() == Some(1) && said.contains(says), "{what}: {said}");
            self.say(&format!("{what}: {}", said.lines().nth(1).unwrap_or_default().trim()));
        };
        let done = run(&lines);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let said = String::from_utf8_lossy(&done.stdout);
        self.say(&format!("the export holds: {}", said.lines().last().unwrap_or_default().trim()));

        let at = format!("event at position {}: ", self.position);
        let place = line_of(self.position);
        let line = lines[place].clone();
        let letter = line.rfind("\"type\":\"").expect("a type") + 8;
        let swapped = if &line[letter..=letter] == "x" { "y" } else { "x" };
        lines[place].replace_range(letter..=letter, swapped);
        names(&lines, &at, "one byte of one event changed");
        lines[place].clone_from(&line);
        lines.remove(place);
        names(&lines, &at, "an event removed");
        lines.insert(place, line);
        // Of the same block; from one of another it is told that it is not the one that was recorded.
        let other = line_of(if self.position % 256 == 1 { self.position + 1 } else { self.position - 1 });
        lines.swap(place, other);
        names(&lines, &format!("{at}in its place stands"), "two events swapped");
        lines.swap(place, other);
        lines[0] = Header { checkpoint: self.signed_again(), timestamps: Vec::new() }.to_string();
        names(&lines, "block 0 is not proved", "a checkpoint signed again over another tree");
    }

    async fn a_checkpoint_signed_again_is_refused(&mut self) {
        let kept = self.system.data(ALL).join("signed/checkpoint");
        fs::write(&kept, self.signed_again().to_string()).expect("it is writable");
        let says = format!("two different trees of {} leaves were signed", self.size);
        self.refuses(&[says], "a checkpoint signed again, on the register's disk").await;
        self.restore().await;
    }

    async fn altered_files_are_refused(&mut self) {
        let position = self.position;
        let altered = stored::alter(self.system.nats().folder(), STREAM, |at, message| {
            if at == position {
                let place = message.windows(8).position(|bytes| bytes == b"\"type\":\"");
                message[place.expect("a type") + 8] ^= 1;
            }
        });
        assert_eq!(altered, 1);
        let says = format!("the log: what stands at position {position} is not what was signed");
        self.refuses(&[says], "one byte in the files of the stream, with a checksum that fits").await;
        self.restore().await;
        stored::damage(self.system.nats().folder(), STREAM, position);
        // The server leaves out what it cannot read, or ends there.
        let says = [format!("position {position} is missing"), format!("the log ends at {}", position - 1)];
        self.refuses(&says, "the same with one that does not").await;
        self.restore().await;
    }

    async fn a_backup_that_forks_history_is_found(&mut self) {
        self.begin().await;
        self.record("first").await;
        self.followed("size", &json!(self.size + 1)).await;
        self.system.stop(ALL).await;
        self.restore().await;
        self.begin().await;
        self.followed("finding", &json!("smaller")).await;
        self.record("second").await;
        self.followed("finding", &json!("fork")).await;
        self.say("a backup restored, signed checkpoints and all: who followed names the fork");
    }

    async fn record(&self, title: &str) {
        let data = json!({"kind": "call", "participants": ["CA"], "title": title});
        let recorded = self.system.client().submit(&json!({"type": "engagement.held", "data": data})).await;
        assert_eq!(recorded.position(), self.size + 1);
    }

    async fn begin(&mut self) {
        self.system.nats().restart().await;
        self.system.start_again(ALL).await;
    }

    /// Started so, it signs nothing, says why, and is not ready.
    async fn refuses(&mut self, says: &[String], what: &str) {
        self.system.nats().restart().await;
        self.system.begin(ALL);
        let log = eventually("the refusal", PATIENCE, async || {
            let log = self.system.log_of(ALL);
            log.contains("nothing is signed or proved any more").then_some(log)
        })
        .await;
        let said = says.iter().find(|says| log.contains(*says));
        let said = said.unwrap_or_else(|| panic!("{what}: {log}"));
        let ready =
            testkit::http_client().get(format!("http://{}/ready", self.system.admin(ALL))).send().await;
        assert_eq!(ready.expect("it answers").status(), 503, "{what}");
        self.system.kill(ALL);
        self.say(&format!("{what}: {said}"));
    }

    /// Everything is as it was in the backup, and nobody runs.
    async fn restore(&mut self) {
        self.system.nats().kill().await;
        let (store, data) = (self.system.nats().folder().join("store"), self.system.data(ALL).to_owned());
        for (folder, backup) in [(store, "store"), (data, "data")] {
            fs::remove_dir_all(&folder).expect("it is there");
            copy(&self.file(backup), &folder);
        }
    }
}

/// Where the event of a position stands among the lines of an export.
fn line_of(position: u64) -> usize {
    let before = 1 + (position - 1) / 256 + 1 + (position - 1);
    usize::try_from(before).expect("few")
}

/// Every event of the log with its proof, as `chancery export` writes it for who may see all.
async fn write_export(log: &EventLog, signed: &Signed, file: &Path) {
    let Head { size, .. } = signed.checkpoint().head();
    let mut out = BufWriter::new(File::create(file).expect("it is writable"));
    let (mut tree, mut nodes) = (Frontier::default(), HashMap::<Node, Hash>::new());
    let (mut hashes, mut events) = (Vec::new(), Vec::new());
    let mut entries = log.tail(0);
    while tree.size() < size {
        let entry = entries.next().await.expect("more is to come").expect("the log answers");
        let hash = leaf_hash(&of_message(&entry.subject.to_string(), &entry.payload));
        nodes.extend(tree.append(hash).expect("there is room"));
        hashes.push(hash);
        events.push(canonical(&entry.payload).expect("an envelope is JSON"));
    }
    writeln!(out, "{}", Header { checkpoint: signed.clone(), timestamps: Vec::new() })
        .expect("it is writable");
    let read = |node: Node| nodes.get(&node).copied().ok_or(node);
    let blocks = (0..blocks(size)).zip(hashes.chunks(256).zip(events.chunks(256)));
    for (number, (tile, events)) in blocks {
        let proof = inclusion_proof(&read, number * 256, size).expect("it is in the tree");
        let proof = Block::proof_of(width(number, size), &proof);
        writeln!(out, "{}", Block { number, proof, tile: tile.to_vec() }).expect("it is writable");
        events.iter().for_each(|event| writeln!(out, "{event}").expect("it is writable"));
    }
    out.flush().expect("it is writable");
}

/// Copies a folder that nobody writes to.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("it can be made");
    for entry in fs::read_dir(from).expect("it is there") {
        let entry = entry.expect("it is there");
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().expect("it is there").is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(path, to).expect("there is room");
        }
    }
}
