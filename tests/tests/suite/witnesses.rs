//! Witnesses that are processes of their own, and a register that asks them.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use serde_json::{Value, json};
use system_tests::{Client, System};
use tempfile::TempDir;
use testkit::{Guarded, PATIENCE, eventually, free_port, http_client};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use transparency::checkpoint::{Checkpoint, Signed, Trust};
use transparency::note::{KeyName, Signer, Verifier};
use transparency::tree::{Frontier, Head, Node, consistency_proof, root};
use transparency::witness::{AddCheckpoint, Answer, checkpoint_path};
use transparency::{Hash, leaf_hash};

use crate::PROGRAM;

/// A `chancery witness` with a folder of its own.
struct Witness {
    folder: TempDir,
    port: u16,
    process: Option<Guarded>,
}

impl Witness {
    async fn start(logs: &Path) -> Self {
        let folder = TempDir::with_prefix("chancery-witness-").expect("a temporary folder");
        fs::copy(logs, folder.path().join("logs")).expect("it is readable");
        let mut witness = Self { folder, port: free_port(), process: None };
        witness.begin().await;
        witness
    }

    async fn begin(&mut self) {
        let (folder, address) = (self.folder.path(), format!("127.0.0.1:{}", self.port));
        let mut command = Command::new(PROGRAM);
        command.args(["witness", "--listen", &address, "--admin", "127.0.0.1:0", "--data"]);
        command.arg(folder.join("data")).arg("--logs").arg(folder.join("logs"));
        command.stdout(Stdio::null()).stderr(File::create(folder.join("log")).expect("it is writable"));
        let mut process = Guarded::spawn(&mut command, folder);
        eventually("the witness", PATIENCE, async || {
            let log = || fs::read_to_string(folder.join("log")).unwrap_or_default();
            assert!(!process.has_ended(), "it ended: {}", log());
            http_client().get(format!("http://{address}/")).send().await.is_ok().then_some(())
        })
        .await;
        self.process = Some(process);
    }

    fn kill(&mut self) {
        self.process = None;
    }

    /// What it writes to its log.
    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Knows these logs from here on, once it has read so.
    async fn know(&self, signers: &[&Signer]) {
        let line = |signer: &&Signer| format!("log {}\n", signer.verifier());
        self.told(&signers.iter().map(line).collect::<String>(), "the logs were read again").await;
    }

    async fn told(&self, logs: &str, says: &str) {
        let count = || self.log().matches(says).count();
        let before = count();
        fs::write(self.folder.path().join("logs"), logs).expect("it is writable");
        self.process.as_ref().expect("it runs").hang_up();
        eventually(says, PATIENCE, async || (count() > before).then_some(())).await;
    }

    fn key(&self) -> Verifier {
        let text =
            fs::read_to_string(self.folder.path().join("data/keys/witness.vkey")).expect("it has a key");
        text.trim_end().parse().expect("a key")
    }

    async fn ask(&self, request: &AddCheckpoint) -> Answer {
        let url = format!("http://127.0.0.1:{}/add-checkpoint", self.port);
        let answer = http_client().post(url).body(request.to_string()).send().await.expect("it answers");
        let status = answer.status().as_u16();
        Answer::parse(status, &answer.bytes().await.expect("a body")).expect("an answer of the protocol")
    }
}

/// A register, the witnesses that it asks, and where its policy is.
struct World {
    system: System,
    witnesses: Vec<Witness>,
    policy: PathBuf,
    _folder: TempDir,
}

