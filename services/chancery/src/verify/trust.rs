//! Whom to trust, as the command line says it; who signed; and how it is said that something does not hold.

use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::{Value, json};
use transparency::checkpoint::{Opened, Signed, Trust};
use transparency::note::{Verified, Verifier};

use crate::failure::Failure;
use crate::{out, words};

/// So many faults are told one by one.
const MOST_FAULTS: usize = 50;

/// Keys that come from a source that is trusted, not from what is checked.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Whom to trust")]
pub(crate) struct Trusted {
    /// The log's verifier key, or a file that holds it (a register's keys/checkpoint.vkey); repeatable, for when its
    /// keys change
    #[arg(long, value_name = "VKEY")]
    pub(super) key: Vec<String>,

    /// The verifier key of a witness, or a file that holds it; repeatable
    #[arg(long, value_name = "VKEY")]
    witness: Vec<String>,

    /// How many of the witnesses must have cosigned
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    quorum: usize,

    /// Certificates (PEM) of who vouches for a time stamp authority: the checkpoint must bear a time stamp by one of
    /// them; repeatable
    #[arg(long, value_name = "FILE", conflicts_with = "log")]
    pub(super) tsa: Vec<PathBuf>,
}

impl Trusted {
    /// # Errors
    /// That a key is none, or there is none.
    pub(super) fn trust(&self) -> Result<Trust, Failure> {
        self.trust_in(keys("--key", &self.key)?)
    }

    /// As [`trust`](Self::trust), in these keys of the log.
    ///
    /// # Errors
    /// That there is no key, or that a witness's is none.
    pub(super) fn trust_in(&self, log: Vec<Verifier>) -> Result<Trust, Failure> {
        let usage = |text: String| Err(Failure::Usage(text));
        let Some(first) = log.first() else {
            return usage("--key is needed: the log's verifier key, or a file that holds it".to_owned());
        };
        let origin = first.name().to_string();
        if let Some(other) = log.iter().find(|key| key.name() != first.name()) {
            return usage(format!("--key: {origin} and {} are two logs", other.name()));
        }
        Ok(Trust { origin, log, witnesses: keys("--witness", &self.witness)?, quorum: self.quorum })
    }
}

fn keys(flag: &str, said: &[String]) -> Result<Vec<Verifier>, Failure> {
    let mut keys = Vec::new();
    for said in said {
        let text = match fs::read_to_string(said) {
            Ok(text) => text,
            Err(_) if said.contains('+') => said.clone(),
            Err(error) => return Err(Failure::Usage(format!("{flag}: {said} cannot be read: {error}"))),
        };
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let key = line.parse().map_err(|error| Failure::Usage(format!("{flag}: {said}: {error}")))?;
            keys.push(key);
        }
    }
    Ok(keys)
}

fn name(key: &Verifier) -> String {
    format!("{}+{}", key.name(), key.id())
}

fn time(by: &Verified<'_>) -> Option<String> {
    Timestamp::from_second(i64::try_from(by.seconds?).ok()?).ok().map(|at| at.to_string())
}

/// Who signed a checkpoint: the log's keys, witnesses, and how many signatures are of nobody we were told of.
pub(super) fn signers(signed: &Signed, opened: &Opened<'_>) -> Vec<(&'static str, String)> {
    let log = opened.log.iter().map(|by| ("signed by", name(by.key)));
    let witness = |by: &Verified<'_>| match time(by) {
        Some(at) => ("cosigned by", format!("{} at {at}", name(by.key))),
        None => ("cosigned by", name(by.key)),
    };
    let others = signed.note().signatures().len().saturating_sub(opened.log.len() + opened.witnesses.len());
    let others = (others > 0)
        .then(|| ("besides", format!("{} by keys that were not given", words::count(others, "signature"))));
    log.chain(opened.witnesses.iter().map(witness)).chain(others).collect()
}

/// The same as JSON, with the checkpoint.
pub(super) fn checkpoint(signed: &Signed, opened: &Opened<'_>) -> Value {
    let head = signed.checkpoint().head();
    let witness = |by: &Verified<'_>| json!({"key": name(by.key), "time": time(by)});
    json!({
        "origin": signed.checkpoint().origin(),
        "size": head.size,
        "root": head.root.to_string(),
        "signed_by": opened.log.iter().map(|by| name(by.key)).collect::<Vec<_>>(),
        "cosigned_by": opened.witnesses.iter().map(witness).collect::<Vec<_>>(),
        "signatures": signed.note().signatures().len(),
    })
}

/// Says what does not hold, and ends with it.
///
/// # Errors
/// Always.
pub(super) fn refuse(what: &str, faults: &[(String, Value)], json: bool) -> Result<(), Failure> {
    let shown = &faults[..faults.len().min(MOST_FAULTS)];
    let more = faults.len() - shown.len();
    if json {
        let shown = shown.iter().map(|(_, json)| json.clone()).collect::<Vec<_>>();
        out::say_json(&json!({"proved": false, "faults": shown, "more_faults": more}))?;
        return Err(Failure::Unproved(String::new()));
    }
    let mut text = format!("NOT PROVED: {what}");
    shown.iter().for_each(|(fault, _)| text.push_str(&format!("\n  {fault}")));
    if more > 0 {
        text.push_str(&format!("\n  and {more} more"));
    }
    Err(Failure::Unproved(text))
}

/// An error with its causes, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
