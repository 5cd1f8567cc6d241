//! What a log sends.

use std::fmt;

use crate::Hash;
use crate::checkpoint::{Signed, SignedError};
use crate::encoding::{self, Lines};

/// The most hashes that a consistency proof has here (C2SP tlog-witness, "add-checkpoint").
pub const MOST_HASHES: usize = 63;

/// The body of `POST <prefix>/add-checkpoint`.
///
/// Displayed as it is read, to the byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the witness cosigned last, as far as the log knows.
    pub old: u64,
    /// The consistency proof from there to the checkpoint.
    pub proof: Vec<Hash>,
    /// The checkpoint to cosign.
    pub checkpoint: Signed,
}

impl AddCheckpoint {
    /// Reads the body of a request. Nothing is verified.
    ///
    /// # Errors
    /// [`RequestError`], with the line: the answer is [`Answer::Malformed`](super::Answer::Malformed).
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let mut lines = Lines::of(body);
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old = old.and_then(encoding::decimal).ok_or(RequestError::Old)?;
        let proof = lines.hashes(MOST_HASHES).map_err(|line| RequestError::Hash { line })?;
        Ok(Self { old, proof, checkpoint: Signed::parse(lines.rest())? })
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(out, "{hash}"))?;
        write!(out, "\n{}", self.checkpoint)
    }
}

/// The bytes are no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The old size is missing.
    #[error("line 1: expected “old” and a decimal of at most 64 bits without leading zeros")]
    Old,
    /// A line is no hash, or there are more than [`MOST_HASHES`].
    #[error("line {line}: expected a hash, at most {MOST_HASHES} of them, or the blank line behind them")]
    Hash {
        /// Which line, from 1.
        line: usize,
    },
    /// What follows is no checkpoint. Its lines are counted from the blank line.
    #[error("behind the blank line stands no checkpoint")]
    Checkpoint(#[from] SignedError),
}
