//! Tiles (C2SP tlog-tiles): a log as files that never change, out of which anybody makes proofs.
//!
//! - [`Tile`] is up to 256 hashes of one level out of eight, `tile/0/x001/x234/067`; [`Entries`] as many
//!   leaves, `tile/entries/x001/x234/067`. [`Path`] is what is asked for.
//! - A log serves [`Tile::read`] from its stored hashes, and [`grown`] says which tiles it has to write.
//! - A client knows the tiles a proof needs by [`for_inclusion`] and [`for_consistency`], and makes the proof
//!   out of them with [`TileReader`]. What it gets is verified by verifying the proof.

mod entries;
mod needed;
mod path;
mod reader;
#[cfg(test)]
mod tests;

pub use entries::{Bundle, BundleError, Entries, read_bundle, write_bundle};
pub use needed::{for_consistency, for_inclusion, for_root, grown};
pub use path::{Path, PathError};
pub use reader::{TileError, TileReader};

use crate::Hash;
use crate::tree::{HashReader, Node};

/// How many hashes or leaves a full tile or bundle has.
pub const FULL: u16 = 256;

/// How many levels of the tree a tile stands for: 256 = 2^8.
const HEIGHT: u8 = 8;

/// Up to [`FULL`] consecutive hashes of one level of tiles (C2SP tlog-tiles, "Merkle Tree").
///
/// Displayed as its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    level: u8,
    index: u64,
    width: u16,
}

impl Tile {
    /// The tile at this place with this many hashes; `None` if the level is above 63 or the width not 1 to
    /// 256.
    #[must_use]
    pub const fn new(level: u8, index: u64, width: u16) -> Option<Self> {
        if level < 64 && width > 0 && width <= FULL { Some(Self { level, index, width }) } else { None }
    }

    /// The tile at this place as a tree of `size` leaves has it; `None` if it has none there.
    #[must_use]
    pub fn in_tree(level: u8, index: u64, size: u64) -> Option<Self> {
        let width = width_at(index, hashes(level, size))?;
        Self::new(level, index, width)
    }

    /// The tile of a tree of `size` leaves that has the hash of `node`, or what it is made of; `None` if the
    /// tree does not have all of the node.
    #[must_use]
    pub fn of(node: Node, size: u64) -> Option<Self> {
        let level = node.level() / HEIGHT;
        let first = node.index() << (node.level() % HEIGHT);
        Self::in_tree(level, first / u64::from(FULL), size).filter(|_| node.is_in(size))
    }

    /// The level of tiles, 0 to 63. No tree whose size has 64 bits has tiles above level 7.
    #[must_use]
    pub const fn level(self) -> u8 {
        self.level
    }

    /// Which one of its level, from the left, from 0.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many hashes it has, 1 to 256.
    #[must_use]
    pub const fn width(self) -> u16 {
        self.width
    }

    /// Whether it has all 256, so that no larger tree changes it.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.width == FULL
    }

    /// Whether a tree of `size` leaves has all of it.
    #[must_use]
    pub fn is_in(self, size: u64) -> bool {
        Self::in_tree(self.level, self.index, size).is_some_and(|tile| self.width <= tile.width)
    }

    /// The nodes whose hashes it has, in their order. Of a tile that no tree has, those that some tree has.
    pub fn nodes(self) -> impl Iterator<Item = Node> {
        let first = self.index.checked_mul(u64::from(FULL));
        let level = self.level.checked_mul(HEIGHT);
        (0..self.width).filter_map(move |more| Node::new(level?, first?.checked_add(u64::from(more))?))
    }

    /// Its bytes, as a log serves them: the hashes one after the other. Ask only for what [is
    /// in](Tile::is_in) the tree that is stored.
    ///
    /// # Errors
    /// What the reader says.
    pub fn read<R: HashReader>(self, reader: &R) -> Result<Vec<u8>, R::Error> {
        let mut bytes = Vec::with_capacity(usize::from(self.width) * Hash::SIZE);
        for node in self.nodes() {
            bytes.extend(reader.read(node)?.as_bytes());
        }
        Ok(bytes)
    }
}

/// How many hashes a level of tiles has in a tree of `size` leaves.
fn hashes(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(HEIGHT)).unwrap_or(0)
}

/// How many of `count` things are in the `index`-th tile; `None` for none.
fn width_at(index: u64, count: u64) -> Option<u16> {
    let rest = count.checked_sub(index.checked_mul(u64::from(FULL))?)?;
    u16::try_from(rest.min(u64::from(FULL))).ok().filter(|width| *width > 0)
}
