//! Checkpoints (C2SP tlog-checkpoint): the head of a log, signed by the log and cosigned by witnesses.
//!
//! ```text
//! example.com/behind-the-sofa
//! 20852163
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
//! — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
//! ```

mod cosigner;
mod signed;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

pub use cosigner::{Cosigner, InvalidTime};
pub use signed::{Opened, Signed, SignedError, Trust, TrustError};

use crate::encoding;
use crate::tree::Head;

/// What a log says of itself: who it is and what its tree is.
///
/// Displayed as the text of a note, with the last newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    head: Head,
    extensions: Vec<String>,
}

impl Checkpoint {
    /// The checkpoint of this tree of the log `origin`.
    ///
    /// # Errors
    /// [`CheckpointError::Origin`] if the origin is empty or no single line.
    pub fn new(origin: impl Into<String>, head: Head) -> Result<Self, CheckpointError> {
        let origin = origin.into();
        if is_line(&origin) {
            Ok(Self { origin, head, extensions: Vec::new() })
        } else {
            Err(CheckpointError::Origin)
        }
    }

    /// The log's own name: a URL without its scheme by convention.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The tree.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }

    /// What the log says besides; mostly nothing.
    #[must_use]
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }
}

/// Whether something may stand as one line of a note: not empty, no control characters.
fn is_line(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|character| character < ' ')
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    /// Reads the text of a note (C2SP tlog-checkpoint, "Note text").
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let text = text.strip_suffix('\n').ok_or(CheckpointError::NotEnded)?;
        let mut lines = text.split('\n');
        let mut checkpoint = Self::new(lines.next().unwrap_or_default(), Head::EMPTY)?;
        checkpoint.head.size = lines.next().and_then(encoding::decimal).ok_or(CheckpointError::Size)?;
        let root = lines.next().and_then(|line| line.parse().ok());
        checkpoint.head.root = root.ok_or(CheckpointError::Root)?;
        for (line, extension) in (4..).zip(lines) {
            if !is_line(extension) {
                return Err(CheckpointError::Extension { line });
            }
            checkpoint.extensions.push(extension.into());
        }
        Ok(checkpoint)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}\n{}\n{}", self.origin, self.head.size, self.head.root)?;
        self.extensions.iter().try_for_each(|line| writeln!(out, "{line}"))
    }
}

/// The text is no checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The last line is not ended.
    #[error("a checkpoint ends in a newline")]
    NotEnded,
    /// The origin is missing.
    #[error("line 1: expected the origin, one line that is not empty")]
    Origin,
    /// The size is missing.
    #[error("line 2: expected the size, a decimal of at most 64 bits without leading zeros")]
    Size,
    /// The root is missing.
    #[error("line 3: expected the root, 32 bytes in base64")]
    Root,
    /// An extension is empty, or no line.
    #[error("line {line}: expected an extension, which is not empty")]
    Extension {
        /// Which line, from 1.
        line: usize,
    },
}
