//! The thread that applies events: whatever waits goes into one batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::folders::{Build, Folders};
use crate::overlay::Changes;
use crate::shared::{Live, Rebuild, Shared};
use crate::store::Store;
use crate::{Checkpoint, Error, Memory, Overlay, Positioned, Projection, State, memory};

/// A batch with this many row changes is committed before another event is applied: 128 leaves room for one
/// event's changes below 200, beyond which sled takes memory and gives no speed.
pub const FULL_BATCH: usize = 128;

/// Events taken from the queue at once.
const AT_ONCE: usize = 256;

/// What the follower tells the applier.
pub(crate) enum Message<E> {
    /// Whoever has applied this position has caught up.
    Head(u64),
    /// The next event.
    Entry(Arc<E>),
}

/// Owns the projection and the store it writes.
pub(crate) struct Applier<P> {
    pub(crate) projection: P,
    pub(crate) store: Store,
    /// Until the store answers; then it lies with what readers read.
    pub(crate) memory: Option<Box<dyn Memory>>,
    pub(crate) build: Build,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) standing: Standing,
    pub(crate) folders: Folders,
    pub(crate) shared: Arc<Shared>,
}

/// What an applier's store is to the read model.
pub(crate) struct Standing {
    /// Whether `store` answers; if not, another does while this one is built.
    pub(crate) serves: bool,
    /// Whether `CURRENT` names `store`.
    pub(crate) counts: bool,
    /// Whether its state is the read model's: not while another follows, too.
    pub(crate) leads: Arc<AtomicBool>,
    /// Told when it takes over from another that follows.
    pub(crate) takes_over: Option<oneshot::Sender<()>>,
}

impl<P: Projection> Applier<P> {
    /// Applies until the queue is closed and empty, or another store has taken over; then flushes. What catches up
    /// after `stop` takes over from nobody: that is for the next start, which has the time to clean up behind it.
    pub(crate) fn run(
        mut self,
        origin: &str,
        mut queue: mpsc::Receiver<Message<P::Entry>>,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let mut waiting = Vec::with_capacity(AT_ONCE);
        let mut batch = Batch { changes: Changes::new(), last: None };
        let mut head = None;
        while queue.blocking_recv_many(&mut waiting, AT_ONCE) > 0 {
            for message in waiting.drain(..) {
                match message {
                    Message::Head(position) => head = Some(position),
                    Message::Entry(entry) => self.apply(entry, &mut batch)?,
                }
                if batch.changes.len() >= FULL_BATCH && !self.commit(&mut batch, origin)? {
                    return Ok(());
                }
            }
            if !self.commit(&mut batch, origin)? {
                return Ok(());
            }
            let stopped = stop.is_cancelled();
            if !stopped && head.is_some_and(|head| head <= self.checkpoint.position) && self.caught_up()? {
                head = None;
            }
        }
        self.store.flush()
    }

    fn apply(&mut self, entry: Arc<P::Entry>, batch: &mut Batch<P::Entry>) -> Result<(), Error> {
        if self.leads() {
            self.shared.takes(&*entry);
        }
        let mut overlay = Overlay::new(&self.store, &mut batch.changes);
        self.projection.apply(&entry, &mut overlay);
        batch.last = Some(entry);
        // After a failed read the changes mean nothing: they are never committed.
        overlay.failure().map_or(Ok(()), |error| Err(Error::Store(error)))
    }

    /// Commits what waits; false if another store has taken over, and nothing was committed.
    fn commit(&mut self, batch: &mut Batch<P::Entry>, origin: &str) -> Result<bool, Error> {
        let Some(last) = batch.last.take() else { return Ok(true) };
        let checkpoint = self.checkpoint.at(origin, &*last);
        if self.standing.serves {
            let mut live = self.shared.writing();
            if live.build != self.build {
                return Ok(false);
            }
            self.store.commit(&batch.changes, &checkpoint)?;
            live.checkpoint.clone_from(&checkpoint);
            memory::change(live.memory.as_deref_mut(), &batch.changes);
        } else {
            self.store.commit(&batch.changes, &checkpoint)?;
            memory::change(self.memory.as_deref_mut(), &batch.changes);
        }
        batch.changes.clear();
        self.checkpoint = checkpoint;
        if self.leads() {
            self.shared.applied(&*last);
        } else {
            self.shared.rebuild.send_replace(Rebuild::UnderWay { position: last.position() });
        }
        if self.standing.serves {
            self.shared.position.send_replace(last.position());
        }
        Ok(true)
    }

    fn leads(&self) -> bool {
        self.standing.leads.load(Ordering::Relaxed)
    }

    /// False if the store that answers is further: then it is not over yet.
    fn caught_up(&mut self) -> Result<bool, Error> {
        let answers = self.standing.serves && self.standing.counts;
        if !answers && !self.switch()? {
            return Ok(false);
        }
        self.shared.state.send_replace(State::Following);
        Ok(true)
    }

    /// From here on this store answers, if it is as far as the one that does. Killed before `CURRENT` is
    /// written, the next start continues the build; killed after, it removes what is left of the old folder.
    fn switch(&mut self) -> Result<bool, Error> {
        if !self.standing.counts {
            if self.shared.is_beyond(self.checkpoint.position) && !self.standing.serves {
                return Ok(false);
            }
            self.store.flush()?;
            self.folders.point_to(self.build)?;
            self.standing.counts = true;
        }
        if !self.standing.serves && !self.take_over() {
            return Ok(false);
        }
        match self.standing.takes_over.take() {
            // Who ran the other follows no more once it hears this, and removes the folder.
            Some(takes_over) => drop(takes_over.send(())),
            None => self.folders.keep_only(&[self.build])?,
        }
        Ok(true)
    }

    /// Puts the store in the place of the one that answers; false if that is further.
    fn take_over(&mut self) -> bool {
        let old = {
            let mut live = self.shared.writing();
            if live.checkpoint.position > self.checkpoint.position {
                return false;
            }
            let (store, checkpoint) = (self.store.clone(), self.checkpoint.clone());
            let memory = self.memory.take();
            std::mem::replace(&mut *live, Live { store, memory, build: self.build, checkpoint })
        };
        // The lock is held for the exchange alone; closing the old store may take a while.
        drop(old);
        self.standing.serves = true;
        self.standing.leads.store(true, Ordering::Relaxed);
        self.shared.serves(P::SCHEMA);
        self.shared.reaches(self.checkpoint.position);
        self.shared.position.send_replace(self.checkpoint.position);
        true
    }
}

/// Changes that wait for their commit, and the event that made the last of them.
struct Batch<E> {
    changes: Changes,
    last: Option<Arc<E>>,
}
