//! A checkpoint with its signatures.

use std::collections::BTreeSet;
use std::fmt;

use super::{Checkpoint, CheckpointError};
use crate::note::{Algorithm, Note, NoteError, Signature, Signer, Verified, Verifier, VerifyError};

/// A checkpoint as a log serves it: a note whose text is one.
///
/// Displayed as it is read, to the byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    checkpoint: Checkpoint,
    note: Note,
}

impl Signed {
    /// Reads a checkpoint with its signatures, none of which is verified.
    ///
    /// # Errors
    /// [`SignedError`], with the place.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignedError> {
        let note = Note::parse(bytes)?;
        Ok(Self { checkpoint: note.text().parse()?, note })
    }

    /// Signs a checkpoint as its log.
    #[must_use]
    pub fn sign(checkpoint: Checkpoint, signer: &Signer) -> Self {
        let note = Note::sign(checkpoint.to_string(), signer).expect("a checkpoint is a note's text");
        Self { checkpoint, note }
    }

    /// What is signed. Not to be relied on before [`Signed::open`].
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note.
    #[must_use]
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// Signs with another key of the log as well, as when keys change.
    ///
    /// # Errors
    /// [`NoteError::TooManySignatures`].
    pub fn add(&mut self, signer: &Signer) -> Result<(), NoteError> {
        self.note.add(signer)
    }

    /// Adds a witness's signature. It is not verified.
    ///
    /// # Errors
    /// [`NoteError::TooManySignatures`].
    pub fn attach(&mut self, cosignature: Signature) -> Result<(), NoteError> {
        self.note.attach(cosignature)
    }

    /// Verifies: the log is the one that is trusted, one of its keys signed, enough of the witnesses
    /// cosigned, and no signature in a trusted key's name fails.
    ///
    /// # Errors
    /// [`TrustError`], which says what is missing.
    pub fn open<'k>(&self, trust: &'k Trust) -> Result<Opened<'k>, TrustError> {
        if self.checkpoint.origin != trust.origin {
            return Err(TrustError::Origin { found: self.checkpoint.origin.clone() });
        }
        let verified = match self.note.verify(trust.log.iter().chain(&trust.witnesses)) {
            Err(VerifyError::Unsigned) => Vec::new(),
            verified => verified?,
        };
        let is_log = |verified: &Verified<'_>| trust.log.contains(verified.key);
        let (log, mut witnesses): (Vec<_>, Vec<_>) = verified.into_iter().partition(is_log);
        // Any other signature says nothing of consistency. A cosignature does not name its witness, so a public
        // key counts once, whatever names it has.
        let mut counted = BTreeSet::new();
        witnesses.retain(|Verified { key, .. }| {
            key.algorithm() == Algorithm::Cosignature && counted.insert(*key.public())
        });
        if log.is_empty() {
            return Err(TrustError::NotByLog);
        }
        if witnesses.len() < trust.quorum {
            return Err(TrustError::Quorum { found: witnesses.len(), needed: trust.quorum });
        }
        Ok(Opened { log, witnesses })
    }
}

impl fmt::Display for Signed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(out)
    }
}

/// Whom a reader of checkpoints trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// The log.
    pub origin: String,
    /// The log's keys; one that signed is enough.
    pub log: Vec<Verifier>,
    /// The witnesses' keys. Keys of another type than [`Algorithm::Cosignature`] count for nothing.
    pub witnesses: Vec<Verifier>,
    /// How many of the witnesses' keys must have cosigned.
    pub quorum: usize,
}

impl Trust {
    /// Trusts a log by one key, which bears the log's name, and asks for no witnesses.
    #[must_use]
    pub fn in_log(key: Verifier) -> Self {
        Self { origin: key.name().to_string(), log: vec![key], witnesses: Vec::new(), quorum: 0 }
    }

    /// Asks that `quorum` of these witnesses have cosigned.
    #[must_use]
    pub fn witnessed_by(self, witnesses: Vec<Verifier>, quorum: usize) -> Self {
        Self { witnesses, quorum, ..self }
    }
}

/// Who signed a checkpoint, each key once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'k> {
    /// Keys of the log; at least one.
    pub log: Vec<Verified<'k>>,
    /// Witnesses, with the time each states.
    pub witnesses: Vec<Verified<'k>>,
}

/// The bytes are no checkpoint with signatures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignedError {
    /// They are no note.
    #[error("no signed note")]
    Note(#[from] NoteError),
    /// The note's text is no checkpoint.
    #[error("no checkpoint")]
    Checkpoint(#[from] CheckpointError),
}

/// A checkpoint is not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// It is another log's.
    #[error("the checkpoint is of another log, {found}")]
    Origin {
        /// Whose it is.
        found: String,
    },
    /// A signature in a trusted key's name does not hold.
    #[error("a signature of the checkpoint does not hold")]
    Signature(#[from] VerifyError),
    /// No trusted key of the log signed.
    #[error("no trusted key of the log signed the checkpoint")]
    NotByLog,
    /// Too few witnesses cosigned.
    #[error("{found} of the trusted witnesses cosigned the checkpoint, {needed} are needed")]
    Quorum {
        /// How many did.
        found: usize,
        /// How many must.
        needed: usize,
    },
}
