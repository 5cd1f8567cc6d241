//! Proof files (C2SP tlog-proof): all that proves offline that a leaf is in a log.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! index 73894
//! gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
//! B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
//!
//! example.com/fancylog
//! 109482
//! sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=
//!
//! — example.com/fancylog hI2DJw…
//! ```

use std::fmt;

use crate::checkpoint::{Opened, Signed, SignedError, Trust, TrustError};
use crate::encoding::{self, Lines};
use crate::tree::{self, verify_inclusion};
use crate::{Hash, leaf_hash};

/// The first line of a proof file.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The most hashes that an inclusion proof has: one for each bit of a size.
const MOST_HASHES: usize = 64;

/// That a leaf is in a log: its place, the way to the root, and the checkpoint that has the root.
///
/// Displayed as it is read, to the byte. Files are named `….tlog-proof` by convention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What whoever made the file put in besides; signed by nobody.
    pub extra: Option<Vec<u8>>,
    /// Which leaf it is.
    pub index: u64,
    /// The inclusion proof, from the leaf's sibling up.
    pub hashes: Vec<Hash>,
    /// The log's checkpoint, with all its signatures.
    pub checkpoint: Signed,
}

impl Proof {
    /// Reads a proof file (C2SP tlog-proof, "Format"). Nothing is verified.
    ///
    /// # Errors
    /// [`FileError`], with the line.
    pub fn parse(file: &[u8]) -> Result<Self, FileError> {
        let mut lines = Lines::of(file);
        if lines.next() != Some(HEADER) {
            return Err(FileError::Header);
        }
        let mut next = lines.next().unwrap_or_default();
        let mut extra = None;
        if let Some(text) = next.strip_prefix("extra ") {
            extra = Some(encoding::from_base64(text).ok_or(FileError::Extra)?);
            next = lines.next().unwrap_or_default();
        }
        let index = next.strip_prefix("index ").and_then(encoding::decimal);
        let index = index.ok_or(FileError::Index { line: lines.line() })?;
        let hashes = lines.hashes(MOST_HASHES).map_err(|line| FileError::Hash { line })?;
        Ok(Self { extra, index, hashes, checkpoint: Signed::parse(lines.rest())? })
    }

    /// Verifies that this leaf is in the log (C2SP tlog-proof, "Verifying a tlog proof"): the checkpoint is
    /// to be trusted, and the leaf is where it is said to be in its tree. Answers who signed.
    ///
    /// # Errors
    /// [`Unproved`], which says what does not hold.
    pub fn verify<'k>(&self, leaf: &[u8], trust: &'k Trust) -> Result<Opened<'k>, Unproved> {
        self.verify_hash(&leaf_hash(leaf), trust)
    }

    /// As [`Proof::verify`], of a leaf by its [hash](leaf_hash).
    ///
    /// # Errors
    /// [`Unproved`], which says what does not hold.
    pub fn verify_hash<'k>(&self, leaf: &Hash, trust: &'k Trust) -> Result<Opened<'k>, Unproved> {
        let opened = self.checkpoint.open(trust)?;
        verify_inclusion(leaf, self.index, &self.checkpoint.checkpoint().head(), &self.hashes)?;
        Ok(opened)
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(out, "extra {}", encoding::base64(extra))?;
        }
        writeln!(out, "index {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(out, "{hash}"))?;
        write!(out, "\n{}", self.checkpoint)
    }
}

/// The bytes are no proof file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The first line is another.
    #[error("line 1: expected {HEADER}")]
    Header,
    /// The extra data is not in base64.
    #[error("line 2: expected extra data in base64")]
    Extra,
    /// The index is missing.
    #[error("line {line}: expected “index” and a decimal of at most 64 bits without leading zeros")]
    Index {
        /// Which line, from 1.
        line: usize,
    },
    /// A line is no hash, or there are more hashes than a proof can have.
    #[error("line {line}: expected a hash, at most {MOST_HASHES} of them, or the blank line behind them")]
    Hash {
        /// Which line, from 1.
        line: usize,
    },
    /// What follows is no checkpoint. Its lines are counted from the blank line.
    #[error("behind the blank line stands no checkpoint")]
    Checkpoint(#[from] SignedError),
}

