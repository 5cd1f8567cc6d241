//! Bundles of leaves (C2SP tlog-tiles, "Log entries").

use std::ops::Range;

use super::{FULL, width_at};

/// Which bundle of leaves: up to [`FULL`] consecutive ones.
///
/// Displayed as its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entries {
    index: u64,
    width: u16,
}

impl Entries {
    /// The bundle at this place with this many leaves; `None` if the width is not 1 to 256.
    #[must_use]
    pub const fn new(index: u64, width: u16) -> Option<Self> {
        if width > 0 && width <= FULL { Some(Self { index, width }) } else { None }
    }

    /// The bundle at this place as a tree of `size` leaves has it; `None` if it has none there.
    #[must_use]
    pub fn in_tree(index: u64, size: u64) -> Option<Self> {
        Self::new(index, width_at(index, size)?)
    }

    /// The bundle of a tree of `size` leaves that has leaf `leaf`; `None` if the tree has no such leaf.
    #[must_use]
    pub fn of(leaf: u64, size: u64) -> Option<Self> {
        Self::in_tree(leaf / u64::from(FULL), size).filter(|_| leaf < size)
    }

    /// Which bundle, from 0.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many leaves it has, 1 to 256.
    #[must_use]
    pub const fn width(self) -> u16 {
        self.width
    }

    /// Whether a tree of `size` leaves has all of it.
    #[must_use]
    pub fn is_in(self, size: u64) -> bool {
        Self::in_tree(self.index, size).is_some_and(|entries| self.width <= entries.width)
    }

    /// The leaves it has; `None` if no tree whose size has 64 bits has them.
    #[must_use]
    pub fn leaves(self) -> Option<Range<u64>> {
        let first = self.index.checked_mul(u64::from(FULL))?;
        Some(first..first.checked_add(u64::from(self.width))?)
    }
}

/// Writes a bundle: each leaf behind its length in two bytes, big-endian.
///
/// # Errors
/// [`BundleError::Leaf`] if a leaf has more than 65,535 bytes, [`BundleError::TooMany`] if there are more
/// than 256.
pub fn write_bundle<L: AsRef<[u8]>>(leaves: impl IntoIterator<Item = L>) -> Result<Vec<u8>, BundleError> {
    let mut bundle = Vec::new();
    for (number, leaf) in leaves.into_iter().enumerate() {
        let leaf = leaf.as_ref();
        if number >= usize::from(FULL) {
            return Err(BundleError::TooMany { offset: bundle.len() });
        }
        let size = u16::try_from(leaf.len()).map_err(|_| BundleError::Leaf { number, size: leaf.len() })?;
        bundle.extend(size.to_be_bytes());
        bundle.extend(leaf);
    }
    Ok(bundle)
}

/// Reads a bundle, all of it.
///
/// # Errors
/// The first [`BundleError`] that [`Bundle`] meets.
pub fn read_bundle(bundle: &[u8]) -> Result<Vec<&[u8]>, BundleError> {
    Bundle::of(bundle).collect()
}

/// The leaves of a bundle, one by one. After an error there are no more.
#[derive(Clone, Debug)]
pub struct Bundle<'b> {
    bytes: &'b [u8],
    offset: usize,
    left: u16,
}

impl<'b> Bundle<'b> {
    /// The leaves in these bytes.
    #[must_use]
    pub const fn of(bytes: &'b [u8]) -> Self {
        Self { bytes, offset: 0, left: FULL }
    }

    fn take(&mut self) -> Option<&'b [u8]> {
        let (size, rest) = self.bytes.get(self.offset..)?.split_first_chunk()?;
        let leaf = rest.get(..usize::from(u16::from_be_bytes(*size)))?;
        self.offset += size.len() + leaf.len();
        Some(leaf)
    }
}

impl<'b> Iterator for Bundle<'b> {
    type Item = Result<&'b [u8], BundleError>;

    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.offset;
        if offset >= self.bytes.len() {
            return None;
        }
        let leaf = match self.left.checked_sub(1) {
            None => Err(BundleError::TooMany { offset }),
            Some(left) => {
                self.left = left;
                self.take().ok_or(BundleError::Cut { offset })
            }
        };
        if leaf.is_err() {
            self.offset = self.bytes.len();
        }
        Some(leaf)
    }
}

/// What is no bundle of leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// A leaf has more than 65,535 bytes.
    #[error("leaf {number} of the bundle has {size} bytes, more than 65,535")]
    Leaf {
        /// Which one of the bundle, from 0.
        number: usize,
        /// How many bytes it has.
        size: usize,
    },
    /// The bytes end within a leaf or its length.
    #[error("the bundle ends within the leaf that begins at byte {offset}")]
    Cut {
        /// Where the leaf begins, in bytes.
        offset: usize,
    },
    /// There are more than 256 leaves.
    #[error("the bundle has more than 256 leaves (byte {offset})")]
    TooMany {
        /// Where the first one too many begins, in bytes.
        offset: usize,
    },
}
