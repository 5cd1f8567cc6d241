//! Whole exports: every event of a log in one file, which is verified offline by the log's public key.
//!
//! Lines of JSON (UTF-8, each ended by a newline), to be read in one go:
//!
//! ```text
//! {"format":"chancery-export","version":1,"about":"…","checkpoint":"example.org/log\n300\n…"}
//! ["block",0,["2fXq…",…],"KmN0…"]
//! {"actor":"officer",…,"data":{…},"datasalt":"…",…}
//! {"actor":"officer",…,"datahash":"…",…}
//! null
//! …
//! ["block",1,["x0Rv…",…],"Zq3y…"]
//! …
//! ```
//!
//! The first line may have `"timestamps":["MII…",…]` before the checkpoint: RFC 3161 tokens (DER, base64) of its text.
//!
//! The events stand in blocks of 256, the last of which may be shorter. A line of **a block** has its number, from 0,
//! a proof and a tile:
//!
//! - The tile is in base64 the hashes of the block's leaves, one after the other, 32 bytes each: the same bytes as
//!   those of `tile/0/<number>` (C2SP tlog-tiles).
//! - The hash of a block is the Merkle tree hash of its leaves. The log's tree is the tree over the hashes of its
//!   blocks as if they were leaves, for 256 is a power of two. So the proof is an inclusion proof (RFC 6962, section
//!   2.1.1) of the block's hash, as number `block` of ⌈size ÷ 256⌉, in the root of the checkpoint.
//!
//! So each block is proved by itself before its events are read, and each event is compared with a hash that is
//! proved: what was altered is named, and a file of any size is verified by as many threads as there are, in as much
//! memory as a few blocks take. Behind the line of a block stands **a line for each of its events**, in the order of
//! the log:
//!
//! - the envelope as recorded: the [`leaf`](mod@crate::leaf) made of it has the hash in the tile. In canonical form
//!   (RFC 8785) it is verified fastest; any other is taken too;
//! - or its leaf, where the event is shown redacted: it has no `data`, and is itself what was hashed;
//! - or `null`, where nothing of it is shown.

mod check;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

pub use check::{Checked, check};

use crate::canonical::Json;
use crate::checkpoint::{Signed, SignedError};
use crate::tiles::FULL;
use crate::tree::{Head, VerifyError};
use crate::{Hash, encoding, node_hash, tokens};

/// What the format is called.
pub const FORMAT: &str = "chancery-export";

/// Of the format that is written here; no other is read.
pub const VERSION: u64 = 1;

/// The most bytes of a line, its newline left out: an envelope has 65,535, and a block some 16,000.
pub const LONGEST_LINE: usize = 1 << 20;

/// With what the line of a block begins, and no other line.
pub const BLOCK: &[u8] = b"[";

const ABOUT: &str = "Every event of a Chancery register, in the order of its log, in blocks of 256 that are each proved \
    to be in the checkpoint's tree. Verify with: chancery verify FILE --key VKEY, with the log's verifier key from a \
    source that you trust.";

/// The first line of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The checkpoint that the export is of.
    pub checkpoint: Signed,
    /// Time stamps over its text: RFC 3161 tokens, which nothing here reads.
    pub timestamps: Vec<Vec<u8>>,
}

impl Header {
    /// Whether a line is meant as the first line of an export, whatever else it is.
    #[must_use]
    pub fn is_one(line: &[u8]) -> bool {
        // The format is said first, so that a file is known by its beginning.
        line.trim_ascii_start().starts_with(b"{\"format\":\"chancery-export\"")
    }

    /// How many blocks there are.
    #[must_use]
    pub const fn blocks(&self) -> u64 {
        blocks(self.checkpoint.checkpoint().head().size)
    }
}

impl fmt::Display for Header {
    /// Writes the line, without its newline.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &str| Json::String(text.into());
        write!(out, "{{\"format\":\"{FORMAT}\",\"version\":{VERSION},\"about\":{},", text(ABOUT))?;
        if !self.timestamps.is_empty() {
            write!(out, "\"timestamps\":{},", tokens::write(&self.timestamps))?;
        }
        write!(out, "\"checkpoint\":{}}}", text(&self.checkpoint.to_string()))
    }
}

/// The line in front of a block's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Which one, from 0.
    pub number: u64,
    /// That it is in the log.
    pub proof: Vec<Hash>,
    /// The hashes of its leaves.
    pub tile: Vec<Hash>,
}

impl Block {
    /// The hash of the block: the Merkle tree hash of its leaves.
    #[must_use]
    pub fn hash(&self) -> Hash {
        tree_hash(&self.tile)
    }

