//! Following the register live, for all who follow in one process.
//!
//! One question a process is always on its way to the read model of the records ([`Live`]): what is there behind the last
//! answer, for everybody who follows here? It is held until there is something, and its answers lie in a ring from which
//! every [`Follower`] takes what its filter and its clearance let through. Who is further behind than the ring reaches
//! asks for pages of its own, and so comes to it: whatever is told was judged by the read model under the markings of its
//! day, and there is no other way to it.
//!
//! What is kept of an event is a [`Form`]: a part of a stream, or the JSON as it is.
//!
//! Not here: how what is told goes out.

mod follower;
mod live;
mod ring;

use std::hash::{BuildHasher, RandomState};

pub use follower::{Follower, More};
pub use live::{Live, Paging};
pub use ring::{Batch, Heard, Recall, Shown};

/// What is kept of an event as some readers see it: made once for all of them.
pub trait Form: Send + Sync + 'static {
    /// Of an event at a position, of a type in full (empty: it says none), as JSON.
    fn of(position: u64, kind: &str, event: &str) -> Self;

    /// How many bytes it takes.
    fn size(&self) -> usize;
}

/// The JSON as it is.
impl Form for Box<str> {
    fn of(_: u64, _: &str, event: &str) -> Self {
        event.into()
    }

    fn size(&self) -> usize {
        self.len()
    }
}

/// A number below `limit`: those who would come again together come apart.
#[must_use]
pub fn random(limit: u64) -> u64 {
    RandomState::new().hash_one(()) % limit
}
