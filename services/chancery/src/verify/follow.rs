//! Following a log: each checkpoint must continue the last one that was seen.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::file;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;
use transparency::checkpoint::{Signed, Trust};
use transparency::tiles::{Entries, FULL, Tile, for_consistency, for_root, read_bundle};
use transparency::tree::{Frontier, Head, consistency_proof, root, verify_consistency};
use transparency::{Hash, leaf_hash};
use url::Url;

use super::trust::{Trusted, chain, checkpoint, signers};
use crate::client::Client;
use crate::failure::Failure;
use crate::out::{self, Progress};
use crate::tiles::{Tiles, fetch};
use crate::words;

const FORMAT: &str = "chancery-follow";

/// What the tree is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum From {
    /// From the hashes of its leaves
    Hashes,
    /// From its leaves themselves
    Entries,
}

/// What is followed, and how.
pub(super) struct Following<'f> {
    pub(super) log: &'f Url,
    pub(super) trusted: &'f Trusted,
    pub(super) state: Option<&'f Path>,
    pub(super) tree: Option<From>,
    pub(super) token: Option<&'f str>,
    pub(super) json: bool,
}

/// What is remembered of a log.
#[derive(Serialize, Deserialize)]
struct Remembered {
    format: String,
    version: u32,
    keys: Vec<String>,
    checkpoint: String,
}

/// What a log did that it must not, in a word and in a sentence.
type Finding = (&'static str, String);

impl Following<'_> {
    /// Looks once, or again and again until interrupted.
    ///
    /// # Errors
    /// What the log did that it must not; that it does not answer; that the state cannot be kept.
    pub(super) async fn run(&self, every: Option<Duration>) -> Result<(), Failure> {
        let client = match self.token {
            Some(token) => Client::new(self.log.clone(), token)?,
            None => Client::nobody(self.log.clone())?,
        };
        let mut followed = Followed::begin(self, &client)?;
        let Some(every) = every else { return followed.look().await };
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let looking = async {
            loop {
                match followed.look().await {
                    // It may come back.
                    Err(failure @ Failure::Unreachable(_)) => out::complain(&failure.text()),
                    Err(Failure::Refused(problem)) if problem.status >= 500 => {
                        out::complain(&Failure::Refused(problem).text());
                    }
                    Err(failure) => return Err(failure),
                    Ok(()) => {}
                }
                sleep(every).await;
            }
        };
        tokio::select! {
            ended = looking => ended,
            _ = interrupt.recv() => Ok(()),
            _ = terminate.recv() => Ok(()),
        }
    }

    fn recall(&self) -> Result<Option<Remembered>, Failure> {
        let Some(state) = self.state else { return Ok(None) };
        let text = match fs::read(state) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.with_context(|| format!("{} cannot be read", state.display()))?,
        };
        let found = serde_json::from_slice::<Remembered>(&text).ok();
        let found = found.filter(|found| found.format == FORMAT && found.version == 1);
        let none = || anyhow!("{} is no state of a log that is followed", state.display());
        Ok(Some(found.ok_or_else(none)?))
    }
}

/// A log, with what is known of it.
struct Followed<'f> {
    how: &'f Following<'f>,
    client: &'f Client,
    trust: Trust,
    last: Option<Signed>,
    /// The tree, as far as it was read.
    edge: Frontier,
}

impl<'f> Followed<'f> {
    fn begin(how: &'f Following<'f>, client: &'f Client) -> Result<Self, Failure> {
        let remembered = how.recall()?;
        let trust = match &remembered {
            Some(remembered) if how.trusted.key.is_empty() => {
                let keys = remembered.keys.iter().map(|key| key.parse()).collect::<Result<_, _>>();
                how.trusted.trust_in(keys.context("the state holds no keys")?)?
            }
            _ => how.trusted.trust()?,
        };
        let last = remembered.map(|remembered| Signed::parse(remembered.checkpoint.as_bytes())).transpose();
        let last = last.context("the state holds no checkpoint")?;
        if let Some(last) = &last {
            let opened = last.open(&Trust { quorum: 0, ..trust.clone() }).map(|_| ());
            opened.context("the checkpoint in the state is not by a key that is given")?;
        }
        Ok(Self { how, client, trust, last, edge: Frontier::default() })
    }