    /// The block's proof, out of the proof that its first leaf is in the log: what stands there of the block itself
    /// goes.
    #[must_use]
    pub fn proof_of(width: u16, of_first_leaf: &[Hash]) -> Vec<Hash> {
        let inside = usize::try_from(width.next_power_of_two().trailing_zeros()).unwrap_or(0);
        of_first_leaf.get(inside..).unwrap_or_default().to_vec()
    }
}

impl fmt::Display for Block {
    /// Writes the line, without its newline.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "[\"block\",{},[", self.number)?;
        for (place, hash) in self.proof.iter().enumerate() {
            write!(out, "{}\"{hash}\"", if place == 0 { "" } else { "," })?;
        }
        let tile = self.tile.iter().flat_map(|hash| *hash.as_bytes()).collect::<Vec<_>>();
        write!(out, "],\"{}\"]", encoding::base64(&tile))
    }
}

/// How many blocks a log of `size` events has.
#[must_use]
pub const fn blocks(size: u64) -> u64 {
    size.div_ceil(FULL as u64)
}

/// How many events the block with this number has in a log of `size`; 0 if there is none.
#[must_use]
pub fn width(number: u64, size: u64) -> u16 {
    let first = number.checked_mul(u64::from(FULL));
    let left = first.and_then(|first| size.checked_sub(first)).unwrap_or(0);
    u16::try_from(left.min(u64::from(FULL))).unwrap_or(FULL)
}

/// The tree over the blocks, which has the root of the log's.
const fn over_blocks(head: &Head) -> Head {
    Head { size: blocks(head.size), root: head.root }
}

/// MTH of RFC 6962, section 2.1, over hashes of leaves.
fn tree_hash(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => Hash::EMPTY_ROOT,
        [hash] => *hash,
        _ => {
            let (left, right) = hashes.split_at(hashes.len().next_power_of_two() / 2);
            node_hash(&tree_hash(left), &tree_hash(right))
        }
    }
}

/// Something in an export that is not as it must be, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line of the file, from 1.
    pub line: u64,
    /// The event's position in the log, from 1; none if it is not about one.
    pub position: Option<u64>,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: ", self.line)?;
        if let Some(position) = self.position {
            write!(out, "event at position {position}: ")?;
        }
        write!(out, "{}", self.problem)
    }
}

/// What is wrong in an export.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The first line is none.
    #[error("expected the first line of an export ({FORMAT}, version {VERSION})")]
    Header,
    /// The first line has no checkpoint.
    #[error("the first line has no checkpoint: {0}")]
    Checkpoint(#[from] SignedError),
    /// The line of a block is none.
    #[error("expected the line of a block: [\"block\",<number>,[<hash>…],<tile>]")]
    Block,
    /// A block is not where it should be.
    #[error("block {found} stands in the place of block {expected}")]
    BlockNumber {
        /// The number it should have.
        expected: u64,
        /// The number it has.
        found: u64,
    },
    /// The block has another number of events than the log has there.
    #[error("the tile of block {number} has {found} hashes, and the log has {expected} events there")]
    Width {
        /// Which block.
        number: u64,
        /// How many events there are.
        expected: u16,
        /// How many hashes it has.
        found: usize,
    },
    /// The block is not proved: its line was altered, or it is of another log.
    #[error("block {number} is not proved to be in the log: {source}")]
    BlockUnproved {
        /// Which block.
        number: u64,
        /// Why.
        source: VerifyError,
    },
    /// The event is not what the log has.
    #[error("it was altered: its leaf has the hash {found}, and the log has {expected}")]
    Altered {
        /// The hash of the leaf that was made of it.
        found: Hash,
        /// The one that is proved.
        expected: Hash,
    },
    /// No leaf can be made of the event.
    #[error("it was altered: no recorded event has this form: {0}")]
    NoEvent(crate::leaf::LeafError),
    /// The event stands elsewhere in the log.
    #[error("in its place stands the event of position {of}")]
    Moved {
        /// Whose event stands here.
        of: u64,
    },
    /// The event is not there.
    #[error("it is missing")]
    Missing,
    /// More lines stand here than the block has events.
    #[error("this line is not in the log, or not here")]
    Surplus,
    /// Events stand before the first block.
    #[error("expected the line of a block before any event")]
    NoBlock,
    /// The line is longer than any can be.
    #[error("the line is longer than {LONGEST_LINE} bytes")]
    TooLong,
    /// The file ends too early.
    #[error("the export ends here, and the log has {0} more events")]
    Ended(u64),
}
