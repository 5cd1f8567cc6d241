//! What a stream was given since it was opened.
//!
//! Who was given something that they may not see any more is told which it was, and nothing else. So it has to be known
//! what they were given: what a client says of itself, by resuming behind a position, proves nothing.

use std::collections::VecDeque;

/// How many runs of positions are remembered, the latest: 512 KiB at most.
const MOST: usize = 32_768;

/// Positions in the order in which they were given, which is that of the log.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// The first and the last position of each run without a gap.
    runs: VecDeque<(u64, u64)>,
}

impl Given {
    /// Takes note of a position behind all others.
    pub(super) fn add(&mut self, position: u64) {
        match self.runs.back_mut() {
            Some((_, last)) if *last + 1 >= position => *last = (*last).max(position),
            _ => self.runs.push_back((position, position)),
        }
        if self.runs.len() > MOST {
            self.runs.pop_front();
        }
    }

    pub(super) fn has(&self, position: u64) -> bool {
        let before = self.runs.partition_point(|(first, _)| *first <= position);
        before.checked_sub(1).and_then(|nth| self.runs.get(nth)).is_some_and(|(_, last)| position <= *last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_given_is_known_and_nothing_else(steps in prop::collection::vec(1..4_u64, 0..60)) {
            let (mut given, mut all, mut position) = (Given::default(), vec![], 0);
            for step in steps {
                position += step;
                given.add(position);
                all.push(position);
            }
            for position in 0..=position + 2 {
                prop_assert_eq!(given.has(position), all.contains(&position));
            }
        }
    }

    #[test]
    fn what_was_given_long_ago_is_forgotten() {
        let mut given = Given::default();
        let last = 2 * MOST as u64 + 2;
        (2..=last).step_by(2).for_each(|position| given.add(position));
        assert!(!given.has(2) && given.has(4) && given.has(last));
        assert_eq!(given.runs.len(), MOST);
    }
}
