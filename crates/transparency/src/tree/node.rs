//! Where the hash of a complete subtree stands.

use crate::Hash;

/// A complete subtree: the `index`-th of those that have 2^`level` leaves.
///
/// Level 0 are the leaves. The hashes of levels 0, 8, 16, … are those of tiles (C2SP tlog-tiles).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    level: u8,
    index: u64,
}

impl Node {
    /// How many bytes [`Node::key`] has.
    pub const KEY_SIZE: usize = 9;

    /// The subtree at this place; `None` if it reaches beyond what a 64-bit size can count.
    #[must_use]
    pub const fn new(level: u8, index: u64) -> Option<Self> {
        if level < 64 && index <= u64::MAX >> level { Some(Self { level, index }) } else { None }
    }

    /// The leaf at `index`.
    #[must_use]
    pub const fn leaf(index: u64) -> Self {
        Self { level: 0, index }
    }

    /// The subtree of 2^`level` leaves that begins with leaf `first`. The caller holds to `first` being a
    /// multiple of 2^`level`, and `level` below 64.
    pub(super) const fn starting(first: u64, level: u8) -> Self {
        Self { level, index: first >> level }
    }

    /// How often leaves were paired: the subtree has 2^`level` of them. Below 64.
    #[must_use]
    pub const fn level(self) -> u8 {
        self.level
    }

    /// Which one of its level, from the left, from 0.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.index
    }

    /// Its first leaf.
    #[must_use]
    pub const fn first_leaf(self) -> u64 {
        self.index << self.level
    }

    /// Its last leaf.
    #[must_use]
    pub const fn last_leaf(self) -> u64 {
        self.first_leaf() | ((1 << self.level) - 1)
    }

    /// Whether a tree of `size` leaves has all of it.
    #[must_use]
    pub const fn is_in(self, size: u64) -> bool {
        self.last_leaf() < size
    }

    /// A key for a store that orders by bytes: the level, then the index, big-endian. So the hashes of a tile
    /// lie side by side.
    #[must_use]
    pub fn key(self) -> [u8; Self::KEY_SIZE] {
        let mut key = [self.level; Self::KEY_SIZE];
        key[1..].copy_from_slice(&self.index.to_be_bytes());
        key
    }

    /// Reads [`Node::key`]; `None` for anything else.
    #[must_use]
    pub fn from_key(key: &[u8]) -> Option<Self> {
        let (level, index) = key.split_first()?;
        Self::new(*level, u64::from_be_bytes(index.try_into().ok()?))
    }
}

/// Where the hashes of complete subtrees are kept.
///
/// A closure `Fn(Node) -> Result<Hash, E>` is one. It is asked only for nodes of the tree whose size the
/// caller named; a node that is missing there is an error of the store.
pub trait HashReader {
    /// Why a node could not be read.
    type Error;

    /// The hash of the subtree at `node`.
    ///
    /// # Errors
    /// Whatever keeps the store from answering, a missing node included.
    fn read(&self, node: Node) -> Result<Hash, Self::Error>;
}

impl<E, F: Fn(Node) -> Result<Hash, E>> HashReader for F {
    type Error = E;

    fn read(&self, node: Node) -> Result<Hash, E> {
        self(node)
    }
}
