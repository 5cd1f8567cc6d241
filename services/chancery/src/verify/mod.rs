//! `chancery verify`: checks what a register gave out, by its public key alone.
//!
//! - `bundle` checks the evidence of a record, with the time `stamps` over it, `whole` an export of every event; both offline.
//! - `follow` asks a log for its checkpoints and holds it to what it signed before.

mod bundle;
mod follow;
mod stamps;
mod trust;
mod whole;

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use service::settings::seconds;
use transparency::checkpoint::Trust;
use transparency::export::Header;
use url::Url;

use crate::failure::Failure;
use trust::Trusted;

/// What says which kind of file it is stands in its first bytes.
const BEGINNING: u64 = 64;

/// Check what a register gave out, with nothing but its verifier key
///
///   chancery verify visit.json --key register.vkey
///   chancery verify log.ndjson --key register.vkey --json
///   chancery verify --log https://register.example.org --key register.vkey --state register.state
///
/// FILE is what `chancery export` wrote, and nobody is asked: this works on a machine without a network. --log follows
/// a register: each checkpoint must continue the last one, which is kept in the state file; two that do not agree are
/// kept beside it as evidence.
///
/// Exit codes: 0 all of it holds; 1 something does not, or cannot be read, each fault with its place; 64 the command
/// line cannot be followed; 69 the log does not answer.
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Verify {
    /// A file that `chancery export` wrote
    #[arg(value_name = "FILE", required_unless_present = "log", conflicts_with = "log")]
    file: Option<PathBuf>,

    /// Follow the log at this address instead
    #[arg(long, value_name = "URL")]
    log: Option<Url>,

    /// Where the last checkpoint that was seen is kept; holds the key, too, once it was given
    #[arg(long, value_name = "FILE", requires = "log")]
    state: Option<PathBuf>,

    /// Look once, rather than until interrupted
    #[arg(long, requires = "log")]
    once: bool,

    /// How many seconds to wait between two looks
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "10")]
    every: Duration,

    /// Read the whole tree, too, and compare it with the checkpoint; entries are for auditors
    #[arg(long, value_name = "FROM", requires = "log")]
    tree: Option<follow::From>,

    /// Who asks, where the log does not answer everybody
    #[arg(long, env = "CHANCERY_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<String>,

    /// Print what was found as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    trusted: Trusted,
}

impl Verify {
    /// Says what is proved.
    ///
    /// # Errors
    /// Everything that does not hold; that a file cannot be read, or a log does not answer.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let json = self.json;
        let Some(log) = &self.log else {
            let (file, trust) = (self.file.unwrap_or_default(), self.trusted.trust()?);
            let tsa = self.trusted.tsa;
            let checking = tokio::task::spawn_blocking(move || offline(&file, &trust, &tsa, json));
            return checking.await.map_err(anyhow::Error::from)?;
        };
        let following = follow::Following {
            log,
            trusted: &self.trusted,
            state: self.state.as_deref(),
            tree: self.tree,
            token: self.token.as_deref(),
            json,
        };
        following.run((!self.once).then_some(self.every)).await
    }
}

fn offline(name: &Path, trust: &Trust, tsa: &[PathBuf], json: bool) -> Result<(), Failure> {
    let unread = || format!("{} cannot be read", name.display());
    let mut file = File::open(name).with_context(unread)?;
    let mut beginning = Vec::new();
    (&mut file).take(BEGINNING).read_to_end(&mut beginning).with_context(unread)?;
    file.rewind().with_context(unread)?;
    if Header::is_one(&beginning) {
        return whole::verify(BufReader::with_capacity(1 << 20, file), trust, tsa, json);
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).with_context(unread)?;
    bundle::verify(&bytes, trust, tsa, json)
}
