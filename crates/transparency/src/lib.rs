//! A transparency log's mathematics and formats: what makes a register provable, and what checks it offline.
//!
//! - [`tree`] grows the Merkle tree of RFC 6962 and makes and verifies its proofs; [`Hash`](struct@Hash) is SHA-256.
//! - [`note`] reads, writes, signs and verifies signed notes (C2SP signed-note).
//! - [`checkpoint`] is what a log signs and witnesses cosign (C2SP tlog-checkpoint, tlog-cosignature).
//! - [`tiles`] serves a log as files (C2SP tlog-tiles), [`witness`] has the protocol of witnesses (C2SP
//!   tlog-witness), [`proof`] the file that proves one leaf offline (C2SP tlog-proof), [`policy`] the file that
//!   says whom to rely on (C2SP tlog-policy).
//! - [`evidence`] proves a record's events in one file, [`export`] a whole log; both are formats of Chancery's own.
//! - [`canonical`](mod@canonical) is JSON in one form (RFC 8785), [`leaf`](mod@leaf) makes a leaf of a
//!   recorded event.
//!
//! Pure: no I/O, no clock, no randomness. Time, seeds and stores are passed in. All that is read may come
//! from a stranger: it is refused with its place, and nothing panics.

pub mod canonical;
pub mod checkpoint;
mod encoding;
pub mod evidence;
pub mod export;
mod hash;
pub mod leaf;
pub mod note;
pub mod policy;
pub mod proof;
pub mod tiles;
mod tokens;
pub mod tree;
pub mod witness;

pub use checkpoint::Checkpoint;
pub use hash::{Hash, InvalidHash, leaf_hash, node_hash};