/// A proof does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproved {
    /// The checkpoint is not to be trusted.
    #[error("the checkpoint is not to be trusted")]
    Checkpoint(#[from] TrustError),
    /// The leaf is not where it is said to be.
    #[error("the leaf is not proved to be in the log")]
    Inclusion(#[from] tree::VerifyError),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::checkpoint::{Checkpoint, CheckpointError, Cosigner};
    use crate::note::{KeyName, Signer};
    use crate::tree::{Frontier, Node, inclusion_proof};

    fn name(name: &str) -> KeyName {
        KeyName::new(name).unwrap()
    }

    fn log() -> Signer {
        Signer::from_seed(name("a.example/log"), &[1; 32])
    }

    fn witness() -> Cosigner {
        Cosigner::from_seed(name("w.example"), &[2; 32])
    }

    fn proof(index: u64, size: u64) -> Proof {
        let (mut frontier, mut store) = (Frontier::default(), BTreeMap::new());
        for index in 0..size {
            store.extend(frontier.append(leaf_hash(format!("leaf {index}").as_bytes())).unwrap());
        }
        let read = |node: Node| store.get(&node).copied().ok_or(node);
        let checkpoint = Checkpoint::new("a.example/log", frontier.head()).unwrap();
        let mut checkpoint = Signed::sign(checkpoint, &log());
        checkpoint.attach(witness().cosign(checkpoint.checkpoint(), 1_700_000_000).unwrap()).unwrap();
        Proof { extra: None, index, hashes: inclusion_proof(&read, index, size).unwrap(), checkpoint }
    }

    fn trust() -> Trust {
        Trust::in_log(log().verifier().clone()).witnessed_by(vec![witness().verifier().clone()], 1)
    }

    #[test]
    fn a_proof_is_read_and_verified_offline() {
        for (index, extra) in [(0, None), (6, Some(vec![])), (11, Some(b"what else there is".to_vec()))] {
            let proof = Proof { extra, ..proof(index, 12) };
            let read = Proof::parse(proof.to_string().as_bytes()).unwrap();
            assert_eq!(read, proof);
            let trust = trust();
            let opened = read.verify(format!("leaf {index}").as_bytes(), &trust).unwrap();
            assert_eq!((opened.log.len(), opened.witnesses.len()), (1, 1));
            let other = read.verify(b"leaf", &trust);
            assert_eq!(other, Err(tree::VerifyError::WrongRoot.into()));
            let of_two = Trust { quorum: 2, ..trust };
            assert_eq!(
                read.verify(format!("leaf {index}").as_bytes(), &of_two),
                Err(TrustError::Quorum { found: 1, needed: 2 }.into())
            );
        }
    }

    #[test]
    fn what_is_no_proof_file_is_refused_with_its_line() {
        let good = Proof { extra: Some(b"more".to_vec()), ..proof(3, 12) }.to_string();
        let cases = [
            (String::new(), FileError::Header),
            (good.replace("@v1", "@v2"), FileError::Header),
            (good.replace("@v1\n", "@v1\r\n"), FileError::Header),
            (good.replace("extra bW9yZQ==", "extra bW9yZQ"), FileError::Extra),
            (good.replace("extra bW9yZQ==", "extra"), FileError::Index { line: 2 }),
            (good.replace("extra bW9yZQ==\n", "\n"), FileError::Index { line: 2 }),
            (good.replace("index 3", "index 03"), FileError::Index { line: 3 }),
            (good.replace("index 3", "index"), FileError::Index { line: 3 }),
            (good.replace("\n\na.", "\na."), FileError::Hash { line: 8 }),
            (good.replacen("=\n\n", "\n\n", 1), FileError::Hash { line: 7 }),
            (
                good.replace(
                    "index 3\n",
                    &format!("index 3\n{}", format!("{}\n", leaf_hash(b"")).repeat(61)),
                ),
                FileError::Hash { line: 68 },
            ),
            (good.replace("a.example/log\n", "\n"), FileError::Checkpoint(CheckpointError::Origin.into())),
        ];
        for (file, error) in cases {
            assert_eq!(Proof::parse(file.as_bytes()), Err(error), "{file}");
        }
    }

    proptest! {
        #[test]
        fn no_proof_holds_with_a_bit_flipped(bit in 0..8_u32, place: prop::sample::Index) {
            let mut file = proof(5, 12).to_string().into_bytes();
            let place = place.index(file.len());
            file[place] ^= 1 << bit;
            let holds = Proof::parse(&file).is_ok_and(|proof| proof.verify(b"leaf 5", &trust()).is_ok());
            prop_assert!(!holds, "byte {}", place);
        }

        #[test]
        fn what_was_read_is_written_as_it_was(place: prop::sample::Index, with: Vec<u8>, bytes: Vec<u8>) {
            let mut file = proof(5, 12).to_string().into_bytes();
            let place = place.index(file.len());
            file.splice(place..(place + with.len() / 2).min(file.len()), with);
            if let Ok(proof) = Proof::parse(&file) {
                prop_assert_eq!(proof.to_string().into_bytes(), file);
            }
            prop_assert!(Proof::parse(&bytes).is_err());
        }
    }
}
