//! Changing the key that signs checkpoints, with a time in which both sign.
//!
//! | under `keys` | who signs |
//! |---|---|
//! | `checkpoint.key` | it alone |
//! | `checkpoint.key` and `checkpoint.next.key` | both, below each other: who knows either follows |
//! | `retired/ID.vkey` | nobody any more; what it signed still binds, so its public half stays |
//!
//! [`rotate`] makes the next key, [`retire`] puts it in the place of the old one. Each is one step on disk, so a kill
//! leaves one of these states. The auditor reads them at its start.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use service::file;
use transparency::checkpoint::{Checkpoint, Signed, Trust};
use transparency::note::{self, KeyId, KeyName, Signer, Verifier};

use crate::kept::Kept;
use crate::key::{self, KeyError, at};

/// Why the key cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// A key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There is a next key already.
    #[error("{} holds the next key already: retire the old one first", .0.display())]
    UnderWay(PathBuf),
    /// There is no next key.
    #[error("there is no next key in {}: rotate first", .0.display())]
    NotBegun(PathBuf),
    /// The next key has signed nothing yet.
    #[error(
        "no checkpoint bears the signature of the next key {0} yet: start the auditor again, and give those who follow \
         the log the time to learn its key"
    )]
    Unseen(KeyId),
    /// A retired key cannot be read.
    #[error("{} is no verifier key", .0.display())]
    Retired(PathBuf, #[source] note::KeyError),
}

/// Makes the next key of the log. From the auditor's next start on, both sign.
///
/// # Errors
/// [`RotationError::UnderWay`] when there is a next key already, or no key to begin with.
pub fn rotate(data: &Path) -> Result<Verifier, RotationError> {
    let (current, next) = (key::verifier(data)?, next_file(data));
    if next.exists() {
        return Err(RotationError::UnderWay(next));
    }
    let made = key::make(Some(current.name()))?;
    let text = format!("{}\n", made.to_private_key());
    file::create(&next, text.as_bytes(), 0o600).map_err(at(&next))?;
    let made = key::read(&next)?.verifier().clone();
    publish(data, "checkpoint.next.vkey", &made)?;
    Ok(made)
}

/// The next key of the log, and where it is, while there is one.
///
/// # Errors
/// When it cannot be used.
pub fn next(data: &Path) -> Result<Option<(PathBuf, Verifier)>, RotationError> {
    let file = next_file(data);
    if !file.exists() {
        return Ok(None);
    }
    let verifier = key::read(&file)?.verifier().clone();
    Ok(Some((file, verifier)))
}

/// Puts the next key in the place of the old one, whose private half is gone then; answers the old one and the new.
///
/// # Errors
/// [`RotationError::NotBegun`] without a next key; [`RotationError::Unseen`] while no checkpoint bears its signature.
pub fn retire(data: &Path) -> Result<(Verifier, Verifier), RotationError> {
    let (current, next) = (key::file_under(data), next_file(data));
    if !next.exists() {
        return Err(RotationError::NotBegun(next));
    }
    let (old, new) = (key::read(&current)?.verifier().clone(), key::read(&next)?.verifier().clone());
    let kept = Kept::checkpoint(data);
    let last = kept.read().map_err(at(kept.file()))?.and_then(|bytes| Signed::parse(&bytes).ok());
    if last.is_none_or(|last| last.open(&Trust::in_log(new.clone())).is_err()) {
        return Err(RotationError::Unseen(new.id()));
    }
    let folder = retired_folder(data);
    file::make_folder(&folder).map_err(at(&folder))?;
    let file = folder.join(format!("{}.vkey", old.id()));
    file::create(&file, format!("{old}\n").as_bytes(), 0o644).map_err(at(&file))?;
    fs::rename(&next, &current).map_err(at(&current))?;
    let synced = File::open(data.join("keys")).and_then(|folder| folder.sync_all());
    synced.map_err(at(&current))?;
    publish(data, "checkpoint.vkey", &new)?;
    forget(&data.join("keys/checkpoint.next.vkey"))?;
    Ok((old, new))
}

fn next_file(data: &Path) -> PathBuf {
    data.join("keys/checkpoint.next.key")
}

fn retired_folder(data: &Path) -> PathBuf {
    data.join("keys/retired")
}

/// Writes a public half, for others to take.
fn publish(data: &Path, name: &str, key: &Verifier) -> Result<(), KeyError> {
    let file = data.join("keys").join(name);
    file::replace(&file, format!("{key}\n").as_bytes(), 0o644).map_err(at(&file))
}

fn forget(file: &Path) -> Result<(), KeyError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(file)(error)),
        _ => Ok(()),
    }
}

/// The keys of a log: those that sign, and those that did.
pub(crate) struct Keys {
    /// The first is the old one, while there are two.
    signers: Vec<Signer>,
    retired: Vec<Verifier>,
}

impl Keys {
    /// The keys under a data folder; makes the first, for the log of this name.
    ///
    /// # Errors
    /// [`RotationError`]: a key that is there and cannot be used is not passed over.
    pub(crate) fn open(data: &Path, origin: Option<&KeyName>) -> Result<Self, RotationError> {
        let mut signers = vec![key::open(data, origin)?];
        let (next, name) = (next_file(data), signers[0].verifier().name().clone());
        if next.exists() {
            let signer = key::read(&next)?;
            let found = signer.verifier().name().clone();
            if found != name {
                return Err(KeyError::Name { file: next, found, asked: name }.into());
            }
            publish(data, "checkpoint.next.vkey", signer.verifier())?;
            signers.push(signer);
        } else {
            forget(&data.join("keys/checkpoint.next.vkey"))?;
        }
        for signer in &signers {
            tracing::info!(key = %signer.verifier(), "checkpoints are signed");
        }
        Ok(Self { signers, retired: retired(data)? })
    }

    /// The same for the log of reads: its checkpoints are of another origin, so that none can be taken for one of the
    /// log's.
    pub(crate) fn of_reads(&self) -> Self {
        let signers = self.signers.iter().map(|signer| signer.named(key::reads_name(signer.verifier())));
        let retired = self.retired.iter().map(key::of_reads);
        Self { signers: signers.collect(), retired: retired.collect() }
    }

    /// What was signed by any of them is ours, and binds.
    pub(crate) fn trust(&self) -> Trust {
        let log = self.signers.iter().map(Signer::verifier).chain(&self.retired).cloned().collect();
        Trust { log, ..Trust::in_log(self.signers[0].verifier().clone()) }
    }

    /// Signs with each that signs.
    pub(crate) fn sign(&self, checkpoint: Checkpoint) -> Signed {
        let mut signed = Signed::sign(checkpoint, &self.signers[0]);
        self.complete(&mut signed);
        signed
    }

    /// Adds what is missing of those that sign. Nothing changes for a checkpoint that has all.
    pub(crate) fn complete(&self, signed: &mut Signed) {
        for signer in &self.signers {
            // A signature that is there is not added again; keys are far fewer than there is room for.
            signed.add(signer).expect("there is room for another signature");
        }
    }
}

fn retired(data: &Path) -> Result<Vec<Verifier>, RotationError> {
    let folder = retired_folder(data);
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(at(&folder))?,
    };
    let files =
        entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>().map_err(at(&folder))?;
    let files =
        files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "vkey"));
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).map_err(at(&file))?;
        text.trim_end().parse().map_err(|error| RotationError::Retired(file, error))
    };
    files.map(read).collect()
}
