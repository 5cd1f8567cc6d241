//! How many records a part of a brief takes.

use contract::brief::MOST_COUNTED;

/// How many records are taken.
pub(super) struct Quota {
    most: usize,
    taken: usize,
}

/// How many records there are besides those that are taken.
#[derive(Default)]
pub(super) struct Rest(u32);

impl Quota {
    pub(super) const fn of(most: usize) -> Self {
        Self { most, taken: 0 }
    }

    /// Whether one more is taken; else it is counted with the rest.
    pub(super) const fn takes(&mut self, rest: &mut Rest) -> bool {
        let takes = self.taken < self.most;
        if takes {
            self.taken += 1;
        } else {
            rest.0 += 1;
        }
        takes
    }

    /// Whether one more would be neither taken nor counted.
    pub(super) const fn is_full(&self, rest: &Rest) -> bool {
        self.taken == self.most && rest.0 >= MOST_COUNTED
    }
}

impl Rest {
    /// If there are any; nobody counts beyond [`MOST_COUNTED`].
    pub(super) fn counted(self) -> Option<u32> {
        Some(self.0).filter(|counted| *counted > 0)
    }
}
