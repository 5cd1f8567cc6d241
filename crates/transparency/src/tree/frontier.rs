//! A tree that grows.

use super::span::join;
use super::{HashReader, Head, Node, root_nodes};
use crate::{Hash, node_hash};

/// The right edge of a tree: all that is needed to append to it and to know its root, at most 64 hashes.
///
/// ```
/// use transparency::{leaf_hash, tree::Frontier};
///
/// let mut store = std::collections::BTreeMap::new();
/// let mut tree = Frontier::default();
/// for leaf in ["first", "second", "third"] {
///     store.extend(tree.append(leaf_hash(leaf.as_bytes()))?);
/// }
/// // Three leaves, and the node over the first two.
/// assert_eq!(store.len(), 4);
/// // After a restart.
/// let again = Frontier::load(3, &|node| store.get(&node).copied().ok_or("lost"))?;
/// assert_eq!(again.head(), tree.head());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Of the complete subtrees, from the left and the largest: one for each bit set in `size`.
    hashes: Vec<Hash>,
}

impl Frontier {
    /// The tree of the first `size` leaves, out of a store.
    ///
    /// # Errors
    /// What the reader says.
    pub fn load<R: HashReader>(size: u64, reader: &R) -> Result<Self, R::Error> {
        let hashes = root_nodes(size).map(|node| reader.read(node)).collect::<Result<_, _>>()?;
        Ok(Self { size, hashes })
    }

    /// Appends a leaf by its [hash](crate::leaf_hash). Answers every subtree that it completes, the leaf
    /// first: exactly the hashes to be stored, each of which is new.
    ///
    /// # Errors
    /// [`Full`] if the size would not fit 64 bits; the tree stays as it was.
    pub fn append(&mut self, leaf: Hash) -> Result<Vec<(Node, Hash)>, Full> {
        let index = self.size;
        self.size = index.checked_add(1).ok_or(Full)?;
        let mut completed = vec![(Node::leaf(index), leaf)];
        let mut hash = leaf;
        for level in 1.. {
            // As many subtrees end here as the index ends in ones; to each belongs a hash at the edge.
            if index.trailing_ones() < u32::from(level) {
                break;
            }
            let Some(left) = self.hashes.pop() else { break };
            hash = node_hash(&left, &hash);
            completed.push((Node::starting(index >> level << level, level), hash));
        }
        self.hashes.push(hash);
        Ok(completed)
    }

    /// How many leaves the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        join(&self.hashes)
    }

    /// Size and root, as a checkpoint has them.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { size: self.size, root: self.root() }
    }
}

/// The tree has 2^64 − 1 leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tree is full")]
pub struct Full;
