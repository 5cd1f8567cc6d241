//! Hashes out of tiles.

use super::{FULL, HEIGHT, Tile};
use crate::tree::{HashReader, Node};
use crate::{Hash, node_hash};

impl Tile {
    /// The hash of a node, out of the bytes of the tile that [has](Tile::of) it; `None` if these do not have
    /// it.
    #[must_use]
    pub fn hash(self, bytes: &[u8], node: Node) -> Option<Hash> {
        let (hashes, rest) = bytes.as_chunks::<{ Hash::SIZE }>();
        let complete = rest.is_empty() && hashes.len() == usize::from(self.width());
        if !complete || node.level() / HEIGHT != self.level() {
            return None;
        }
        let above = node.level() % HEIGHT;
        let first = (node.index() << above).checked_sub(self.index().checked_mul(u64::from(FULL))?)?;
        let first = usize::try_from(first).ok()?;
        let below = hashes.get(first..first.checked_add(1 << above)?)?;
        let mut below = below.iter().copied().map(Hash::new).collect::<Vec<_>>();
        while let [_, _, ..] = below[..] {
            below = below.chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
        }
        below.first().copied()
    }
}

/// Reads the hashes of a tree out of its tiles, for whoever has nothing else of a log.
///
/// A tile is fetched as often as a hash of it is needed: keep what was fetched, or fetch what is
/// [needed](super::for_inclusion) before.
#[derive(Clone, Debug)]
pub struct TileReader<F> {
    size: u64,
    fetch: F,
}

impl<E, F: Fn(Tile) -> Result<Vec<u8>, E>> TileReader<F> {
    /// The tiles of a tree of `size` leaves, each fetched by `fetch`.
    pub const fn new(size: u64, fetch: F) -> Self {
        Self { size, fetch }
    }
}

impl<E, F: Fn(Tile) -> Result<Vec<u8>, E>> HashReader for TileReader<F> {
    type Error = TileError<E>;

    fn read(&self, node: Node) -> Result<Hash, TileError<E>> {
        let tile = Tile::of(node, self.size).ok_or(TileError::NotInTree { node, size: self.size })?;
        let bytes = (self.fetch)(tile).map_err(TileError::Fetch)?;
        tile.hash(&bytes, node).ok_or(TileError::Length { tile, length: bytes.len() })
    }
}

/// Why a hash cannot be read out of tiles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileError<E> {
    /// The tile could not be fetched.
    #[error("a tile cannot be fetched")]
    Fetch(#[source] E),
    /// The tree does not have all of that subtree.
    #[error("a tree of {size} leaves does not have all of {node:?}")]
    NotInTree {
        /// The subtree that was asked for.
        node: Node,
        /// How many leaves the tree has.
        size: u64,
    },
    /// What was fetched has another length than the tile has.
    #[error("{tile} has {length} bytes, which is not its length")]
    Length {
        /// The tile.
        tile: Tile,
        /// How many bytes came.
        length: usize,
    },
}
