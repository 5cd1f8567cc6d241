//! A witness in this process, and logs whose trees are known.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use clap::Parser;
use reqwest::Client;
use service::Ground;
use service::settings::Basics;
use tempfile::TempDir;
use testkit::{PATIENCE, http_client};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use transparency::checkpoint::{Checkpoint, Signed};
use transparency::note::{KeyName, Signer, Verifier};
use transparency::tree::{self, Frontier, Head, Node};
use transparency::witness::{AddCheckpoint, Answer, checkpoint_path};
use transparency::{Hash, leaf_hash};
use witness::{Settings, Witness};

pub(crate) const ORIGIN: &str = "a.example/log";

pub(crate) fn signer(origin: &str, seed: u8) -> Signer {
    Signer::from_seed(KeyName::new(origin).unwrap(), &[seed; 32])
}

/// One key is one log's.
fn seed(origin: &str) -> u8 {
    if origin == ORIGIN { 1 } else { 9 }
}

/// A log that may be forked: leaves from `fork` on differ with the salt.
pub(crate) struct Log {
    nodes: BTreeMap<Node, Hash>,
    signer: Signer,
}

impl Log {
    pub(crate) fn new(origin: &str, size: u64) -> Self {
        Self::forked(origin, size, size, 0)
    }

    pub(crate) fn forked(origin: &str, size: u64, fork: u64, salt: u8) -> Self {
        let mut frontier = Frontier::default();
        let leaf = |index: u64| [&[if index < fork { 0 } else { salt }], &index.to_be_bytes()[..]].concat();
        let nodes = (0..size).flat_map(|index| frontier.append(leaf_hash(&leaf(index))).unwrap()).collect();
        Self { nodes, signer: signer(origin, seed(origin)) }
    }

    pub(crate) fn head(&self, size: u64) -> Head {
        Head { size, root: tree::root(&self.reader(), size).unwrap() }
    }

    fn reader(&self) -> impl Fn(Node) -> Result<Hash, Node> + '_ {
        |node| self.nodes.get(&node).copied().ok_or(node)
    }

    pub(crate) fn signed(&self, size: u64) -> Signed {
        let checkpoint = Checkpoint::new(self.signer.verifier().name().as_str(), self.head(size)).unwrap();
        Signed::sign(checkpoint, &self.signer)
    }

    pub(crate) fn request(&self, old: u64, new: u64) -> AddCheckpoint {
        let proof = tree::consistency_proof(&self.reader(), old, new).unwrap();
        AddCheckpoint { old, proof, checkpoint: self.signed(new) }
    }
}

/// A witness that runs.
pub(crate) struct Running {
    pub(crate) key: Verifier,
    pub(crate) url: String,
    client: Client,
    stop: CancellationToken,
    run: JoinHandle<()>,
}

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    basics: Basics,
}

pub(crate) async fn open(folder: &Path) -> anyhow::Result<(Ground, Witness)> {
    let logs = folder.join("logs");
    if !logs.exists() {
        let known =
            [ORIGIN, "b.example/log"].map(|origin| signer(origin, seed(origin)).verifier().to_string());
        fs::write(&logs, format!("# known\nlog {}\nlog {}\n", known[0], known[1])).unwrap();
    }
    let (data, logs) = (folder.to_str().unwrap(), logs.to_str().unwrap());
    let words =
        ["witness", "--data", data, "--logs", logs, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    let line = Line::parse_from(words);
    let ground = Ground::start(&line.basics).await?;
    let witness = Witness::open(&line.settings, folder, &ground).await?;
    Ok((ground, witness))
}

impl Running {
    pub(crate) async fn start(folder: &TempDir) -> Self {
        let (ground, witness) = open(folder.path()).await.unwrap();
        let (key, stop) = (witness.key().clone(), ground.shutdown.clone());
        let url = format!("http://{}", witness.address().unwrap());
        let run = tokio::spawn(async move {
            witness.run(&ground, Duration::from_secs(5)).await;
            ground.end().await;
        });
        Self { key, url, client: http_client(), stop, run }
    }

    pub(crate) async fn post(&self, body: String) -> (u16, String, String) {
        let answer =
            self.client.post(format!("{}/add-checkpoint", self.url)).body(body).send().await.unwrap();
        let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        (answer.status().as_u16(), kind.unwrap_or_default(), answer.text().await.unwrap())
    }

    pub(crate) async fn ask(&self, request: &AddCheckpoint) -> Answer {
        let (status, _, body) = self.post(request.to_string()).await;
        Answer::parse(status, body.as_bytes()).unwrap()
    }

    /// What it shows of a log.
    pub(crate) async fn last(&self, origin: &str) -> Option<Signed> {
        let url = format!("{}/{}", self.url, checkpoint_path(origin));
        let answer = self.client.get(url).send().await.unwrap();
        if answer.status() == 404 {
            return None;
        }
        Some(Signed::parse(&answer.bytes().await.unwrap()).unwrap())
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.run).await.expect("it stops").unwrap();
    }
}
