//! One caller's share of the requests that are worked on at once, and of the streams that are open.
//!
//! Without it one token can hold every slot, by accident or not: bodies that trickle in are enough. A caller is a
//! token's subject and agency, so that more tokens give no more room. Taking and giving back is one short lock among
//! many; what is kept is no more than there are requests.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contract::Principal;

/// Enough that callers seldom meet at a lock.
const SHARDS: usize = 64;

#[derive(Debug)]
pub(crate) struct Shares {
    most: usize,
    /// Keyed anew by every process: nobody can choose to share with another.
    hasher: RandomState,
    shards: [Mutex<HashMap<u64, usize>>; SHARDS],
}

impl Shares {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        let shards = std::array::from_fn(|_| Mutex::default());
        Arc::new(Self { most, hasher: RandomState::new(), shards })
    }

    /// How many requests a caller may have.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// Room for one more request of this caller, if there is any.
    pub(crate) fn take(self: &Arc<Self>, caller: &Principal) -> Option<Share> {
        let caller = self.hasher.hash_one((&caller.agency, &caller.subject));
        let mut shard = self.shard(caller);
        let held = shard.entry(caller).or_default();
        if *held >= self.most {
            return None;
        }
        *held += 1;
        drop(shard);
        Some(Share { shares: Arc::clone(self), caller })
    }

    fn shard(&self, caller: u64) -> MutexGuard<'_, HashMap<u64, usize>> {
        let shard = caller % SHARDS as u64;
        let shard = &self.shards[usize::try_from(shard).unwrap_or_default()];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    shares: Arc<Shares>,
    caller: u64,
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Entry::Occupied(mut held) = self.shares.shard(self.caller).entry(self.caller) {
            *held.get_mut() -= 1;
            if *held.get() == 0 {
                held.remove();
            }
        }
    }
}
