//! Who delivers for which subscription.
//!
//! Every notifier gives signs of life, and each subscription is leased by one of those who live. Whether one lives is
//! judged by the reader's own clock, since it last saw a sign: no two clocks are compared. A lease is taken behind the
//! last one that was seen, so of two who want it one has it. Nothing depends on this being right at every moment: who
//! delivers for a subscription that another has taken over finds its lines refused.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

/// The lease of a subscription as it was seen last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lease {
    holder: Option<Uuid>,
    revision: u64,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Take a lease that nobody has, behind this revision.
    Take(Uuid, u64),
    /// Give up a lease.
    Release(Uuid),
}

/// What is known of leases.
#[derive(Debug)]
pub(crate) struct Claims {
    me: Uuid,
    /// For how long a notifier lives after a sign.
    within: Duration,
    subscriptions: HashSet<Uuid>,
    leases: HashMap<Uuid, Lease>,
    /// When the others gave their last sign, and which.
    others: HashMap<Uuid, (u64, Instant)>,
}

impl Claims {
    pub(crate) fn new(me: Uuid, within: Duration) -> Self {
        let (subscriptions, leases, others) = (HashSet::new(), HashMap::new(), HashMap::new());
        Self { me, within, subscriptions, leases, others }
    }

    /// There is such a subscription, or no longer.
    pub(crate) fn subscription(&mut self, id: Uuid, is_there: bool) {
        if is_there {
            self.subscriptions.insert(id)
        } else {
            self.subscriptions.remove(&id)
        };
    }

    /// Somebody has a lease, or nobody.
    pub(crate) fn lease(&mut self, id: Uuid, holder: Option<Uuid>, revision: u64) {
        let lease = self.leases.entry(id).or_insert(Lease { holder, revision });
        if lease.revision <= revision {
            *lease = Lease { holder, revision };
        }
    }

    /// A notifier has given a sign of life, or has said that it goes.
    pub(crate) fn sign(&mut self, id: Uuid, revision: u64, is_there: bool, now: Instant) {
        if id == self.me {
            return;
        }
        if !is_there {
            self.others.remove(&id);
            return;
        }
        // A sign that is read again is none.
        let seen = self.others.entry(id).or_insert((revision, now));
        if seen.0 != revision {
            *seen = (revision, now);
        }
    }

    /// The lease that this notifier has, and its revision.
    pub(crate) fn held(&self, id: Uuid) -> Option<u64> {
        self.leases.get(&id).filter(|lease| lease.holder == Some(self.me)).map(|lease| lease.revision)
    }

    /// The subscriptions that this notifier delivers for.
    pub(crate) fn mine(&self) -> HashSet<Uuid> {
        self.subscriptions.iter().copied().filter(|id| self.held(*id).is_some()).collect()
    }

    fn lives(&self, id: Uuid, now: Instant) -> bool {
        id == self.me || self.others.get(&id).is_some_and(|(_, seen)| now - *seen < self.within)
    }

    /// What to do next: everybody takes up to an equal part of what is free, and gives up what is more than that.
    pub(crate) fn steps(&self, now: Instant) -> Vec<Step> {
        let living = 1 + self.others.keys().filter(|id| self.lives(**id, now)).count();
        let part = self.subscriptions.len().div_ceil(living);
        let mut mine = self.mine().into_iter().collect::<Vec<_>>();
        mine.sort_unstable();
        if mine.len() > part {
            return mine.drain(part..).map(Step::Release).collect();
        }
        let free = self.subscriptions.iter().filter_map(|id| match self.leases.get(id) {
            None => Some(Step::Take(*id, 0)),
            Some(lease) => {
                let is_free = lease.holder.is_none_or(|holder| !self.lives(holder, now));
                is_free.then_some(Step::Take(*id, lease.revision))
            }
        });
        let mut steps = free.collect::<Vec<_>>();
        steps.sort_unstable();
        steps.truncate(part - mine.len());
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITHIN: Duration = Duration::from_secs(8);

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn claims(subscriptions: u128) -> Claims {
        let mut claims = Claims::new(id(100), WITHIN);
        (0..subscriptions).for_each(|number| claims.subscription(id(number), true));
        claims
    }

    #[test]
    fn who_is_alone_takes_all() {
        let mut claims = claims(3);
        let now = Instant::now();
        assert_eq!(claims.steps(now), [0, 1, 2].map(|number| Step::Take(id(number), 0)));
        (0..3).for_each(|number| claims.lease(id(number), Some(id(100)), 1));
        assert_eq!((claims.steps(now), claims.mine().len()), (vec![], 3));
        claims.subscription(id(1), false);
        assert_eq!(claims.mine(), [id(0), id(2)].into());
    }

    #[test]
    fn the_leases_of_one_that_has_died_are_free_after_a_while() {
        let (mut claims, now) = (claims(1), Instant::now());
        claims.lease(id(0), Some(id(7)), 3);
        claims.sign(id(7), 5, true, now);
        assert_eq!(claims.steps(now + WITHIN / 2), []);
        // The same sign once more, as after a lost connection, and then another.
        claims.sign(id(7), 5, true, now + WITHIN / 2);
        assert_eq!(claims.steps(now + WITHIN), [Step::Take(id(0), 3)]);
        claims.sign(id(7), 6, true, now + WITHIN);
        assert_eq!(claims.steps(now + WITHIN), []);
        claims.sign(id(7), 7, false, now + WITHIN);
        assert_eq!(claims.steps(now + WITHIN), [Step::Take(id(0), 3)]);
    }

    #[test]
    fn work_is_shared_with_who_comes() {
        let (mut claims, now) = (claims(5), Instant::now());
        (0..5).for_each(|number| claims.lease(id(number), Some(id(100)), 1));
        claims.sign(id(7), 1, true, now);
        assert_eq!(claims.steps(now), [3, 4].map(|number| Step::Release(id(number))));
        claims.lease(id(3), None, 2);
        claims.lease(id(4), Some(id(7)), 2);
        assert_eq!(claims.steps(now), [], "its part is full");
    }

    #[test]
    fn what_is_read_late_does_not_undo_what_is_known() {
        let mut claims = claims(1);
        claims.lease(id(0), Some(id(100)), 9);
        claims.lease(id(0), Some(id(7)), 8);
        assert_eq!(claims.held(id(0)), Some(9));
    }
}
