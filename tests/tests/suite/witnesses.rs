//! Witnesses that are processes of their own, and a register that asks them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use system_tests::{Client, System};
use tempfile::TempDir;
use testkit::{Guarded, PATIENCE, eventually, free_port, http_client};
use transparency::checkpoint::{Checkpoint, Signed, Trust};
use transparency::note::{Signer, Verifier};
use transparency::tree::{Frontier, Node, consistency_proof};
use transparency::witness::{AddCheckpoint, Answer};
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
