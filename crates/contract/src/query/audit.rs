//! What the auditor is asked.

use serde::{Deserialize, Serialize};

/// What the auditor answers. Answers are the bytes that are served; their position is the size of the checkpoint
/// that they are about, which is at least the position asked for.
///
/// A [`Proof`](Self::Proof) and a [`Leaf`](Self::Leaf) are asked for by who may see the event: whoever asks has seen
/// to that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Audit {
    /// The latest checkpoint, a signed note (C2SP tlog-checkpoint).
    Checkpoint,
    /// A tile or a bundle of entries (C2SP tlog-tiles). Bundles are for auditors cleared for the highest level.
    Tile {
        /// `tile/…`.
        path: String,
    },
    /// That an event is in the log: a proof file (C2SP tlog-proof).
    Proof {
        /// Where the event stands in the log, from 1.
        position: u64,
        /// The same in JSON.
        #[serde(default)]
        json: bool,
    },
    /// That a tree is a beginning of a later one, in JSON.
    Consistency {
        /// The size of the earlier one.
        from: u64,
        /// The size of the later one; none: that of the latest checkpoint.
        #[serde(default)]
        to: Option<u64>,
    },
    /// What of an event is hashed into the tree.
    Leaf {
        /// Where the event stands in the log, from 1.
        position: u64,
    },
}
