//! Which witnesses are asked, and how many must have cosigned.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use reqwest::Url;
use transparency::note::Verifier;
use transparency::policy::{Policy, PolicyError};

/// The policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WitnessesError {
    /// The file cannot be read.
    #[error("the witnesses in {} cannot be read", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// It is no policy.
    #[error("{} is no policy", .0.display())]
    Form(PathBuf, #[source] PolicyError),
    /// A witness without an address cannot be asked.
    #[error("{}: the witness {name} has no address to ask at: expected http:// or https://", .file.display())]
    Address {
        /// In which file.
        file: PathBuf,
        /// Which witness.
        name: String,
    },
}

/// A witness that is asked.
#[derive(Clone, Debug)]
pub(crate) struct Witness {
    /// What the policy calls it.
    pub(crate) name: String,
    pub(crate) key: Verifier,
    /// `<submission prefix>/add-checkpoint`.
    pub(crate) url: Url,
    /// Whether its cosignature counts towards the required number.
    pub(crate) counts: bool,
}

/// The witnesses of a policy, and how many are required; none where there is no policy.
///
/// # Errors
/// [`WitnessesError`].
pub(crate) fn read(file: Option<&Path>) -> Result<(Vec<Witness>, usize), WitnessesError> {
    let Some(file) = file else { return Ok((Vec::new(), 0)) };
    let text = fs::read_to_string(file).map_err(|error| WitnessesError::File(file.to_owned(), error))?;
    let policy = text.parse::<Policy>().map_err(|error| WitnessesError::Form(file.to_owned(), error))?;
    let mut witnesses = Vec::new();
    for witness in policy.witnesses {
        let url = witness.url.as_deref().and_then(address);
        let missing = || WitnessesError::Address { file: file.to_owned(), name: witness.name.clone() };
        let url = url.ok_or_else(missing)?;
        let counts = policy.counted.contains(&witness.name);
        witnesses.push(Witness { name: witness.name, key: witness.key, url, counts });
    }
    Ok((witnesses, policy.required))
}

fn address(prefix: &str) -> Option<Url> {
    let url = Url::parse(&format!("{}/add-checkpoint", prefix.trim_end_matches('/'))).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}