impl World {
    async fn new(count: usize, required: usize) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let mut system = System::start(PROGRAM, &[&["registrar", "projector", "auditor", "gateway"]]).await;
        let key = fs::read_to_string(system.data(0).join("keys/checkpoint.vkey")).expect("it has a key");
        let (logs, policy) = (folder.path().join("logs"), folder.path().join("policy"));
        fs::write(&logs, format!("log {key}")).expect("it is writable");
        let (mut witnesses, mut text) = (Vec::new(), String::new());
        for number in 0..count {
            let witness = Witness::start(&logs).await;
            text += &format!("witness w{number} {} http://127.0.0.1:{}\n", witness.key(), witness.port);
            witnesses.push(witness);
        }
        let names = (0..count).map(|number| format!(" w{number}")).collect::<String>();
        fs::write(&policy, format!("{text}group all-of-them {required}{names}\nquorum all-of-them\n"))
            .expect("writable");
        system.stop(0).await;
        system.set_flags(&["--witnesses", policy.to_str().expect("UTF-8")]);
        system.start_again(0).await;
        Self { system, witnesses, policy, _folder: folder }
    }

    fn signer(&self) -> Signer {
        let text = fs::read_to_string(self.system.data(0).join("keys/checkpoint.key")).expect("it has a key");
        text.trim_end().parse().expect("a key")
    }

    fn trust(&self, quorum: usize) -> Trust {
        let keys = self.witnesses.iter().map(Witness::key).collect();
        Trust::in_log(self.signer().verifier().clone()).witnessed_by(keys, quorum)
    }

    /// The checkpoint that so many witnesses have cosigned, once it covers a position.
    async fn witnessed(&self, client: &Client, position: u64, quorum: usize) -> Signed {
        eventually("the cosignatures", PATIENCE, async || {
            let answer = client.get(&format!("/checkpoint?witnessed=true&min_position={position}")).await;
            let signed =
                (answer.status == 200).then(|| Signed::parse(&answer.bytes).expect("a checkpoint"))?;
            assert!(signed.checkpoint().head().size >= position);
            // Those beyond the required number may come a little later.
            signed.open(&self.trust(quorum)).is_ok().then_some(signed)
        })
        .await
    }
}

async fn record(client: &Client, count: u64) -> u64 {
    let mut position = 0;
    for _ in 0..count {
        let data = json!({"kind": "call", "participants": ["CA"]});
        position = client.submit(&json!({"type": "engagement.held", "data": data})).await.position();
    }
    position
}

