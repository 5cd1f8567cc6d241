//! Verifying proofs, without a tree. Total: nothing that a stranger sends panics or overflows, and no proof
//! is read beyond the 64 hashes that it can have.

use super::Head;
use crate::{Hash, node_hash};

/// What is wrong with a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The tree has no such leaf.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    NotInTree {
        /// The leaf that it is said to be.
        index: u64,
        /// How many the tree has.
        size: u64,
    },
    /// The tree that is said to be earlier is larger.
    #[error("a tree of {old} leaves does not come before one of {new}")]
    NotBefore {
        /// The size that is said to be earlier.
        old: u64,
        /// The size that is said to be later.
        new: u64,
    },
    /// Hashes are missing.
    #[error("the proof ends after {given} hashes, too early")]
    TooShort {
        /// How many it has.
        given: usize,
    },
    /// There are more hashes than the proof can have.
    #[error("the proof has {given} hashes, more than belong to it")]
    TooLong {
        /// How many it has.
        given: usize,
    },
    /// The proof leads to another root than the (later) tree has.
    #[error("the proof leads to another root")]
    WrongRoot,
    /// The proof leads to another root than the earlier tree has.
    #[error("the proof leads to another root of the earlier tree")]
    WrongOldRoot,
}

/// Checks that the leaf with this hash is number `index` in the tree `head` (RFC 9162, section 2.1.3.2).
///
/// Size and root must be from one checkpoint: a proof binds the leaf to the root, and where the last leaves
/// are few, trees of several sizes have proofs of one shape.
///
/// # Errors
/// [`VerifyError`], which says what is wrong.
pub fn verify_inclusion(leaf: &Hash, index: u64, head: &Head, proof: &[Hash]) -> Result<(), VerifyError> {
    let root = root_from_inclusion(leaf, index, head.size, proof)?;
    if root == head.root { Ok(()) } else { Err(VerifyError::WrongRoot) }
}

/// The root that an inclusion proof leads to, to be compared with one that is trusted.
///
/// # Errors
/// [`VerifyError`], if a proof for this place has another length.
pub fn root_from_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash]) -> Result<Hash, VerifyError> {
    if index >= size {
        return Err(VerifyError::NotInTree { index, size });
    }
    let mut way = Way { node: index, last: size - 1 };
    let mut root = *leaf;
    for hash in proof {
        root = match way.step().ok_or(VerifyError::TooLong { given: proof.len() })? {
            Side::Left => node_hash(hash, &root),
            Side::Right => node_hash(&root, hash),
        };
    }
    if way.last == 0 { Ok(root) } else { Err(VerifyError::TooShort { given: proof.len() }) }
}

/// Checks that the tree `old` is a beginning of the tree `new` (RFC 9162, section 2.1.4.2).
///
/// Of equal sizes the roots must be equal and the proof empty; the tree without leaves is a beginning of any,
/// with an empty proof (C2SP tlog-witness).
///
/// # Errors
/// [`VerifyError`], which says what is wrong.
pub fn verify_consistency(old: &Head, new: &Head, proof: &[Hash]) -> Result<(), VerifyError> {
    if old.size > new.size {
        return Err(VerifyError::NotBefore { old: old.size, new: new.size });
    }
    for (head, wrong) in [(old, VerifyError::WrongOldRoot), (new, VerifyError::WrongRoot)] {
        if head.size == 0 && head.root != Hash::EMPTY_ROOT {
            return Err(wrong);
        }
    }
    let given = proof.len();
    if old.size == 0 || old.size == new.size {
        return match () {
            () if given > 0 => Err(VerifyError::TooLong { given }),
            () if old.size > 0 && old.root != new.root => Err(VerifyError::WrongRoot),
            () => Ok(()),
        };
    }
    // A complete old tree is a node of the new one, so its root starts the path.
    let (start, proof) = match proof {
        path if old.size.is_power_of_two() => (&old.root, path),
        [start, path @ ..] => (start, path),
        [] => return Err(VerifyError::TooShort { given }),
    };
    let mut way = Way { node: old.size - 1, last: new.size - 1 };
    way.rise(way.node.trailing_ones());
    let (mut old_root, mut new_root) = (*start, *start);
    for hash in proof {
        match way.step().ok_or(VerifyError::TooLong { given })? {
            Side::Left => {
                old_root = node_hash(hash, &old_root);
                new_root = node_hash(hash, &new_root);
            }
            Side::Right => new_root = node_hash(&new_root, hash),
        }
    }
    match () {
        () if way.last > 0 => Err(VerifyError::TooShort { given }),
        () if old_root != old.root => Err(VerifyError::WrongOldRoot),
        () if new_root != new.root => Err(VerifyError::WrongRoot),
        () => Ok(()),
    }
}

/// Where the next hash of a proof stands.
enum Side {
    Left,
    Right,
}

/// The way up from a node to the root: RFC 9162's `fn` and `sn`.
struct Way {
    /// The node's index on its level.
    node: u64,
    /// The index of the last node on that level.
    last: u64,
}

impl Way {
    /// Goes up to the next node that has a sibling, and over it. `None` at the root.
    fn step(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let side = if self.node & 1 == 1 || self.node == self.last {
            // The last node of a level moves up alone until it has something on its left.
            if self.node & 1 == 0 {
                self.rise(self.node.trailing_zeros());
            }
            Side::Left
        } else {
            Side::Right
        };
        self.rise(1);
        Some(side)
    }

    const fn rise(&mut self, levels: u32) {
        // 64 levels up from anywhere is above every root.
        self.node = if levels < 64 { self.node >> levels } else { 0 };
        self.last = if levels < 64 { self.last >> levels } else { 0 };
    }
}
