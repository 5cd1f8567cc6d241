//! The Merkle tree (RFC 6962, section 2.1; RFC 9162, section 2.1): growing it, proving, verifying.
//!
//! What a log stores is the hash of every complete subtree, once: [`Node`] is its place, and a node that was
//! written never changes. [`Frontier::append`] says which nodes a leaf completes. Everything else is computed
//! from them through a [`HashReader`], with at most some 130 reads for any size: [`root`] of this or any
//! earlier size, [`inclusion_proof`], [`consistency_proof`].
//!
//! [`verify_inclusion`] and [`verify_consistency`] need no store and take anything that a stranger sends.

mod frontier;
mod node;
mod prove;
mod span;
#[cfg(test)]
mod tests;
mod verify;

pub use frontier::{Frontier, Full};
pub use node::{HashReader, Node};
pub use prove::{
    OutOfRange, ProofError, consistency_nodes, consistency_proof, inclusion_nodes, inclusion_proof, root,
    root_nodes,
};
pub use verify::{VerifyError, root_from_inclusion, verify_consistency, verify_inclusion};

use crate::Hash;

/// A tree as a checkpoint names it: its size and its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many leaves it has.
    pub size: u64,
    /// Its root: the Merkle tree hash of all its leaves.
    pub root: Hash,
}

impl Head {
    /// The tree without leaves.
    pub const EMPTY: Self = Self { size: 0, root: Hash::EMPTY_ROOT };
}