    async fn look(&mut self) -> Result<(), Failure> {
        let shown = self.client.bytes("checkpoint", &[]).await?;
        let signed = match Signed::parse(&shown) {
            Ok(signed) => signed,
            Err(error) => return self.tell(&("unreadable", chain(&error)), &shown),
        };
        if let Some(finding) = self.finding(&signed).await? {
            return self.tell(&finding, &shown);
        }
        let last = self.last.as_ref().map(|last| last.checkpoint().head());
        self.keep(&signed)?;
        if last != Some(signed.checkpoint().head()) || self.how.json {
            self.say(&signed, last)?;
        }
        self.last = Some(signed);
        Ok(())
    }

    /// What is wrong with a checkpoint, if something is.
    async fn finding(&mut self, signed: &Signed) -> Result<Option<Finding>, Failure> {
        if let Err(error) = signed.open(&self.trust) {
            return Ok(Some((
                "untrusted",
                format!("its checkpoint is not to be trusted: {}", chain(&error)),
            )));
        }
        let head = signed.checkpoint().head();
        let last = self.last.as_ref().map_or(Head::EMPTY, |last| last.checkpoint().head());
        if head.size < last.size {
            let detail =
                format!("it shows {}, and signed for {} before", words::count(head.size, "event"), last.size);
            return Ok(Some(("smaller", detail)));
        }
        if head.size == last.size && head.root != last.root {
            let detail = format!("it signed two trees of {}: {} and now {}", head.size, last.root, head.root);
            return Ok(Some(("fork", detail)));
        }
        if head.size > last.size
            && let Some(finding) = self.contradiction(&head, &last).await?
        {
            return Ok(Some(finding));
        }
        let Some(from) = self.how.tree else { return Ok(None) };
        let read = self.grow(from, head.size).await?;
        let detail = || format!("what it serves has the root {read}, and it signed {}", head.root);
        Ok((read != head.root).then(|| ("tree", detail())))
    }

    /// Why this tree is not what the log serves, or no continuation of what was seen.
    async fn contradiction(&self, head: &Head, last: &Head) -> Result<Option<Finding>, Failure> {
        let mut tiles = Tiles::of(head.size);
        let needed = for_consistency(last.size, head.size).map_err(anyhow::Error::from)?;
        tiles.need(self.client, for_root(head.size).into_iter().chain(needed)).await?;
        let served = root(&tiles, head.size).map_err(anyhow::Error::from)?;
        if served != head.root {
            let detail = format!("its tiles have the root {served}, and it signed {}", head.root);
            return Ok(Some(("tiles", detail)));
        }
        let proof = consistency_proof(&tiles, last.size, head.size).map_err(anyhow::Error::from)?;
        let (old, new) = (last.size, head.size);
        Ok(verify_consistency(last, head, &proof).err().map(|error| {
            let text =
                format!("the tree of {new} that it shows does not continue that of {old} it signed: {error}");
            ("fork", text)
        }))
    }

    /// Reads the leaves that were not read yet; the root with them.
    async fn grow(&mut self, from: From, size: u64) -> Result<Hash, Failure> {
        let mut progress = Progress::default();
        while self.edge.size() < size {
            let number = self.edge.size() / u64::from(FULL);
            let hashes = leaves(self.client, from, number, size).await?;
            let known = usize::try_from(self.edge.size() % u64::from(FULL)).unwrap_or(0);
            if hashes.len() <= known {
                return Err(anyhow!("the log serves fewer leaves than it signed for").into());
            }
            for hash in &hashes[known..] {
                self.edge.append(*hash).map_err(anyhow::Error::from)?;
            }
            progress.say(&format!("{} of {size} leaves read …", self.edge.size()));
        }
        Ok(self.edge.root())
    }

    /// Remembers a checkpoint; it is on disk when this returns.
    fn keep(&self, signed: &Signed) -> Result<(), Failure> {
        let Some(state) = self.how.state else { return Ok(()) };
        let keys = self.trust.log.iter().map(ToString::to_string).collect();
        let remembered =
            Remembered { format: FORMAT.into(), version: 1, keys, checkpoint: signed.to_string() };
        let text = serde_json::to_string_pretty(&remembered).map_err(anyhow::Error::from)?;
        let written = file::replace(state, format!("{text}\n").as_bytes(), 0o600);
        Ok(written.with_context(|| format!("{} cannot be written", state.display()))?)
    }