async fn shown(client: &Client) -> Value {
    client.get("/v1/audit/witnesses").await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn witnesses_cosign_and_one_that_is_killed_keeps_its_memory() {
    let mut world = World::new(3, 2).await;
    let client = world.system.client();
    let first = record(&client, 3).await;
    let signed = world.witnessed(&client, first, 3).await;
    verified_by_python(&world, &signed, 3);
    let report = shown(&client).await;
    assert_eq!((&report["required"], &report["cosigned"]), (&json!(2), &json!(3)), "{report:#}");
    assert!(report["witnesses"].as_array().expect("a list").iter().all(|one| one["failure"].is_null()));

    evidence_is_witnessed(&world);

    // One is away: enough are left, and who is missing is named.
    world.witnesses[0].kill();
    let second = record(&client, 4).await;
    world.witnessed(&client, second, 2).await;
    eventually("the failure to be shown", PATIENCE, async || {
        let report = shown(&client).await;
        (report["cosigned"] == 2 && report["witnesses"][0]["failure"].is_string()).then_some(())
    })
    .await;
    // Two are away: nothing is witnessed any more, and everything else goes on.
    world.witnesses[1].kill();
    let third = record(&client, 2).await;
    let answer = client.get(&format!("/checkpoint?min_position={third}")).await;
    let signed = Signed::parse(&answer.bytes).expect("a checkpoint");
    assert!(signed.checkpoint().head().size >= third);
    let ready = http_client().get(format!("http://{}/ready", world.system.admin(0))).send().await;
    let ready = ready.expect("it answers").json::<Value>().await.expect("JSON");
    assert_eq!(ready["ready"], true);
    assert!(
        ready["notes"]["auditor.witnesses"].as_str().is_some_and(|note| note.contains("of 2 required")),
        "{ready}"
    );

    // Both come back on their folders; the one that missed most is brought up with one proof.
    for number in [0, 1] {
        world.witnesses[number].begin().await;
    }
    let fourth = record(&client, 1).await;
    world.witnessed(&client, fourth, 3).await;
    let metrics = http_client().get(format!("http://{}/metrics", world.system.admin(0))).send().await;
    let metrics = metrics.expect("it answers").text().await.expect("text");
    assert!(metrics.contains("chancery_audit_witnesses_required 2"), "{metrics}");
    assert!(metrics.contains("chancery_audit_witness_failures_total{witness=\"w0\"}"), "{metrics}");
    forks_are_refused(&world, fourth).await;

    // A register that starts again without a witness to be reached has not forgotten.
    for witness in &mut world.witnesses {
        witness.kill();
    }
    world.system.kill(0);
    world.system.start_again(0).await;
    let client = world.system.client();
    world.witnessed(&client, fourth, 2).await;
    // Nor has one whose file is gone: the stream has it.
    world.system.kill(0);
    fs::remove_file(world.system.data(0).join("signed/cosigned")).expect("it was written");
    world.system.start_again(0).await;
    world.witnessed(&world.system.client(), fourth, 2).await;
    assert!(fs::read_to_string(&world.policy).is_ok());
}

/// A file of evidence with cosignatures, and what a verifier who asks for them says of it.
fn evidence_is_witnessed(world: &World) {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("evidence.json");
    let file = file.to_str().expect("UTF-8");
    let run = |words: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.args(words).env("CHANCERY_TOKEN", world.system.token());
        command.output().expect("it runs")
    };
    let url = format!("http://{}", world.system.address());
    let listed = run(&["list", "engagements", "--json", "--url", &url]);
    let listed = serde_json::from_slice::<Value>(&listed.stdout).expect("JSON");
    let record = format!("engagement/{}", listed["items"][0]["id"].as_str().expect("an id"));
    let export = run(&["export", "--evidence", &record, "--witnessed", "--url", &url, "-o", file]);
    assert!(export.status.success(), "{export:?}");
    let (key, keys) = (world.signer().verifier().to_string(), world.trust(0).witnesses);
    let witnesses = keys.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut words = vec!["verify", file, "--key", &key];
    words.extend(witnesses.iter().flat_map(|witness| ["--witness", witness.as_str()]));
    let [two, four] =
        ["2", "4"].map(|quorum| run(&[&words[..], &["--quorum", quorum]].concat()).status.code());
    assert_eq!((two, four), (Some(0), Some(1)));
}

/// Another tree in the log's name, signed by its own key.
async fn forks_are_refused(world: &World, size: u64) {
    let (mut tree, mut nodes) = (Frontier::default(), Vec::<(Node, Hash)>::new());
    let mut grow = |tree: &mut Frontier, to: u64| {
        while tree.size() < to {
            nodes.extend(tree.append(leaf_hash(&tree.size().to_be_bytes())).expect("there is room"));
        }
        let read =
            |node: Node| nodes.iter().find(|(other, _)| *other == node).map(|(_, hash)| *hash).ok_or(node);
        let proof = consistency_proof(&read, size, to).expect("in the tree");
        let checkpoint =
            Checkpoint::new(world.signer().verifier().name().as_str(), tree.head()).expect("a name");
        AddCheckpoint { old: size, proof, checkpoint: Signed::sign(checkpoint, &world.signer()) }
    };
    let (same, more) = (grow(&mut tree, size), grow(&mut tree, size + 3));
    for witness in &world.witnesses {
        assert_eq!(witness.ask(&same).await, Answer::Inconsistent);
        assert_eq!(witness.ask(&more).await, Answer::Inconsistent);
        let from_nothing = AddCheckpoint { old: 0, proof: Vec::new(), ..more.clone() };
        assert_eq!(witness.ask(&from_nothing).await, Answer::Conflict { size });
    }
}

