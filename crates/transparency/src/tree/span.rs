//! Runs of leaves as RFC 6962 cuts them.

use super::{HashReader, Node};
use crate::{Hash, node_hash};

/// Leaves `first..end`, such as the definitions of RFC 6962, section 2.1, speak of: `first` is a multiple of
/// the smallest power of two that is not below the length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) first: u64,
    pub(super) end: u64,
}

impl Span {
    /// A tree of `size` leaves.
    pub(super) const fn whole(size: u64) -> Self {
        Self { first: 0, end: size }
    }

    pub(super) const fn len(self) -> u64 {
        self.end - self.first
    }

    /// Cuts at the largest power of two below the length, which is at least 2.
    pub(super) const fn split(self) -> (Self, Self) {
        let middle = self.first + (1 << (self.len() - 1).ilog2());
        (Self { first: self.first, end: middle }, Self { first: middle, end: self.end })
    }

    /// The complete subtrees it consists of, from the left and the largest.
    pub(super) fn nodes(self) -> impl Iterator<Item = Node> {
        let mut first = self.first;
        std::iter::from_fn(move || {
            let level = (self.end - first).checked_ilog2()?;
            let node = Node::starting(first, u8::try_from(level).ok()?);
            first += 1 << level;
            Some(node)
        })
    }

    /// Its Merkle tree hash.
    pub(super) fn root<R: HashReader>(self, reader: &R) -> Result<Hash, R::Error> {
        let hashes = self.nodes().map(|node| reader.read(node)).collect::<Result<Vec<_>, _>>()?;
        Ok(join(&hashes))
    }
}

/// The root over complete subtrees that lie side by side, from the left and the largest.
pub(super) fn join(hashes: &[Hash]) -> Hash {
    let from_the_right = hashes.iter().copied().rev();
    from_the_right.reduce(|right, left| node_hash(&left, &right)).unwrap_or(Hash::EMPTY_ROOT)
}
