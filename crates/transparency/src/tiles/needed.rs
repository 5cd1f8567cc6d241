//! Which tiles are needed.

use std::collections::BTreeSet;

use super::{FULL, Tile, hashes};
use crate::tree::{self, Node, OutOfRange};

/// The tiles out of which the root of a tree of `size` leaves is made.
#[must_use]
pub fn for_root(size: u64) -> BTreeSet<Tile> {
    of(tree::root_nodes(size), size)
}

/// The tiles out of which the proof is made that leaf `index` is in a tree of `size` leaves.
///
/// # Errors
/// [`OutOfRange::NotInTree`] if there is no such leaf.
pub fn for_inclusion(index: u64, size: u64) -> Result<BTreeSet<Tile>, OutOfRange> {
    Ok(of(tree::inclusion_nodes(index, size)?, size))
}

/// The tiles out of which the proof is made that a tree of `old` leaves is a beginning of one of `new`.
///
/// # Errors
/// [`OutOfRange::NotBefore`] if `old` is the larger.
pub fn for_consistency(old: u64, new: u64) -> Result<BTreeSet<Tile>, OutOfRange> {
    Ok(of(tree::consistency_nodes(old, new)?, new))
}

fn of(nodes: impl IntoIterator<Item = Node>, size: u64) -> BTreeSet<Tile> {
    nodes.into_iter().filter_map(|node| Tile::of(node, size)).collect()
}

/// The tiles that a tree of `new` leaves has and one of `old` does not, level by level: what a log that
/// writes its tiles as files has to write before it signs the larger size.
pub fn grown(old: u64, new: u64) -> impl Iterator<Item = Tile> {
    (0..8).flat_map(move |level| {
        let (before, after) = (hashes(level, old), hashes(level, new));
        let full = u64::from(FULL);
        let end = if before < after { after.div_ceil(full) } else { 0 };
        (before / full..end).filter_map(move |index| Tile::in_tree(level, index, new))
    })
}
