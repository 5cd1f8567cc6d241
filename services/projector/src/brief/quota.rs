//! How many records a part of a brief takes.

use contract::brief::MOST_COUNTED;

/// How many records are taken, and how many of the rest are counted.
pub(super) struct Quota {
    pub(super) most: usize,
    taken: usize,
    pub(super) counted: u32,
}

impl Quota {
    pub(super) const fn of(most: usize) -> Self {
        Self { most, taken: 0, counted: 0 }
    }

    /// Whether one more is taken; else it is counted.
    pub(super) const fn takes(&mut self) -> bool {
        let takes = self.taken < self.most;
        if takes {
            self.taken += 1;
        } else {
            self.counted += 1;
        }
        takes
    }

    pub(super) const fn is_full(&self) -> bool {
        self.counted == MOST_COUNTED
    }
}
