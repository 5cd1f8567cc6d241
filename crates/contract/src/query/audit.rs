//! What the auditor is asked.

use domain::Subject;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Paging;

/// What the auditor answers. Answers are the bytes that are served; their position is the size of the checkpoint
/// that they are about, which is at least the position asked for.
///
/// A [`Proof`](Self::Proof) and a [`Leaf`](Self::Leaf) are asked for by who may see the event: whoever asks has seen
/// to that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Audit {
    /// The latest checkpoint, a signed note (C2SP tlog-checkpoint).
    Checkpoint {
        /// The latest that enough witnesses have cosigned.
        #[serde(default)]
        witnessed: bool,
    },
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
        /// Against the latest checkpoint that enough witnesses have cosigned.
        #[serde(default)]
        witnessed: bool,
    },
    /// How many of the required witnesses have cosigned, and what each said last, in JSON.
    Witnesses,
    /// What each time stamp authority stamped last, with its token (RFC 3161), in JSON. Waits until one has stamped a
    /// checkpoint that covers the position asked for.
    Timestamps {
        /// Not the last, but the first that covers this position, which says most of its time.
        #[serde(default)]
        covering: Option<u64>,
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
    /// For each of some positions the first checkpoint that covers it, if one does.
    Covering(Covering),
    /// The log of reads, the latest first. For auditors cleared for the highest level; `min_position` is one of the
    /// log of reads, as is the position of the answer.
    Reads(Reads),
    /// Who received an event over a stream, in the order of the log of reads. For the same auditors.
    Recipients {
        /// Where the event stands in the log, from 1.
        position: u64,
        /// Which page.
        #[serde(flatten)]
        page: Paging,
    },
    /// The latest checkpoint of the log of reads, for the same auditors. Waits until it covers the place asked for.
    ReadsCheckpoint,
    /// That the log of reads has only grown, as [`Consistency`](Self::Consistency).
    ReadsConsistency {
        /// The size of the earlier tree.
        from: u64,
        /// The size of the later one; none: that of the latest checkpoint.
        #[serde(default)]
        to: Option<u64>,
    },
}

/// Positions of the log, in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covering {
    /// Each from 1.
    pub positions: Vec<u64>,
}

/// Entries of the log of reads that meet every filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reads {
    /// This record was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// Who asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Of which agency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// What sort of entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// At this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// At this time or earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Which page.
    #[serde(flatten)]
    pub page: Paging,
}