/// The cosignatures by a verifier that shares no code with us, and with one of them changed.
fn verified_by_python(world: &World, signed: &Signed, quorum: usize) {
    let folder = TempDir::new().expect("a temporary folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/transparency/tests/verify/verify.py");
    let code = |text: &str, quorum: usize| {
        let file = folder.path().join("checkpoint");
        fs::write(&file, text).expect("it is writable");
        let mut command = Command::new("python3");
        command.arg("-B").arg(&script).arg("checkpoint").arg(file);
        command.args(["--key", &world.signer().verifier().to_string(), "--quorum", &quorum.to_string()]);
        for witness in &world.witnesses {
            command.args(["--witness", &witness.key().to_string()]);
        }
        command.output().expect("python3 runs").status.code()
    };
    if Command::new("python3").arg("--version").output().is_err()
        && std::env::var_os("WITHOUT_PYTHON").is_some()
    {
        return;
    }
    let text = signed.to_string();
    assert_eq!(code(&text, quorum), Some(0));
    assert_eq!(code(&text, quorum + 1), Some(1));
    let last = text.trim_end().rsplit_once('\n').expect("lines").0;
    assert_eq!(code(&format!("{last}\n"), quorum), Some(1), "one cosignature less");
    let place = text.len() - 20;
    let other = if &text[place..=place] == "A" { "B" } else { "A" };
    let changed = format!("{}{other}{}", &text[..place], &text[place + 1..]);
    assert_eq!(code(&changed, 0), Some(1), "one changed");
}

/// A log of its own, every tree of which is known; leaves from `fork` on differ with the salt.
struct History {
    nodes: HashMap<Node, Hash>,
    signer: Signer,
}

impl History {
    fn new(signer: &Signer, size: u64, fork: u64, salt: u8) -> Self {
        let mut tree = Frontier::default();
        let leaf = |index: u64| [&[if index < fork { 0 } else { salt }], &index.to_be_bytes()[..]].concat();
        let nodes = (0..size).flat_map(|index| tree.append(leaf_hash(&leaf(index))).expect("there is room"));
        Self { nodes: nodes.collect(), signer: signer.clone() }
    }

    fn read(&self) -> impl Fn(Node) -> Result<Hash, Node> + '_ {
        |node| self.nodes.get(&node).copied().ok_or(node)
    }

    fn request(&self, old: u64, new: u64) -> AddCheckpoint {
        let head = Head { size: new, root: root(&self.read(), new).expect("in the tree") };
        let checkpoint = Checkpoint::new(self.signer.verifier().name().as_str(), head).expect("a name");
        let proof = consistency_proof(&self.read(), old, new).expect("in the tree");
        AddCheckpoint { old, proof, checkpoint: Signed::sign(checkpoint, &self.signer) }
    }
}

fn log_signer(name: &str, seed: u8) -> Signer {
    Signer::from_seed(KeyName::new(name).expect("a name"), &[seed; 32])
}

