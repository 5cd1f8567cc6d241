//! The thread that applies events: whatever waits goes into one batch.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::folders::Folders;
use crate::overlay::Changes;
use crate::shared::{Live, Shared};
use crate::store::Store;
use crate::{Checkpoint, Entry, Error, Overlay, Projection, State};

/// A batch with this many row changes is committed before another event is applied: 128 leaves room for one
/// event's changes below 200, beyond which sled takes memory and gives no speed.
pub const FULL_BATCH: usize = 128;

/// Events taken from the queue at once.
const AT_ONCE: usize = 256;

/// What the follower tells the applier.
pub(crate) enum Message {
    /// Whoever has applied this position has caught up.
    Head(u64),
    /// The next event.
    Entry(Arc<Entry>),
}

/// Owns the projection and the store it writes.
pub(crate) struct Applier<P> {
    pub(crate) projection: P,
    pub(crate) store: Store,
    pub(crate) checkpoint: Checkpoint,
    /// Whether `store` answers; if not, another does while this one is built.
    pub(crate) serves: bool,
    /// Whether `CURRENT` names `store`.
    pub(crate) counts: bool,
    pub(crate) folders: Folders,
    pub(crate) shared: Arc<Shared>,
}

impl<P: Projection> Applier<P> {
    /// Applies until the queue is closed and empty, then flushes.
    pub(crate) fn run(mut self, origin: &str, mut queue: mpsc::Receiver<Message>) -> Result<(), Error> {
        let mut waiting = Vec::with_capacity(AT_ONCE);
        let mut batch = Batch::default();
        let mut head = None;
        while queue.blocking_recv_many(&mut waiting, AT_ONCE) > 0 {
            for message in waiting.drain(..) {
                match message {
                    Message::Head(position) => head = Some(position),
                    Message::Entry(entry) => self.apply(entry, &mut batch)?,
                }
                if batch.changes.len() >= FULL_BATCH {
                    self.commit(&mut batch, origin)?;
                }
            }
            self.commit(&mut batch, origin)?;
            if head.take_if(|head| *head <= self.checkpoint.position).is_some() {
                self.caught_up()?;
            }
        }
        self.store.flush()
    }

    fn apply(&mut self, entry: Arc<Entry>, batch: &mut Batch) -> Result<(), Error> {
        self.shared.takes(&entry);
        let mut overlay = Overlay::new(&self.store, &mut batch.changes);
        self.projection.apply(&entry, &mut overlay);
        batch.last = Some(entry);
        // After a failed read the changes mean nothing: they are never committed.
        overlay.failure().map_or(Ok(()), |error| Err(Error::Store(error)))
    }

    fn commit(&mut self, batch: &mut Batch, origin: &str) -> Result<(), Error> {
        let Some(last) = batch.last.take() else { return Ok(()) };
        let checkpoint = self.checkpoint.at(origin, &last);
        if self.serves {
            let mut live = self.shared.writing();
            self.store.commit(&batch.changes, &checkpoint)?;
            live.checkpoint.clone_from(&checkpoint);
        } else {
            self.store.commit(&batch.changes, &checkpoint)?;
        }
        batch.changes.clear();
        self.shared.applied(&last);
        self.checkpoint = checkpoint;
        if self.serves {
            self.shared.position.send_replace(last.position);
        }
        Ok(())
    }

    fn caught_up(&mut self) -> Result<(), Error> {
        if !self.counts {
            self.switch()?;
        }
        self.shared.state.send_replace(State::Following);
        Ok(())
    }

    /// From here on this store answers. Killed before `CURRENT` is written, the next start continues the
    /// build; killed after, it removes what is left of the old folder.
    fn switch(&mut self) -> Result<(), Error> {
        self.store.flush()?;
        self.folders.point_to(P::SCHEMA)?;
        if !self.serves {
            let live = Live { store: self.store.clone(), checkpoint: self.checkpoint.clone() };
            // The lock is held for the exchange alone; closing the old store may take a while.
            let old = std::mem::replace(&mut *self.shared.writing(), live);
            drop(old);
            self.shared.serves(P::SCHEMA);
            self.shared.position.send_replace(self.checkpoint.position);
        }
        self.folders.keep_only(&[P::SCHEMA])?;
        (self.serves, self.counts) = (true, true);
        Ok(())
    }
}

/// Changes that wait for their commit, and the event that made the last of them.
#[derive(Default)]
struct Batch {
    changes: Changes,
    last: Option<Arc<Entry>>,
}