    fn say(&self, signed: &Signed, last: Option<Head>) -> Result<(), Failure> {
        let opened = signed.open(&self.trust).map_err(anyhow::Error::from)?;
        if self.how.json {
            let mut told = checkpoint(signed, &opened);
            told["proved"] = true.into();
            told["continues"] = json!(last.map(|last| last.size));
            return out::say_raw(&told.to_string());
        }
        let head = signed.checkpoint().head();
        let since = last.map(|last| format!(", continues that of {}", last.size)).unwrap_or_default();
        let by = signers(signed, &opened).into_iter().map(|(how, who)| format!(", {how} {who}"));
        let (by, events) = (by.collect::<String>(), words::count(head.size, "event"));
        out::say(&format!("{}: {events}, root {}{since}{by}", self.trust.origin, head.root))
    }

    /// Keeps what shows what the log did, and ends with it.
    fn tell(&self, finding: &Finding, shown: &[u8]) -> Result<(), Failure> {
        let (what, detail) = finding;
        let kept = self.keep_evidence(finding, shown)?;
        if self.how.json {
            let told = json!({"proved": false, "finding": what, "detail": detail, "evidence": kept});
            out::say_raw(&told.to_string())?;
            return Err(Failure::Unproved(String::new()));
        }
        let mut text = format!("NOT PROVED: {what}: {}: {detail}", self.trust.origin);
        kept.iter().for_each(|file| text.push_str(&format!("\n  kept in {}", file.display())));
        if kept.is_empty() {
            let seen = self.last.as_ref().map(ToString::to_string).unwrap_or_default();
            text.push_str(&format!("\n--- seen\n{seen}--- shown\n{}", String::from_utf8_lossy(shown)));
        }
        Err(Failure::Unproved(text))
    }

    /// Both checkpoints, and what is wrong with them, in a folder beside the state; nothing is written over.
    fn keep_evidence(&self, (what, detail): &Finding, shown: &[u8]) -> Result<Vec<PathBuf>, Failure> {
        let Some(state) = self.how.state else { return Ok(Vec::new()) };
        let mut name = state.file_name().unwrap_or_default().to_owned();
        name.push(".evidence");
        let folder = state.with_file_name(name);
        let unkept = || format!("{} cannot be written", folder.display());
        file::make_folder(&folder).with_context(unkept)?;
        // What is found again is the same file.
        let id = &leaf_hash(shown).to_hex()[..16];
        let seen = self.last.as_ref().map(ToString::to_string).unwrap_or_default();
        let keys = self.trust.log.iter().map(ToString::to_string).collect::<Vec<_>>();
        let told = json!({"finding": what, "detail": detail, "log": self.how.log.as_str(), "keys": keys});
        let parts = [
            ("seen.checkpoint", seen.into_bytes()),
            ("shown.checkpoint", shown.to_vec()),
            ("finding.json", format!("{told:#}\n").into_bytes()),
        ];
        let mut files = Vec::new();
        for (name, bytes) in parts.into_iter().filter(|(_, bytes)| !bytes.is_empty()) {
            let file = folder.join(format!("{id}-{name}"));
            file::create(&file, &bytes, 0o600).with_context(unkept)?;
            files.push(file);
        }
        Ok(files)
    }
}

/// The hashes of the leaves of a block.
async fn leaves(client: &Client, from: From, number: u64, size: u64) -> Result<Vec<Hash>, Failure> {
    let none = || anyhow!("a tree of {size} events has no block {number}");
    match from {
        From::Hashes => {
            let bytes = fetch(client, Tile::in_tree(0, number, size).ok_or_else(none)?).await?;
            Ok(bytes.chunks_exact(Hash::SIZE).filter_map(Hash::from_slice).collect())
        }
        From::Entries => {
            let entries = Entries::in_tree(number, size).ok_or_else(none)?;
            let bundle = client.bytes(&entries.to_string(), &[]).await?;
            Ok(read_bundle(&bundle).map_err(anyhow::Error::from)?.into_iter().map(leaf_hash).collect())
        }
    }
}