/// A witness that knows these logs.
async fn witness_of(signers: &[&Signer]) -> Witness {
    let folder = TempDir::new().expect("a temporary folder");
    let logs = folder.path().join("logs");
    let line = |signer: &&Signer| format!("log {}\n", signer.verifier());
    fs::write(&logs, signers.iter().map(line).collect::<String>()).expect("it is writable");
    Witness::start(&logs).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_learns_of_logs_and_keys_while_it_runs_and_forgets_nothing() {
    let (a, next, b) =
        (log_signer("a.example/log", 1), log_signer("a.example/log", 2), log_signer("b.example/log", 3));
    let witness = witness_of(&[&a]).await;
    let [of_a, of_next, of_b] = [&a, &next, &b].map(|signer| History::new(signer, 20, 20, 0));
    assert!(matches!(witness.ask(&of_a.request(0, 7)).await, Answer::Cosigned(_)));
    assert_eq!(witness.ask(&of_b.request(0, 7)).await, Answer::UnknownLog);
    assert_eq!(witness.ask(&of_next.request(7, 8)).await, Answer::NotByLog);
    witness.know(&[&a, &next, &b]).await;
    assert!(matches!(witness.ask(&of_b.request(0, 7)).await, Answer::Cosigned(_)));
    assert!(matches!(witness.ask(&of_next.request(7, 8)).await, Answer::Cosigned(_)));
    // A log that goes and comes is the one that it was.
    witness.know(&[&b]).await;
    assert_eq!(witness.ask(&of_a.request(8, 9)).await, Answer::UnknownLog);
    witness.know(&[&next, &b]).await;
    assert_eq!(witness.ask(&of_next.request(0, 9)).await, Answer::Conflict { size: 8 });
    assert_eq!(witness.ask(&of_a.request(8, 9)).await, Answer::NotByLog);
    assert!(matches!(witness.ask(&of_next.request(8, 9)).await, Answer::Cosigned(_)));
    // What cannot be read changes nothing.
    for bad in ["", "nonsense\n"] {
        witness.told(bad, "the logs stay those that were known").await;
        assert!(matches!(witness.ask(&of_b.request(7, 7)).await, Answer::Cosigned(_)));
    }
}

/// How often the witness is killed, and how many ask it meanwhile.
const KILLS: usize = 15;
const CLIENTS: u64 = 12;

/// Larger than it gets to be.
const LARGEST: u64 = 20_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_ask_at_once_and_no_kill_makes_a_witness_cosign_two_histories_or_go_back() {
    let signer = log_signer("a.example/log", 1);
    let mut witness = witness_of(&[&signer]).await;
    let histories = [0, 1].map(|salt| Arc::new(History::new(&signer, LARGEST, 10, salt)));
    let url = format!("http://127.0.0.1:{}/add-checkpoint", witness.port);
    // The largest that anybody was given a cosignature of, and until when they ask.
    let (largest, done) = (Arc::new(AtomicU64::new(0)), CancellationToken::new());
    let mut asking = JoinSet::new();
    for number in 0..CLIENTS {
        let history = histories[usize::from(number % 2 == 1)].clone();
        let (url, key, largest, done) = (url.clone(), witness.key(), largest.clone(), done.clone());
        asking.spawn(async move {
            let (http, mut heads, mut old) = (http_client(), Vec::new(), 0);
            while !done.is_cancelled() {
                let new = (old + 1 + (number + old) % 3).min(LARGEST);
                let (mut request, before) = (history.request(old, new), largest.load(SeqCst));
                let answer = http.post(&url).body(request.to_string()).send().await;
                let Ok(answer) = answer else { continue };
                let status = answer.status().as_u16();
                let Ok(body) = answer.bytes().await else { continue };
                match Answer::parse(status, &body).expect("an answer of the protocol") {
                    Answer::Cosigned(signatures) => {
                        request.checkpoint.attach(signatures[0].clone()).expect("there is room");
                        request.checkpoint.note().verify([&key]).expect("its signature");
                        assert!(new >= before, "it went back from {before} to {new}");
                        largest.fetch_max(new, SeqCst);
                        heads.push(request.checkpoint.checkpoint().head());
                        old = new;
                    }
                    Answer::Conflict { size } => old = size,
                    // Of the other history; who has lost goes on trying.
                    Answer::Inconsistent => {}
                    other => panic!("{other:?}"),
                }
            }
            heads
        });
    }
    for _ in 0..KILLS {
        let before = largest.load(SeqCst);
        let grown = async || (largest.load(SeqCst) > before + 20).then_some(());
        eventually("more cosignatures", PATIENCE, grown).await;
        witness.kill();
        witness.begin().await;
    }
    done.cancel();
    let heads = asking.join_all().await.concat();
    let mut roots = BTreeMap::new();
    for head in &heads {
        assert_eq!(roots.entry(head.size).or_insert(head.root), &head.root, "two trees of {}", head.size);
    }
    let of = |history: &History| {
        let beyond = roots.iter().filter(|(size, _)| **size > 10);
        beyond.clone().count() > 0
            && beyond.clone().all(|(size, found)| root(&history.read(), *size) == Ok(*found))
    };
    assert!(of(&histories[0]) != of(&histories[1]), "one history alone");
    assert!(roots.len() > KILLS * 5, "{}", roots.len());
    let last = format!("http://127.0.0.1:{}/{}", witness.port, checkpoint_path("a.example/log"));
    let last = http_client().get(last).send().await.expect("it answers").bytes().await.expect("a body");
    let last = Signed::parse(&last).expect("a checkpoint").checkpoint().head();
    assert!(last.size >= largest.load(SeqCst));
}
