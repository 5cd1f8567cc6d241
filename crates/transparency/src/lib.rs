//! A transparency log's mathematics and formats: what makes a register provable, and what checks it offline.
//!
//! - [`tree`] grows the Merkle tree of RFC 6962 and makes and verifies its proofs; [`Hash`] is SHA-256.
//!
//! Pure: no I/O, no clock, no randomness. Time, seeds and stores are passed in. All that is read may come from a
//! stranger: it is refused with its place, and nothing panics.

mod encoding;
mod hash;
pub mod tree;

pub use hash::{Hash, InvalidHash, leaf_hash, node_hash};
