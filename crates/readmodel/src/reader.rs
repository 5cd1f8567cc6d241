//! Answering from a read model.

use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::rows::Row;
use crate::shared::{Live, Shared};
use crate::{Direction, Error, Lag, Memory, Range, Rebuild, Rows, State, Value, store};

/// Answers from a read model while its runner follows the log. Clones are the same read model.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

impl Reader {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The position that an answer reflects at least.
    #[must_use]
    pub fn position(&self) -> u64 {
        *self.shared.position.borrow()
    }

    /// Returns once the read model has reached `position`, with the position reached. Waiting takes one of a
    /// bounded number of slots, apart from those of reads; what is there already is answered without one.
    ///
    /// # Errors
    /// [`WaitError`] when it does not come in time, or when too many wait already.
    pub async fn wait_for(&self, position: u64, deadline: Instant) -> Result<u64, WaitError> {
        let reached = self.position();
        if reached >= position {
            return Ok(reached);
        }
        let _slot = self.shared.waits.try_acquire().map_err(|_| WaitError::Busy)?;
        let mut positions = self.shared.position.subscribe();
        let came = timeout_at(deadline, positions.wait_for(|reached| *reached >= position)).await;
        match came {
            Ok(Ok(reached)) => Ok(*reached),
            _ => Err(WaitError::NotYet { reached: self.position(), wanted: position }),
        }
    }

    /// Lets `ask` read, off the async threads. Commits wait until it returns, so what it reads is of one
    /// position; keep it short.
    ///
    /// # Errors
    /// [`Error::Store`] when the database cannot be read, [`Error::Disowned`] when it is of another log, [`Error::Panicked`] when `ask` panics.
    pub async fn read<T, F>(&self, ask: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&View<'_>) -> T + Send + 'static,
    {
        if let Some(reason) = self.shared.disowned.get() {
            return Err(Error::Disowned(reason.clone()));
        }
        let shared = self.shared.clone();
        let _slot = self.shared.reads.acquire().await.expect("the semaphore is never closed");
        let read = move || {
            let live = shared.reading();
            let view = View { live: &live, failure: RefCell::new(None) };
            let answer = ask(&view);
            let Some(error) = view.failure.into_inner() else { return Ok(answer) };
            shared.fails.store(true, Ordering::Relaxed);
            Err(Error::Store(error))
        };
        tokio::task::spawn_blocking(read).await.map_err(|_| Error::Panicked)?
    }

    /// Whether it was found at the start that the rows are of another log; nothing is read from them then.
    #[must_use]
    pub fn is_disowned(&self) -> bool {
        self.shared.disowned.get().is_some()
    }

    /// Whether the database failed a read: a restart tries again.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.shared.fails.load(Ordering::Relaxed)
    }

    /// Has the read model built anew, from the first event on, beside the rows that answer. They go on answering and
    /// following; then the new ones take over, and they go. One build is made at a time: who asks while one is
    /// under way has asked for that one. It goes on after a restart.
    ///
    /// # Errors
    /// [`RebuildError`] when nobody would do it.
    pub fn rebuild(&self) -> Result<(), RebuildError> {
        if !self.shared.can_rebuild {
            return Err(RebuildError::Unable);
        }
        match &*self.shared.state.borrow() {
            State::Failed(reason) => return Err(RebuildError::Stopped(reason.clone())),
            // Its form changed: that is a rebuild.
            State::Rebuilding => return Ok(()),
            _ => {}
        }
        self.shared.rebuild.send_if_modified(|rebuild| {
            let is_new = matches!(rebuild, Rebuild::None | Rebuild::Failed(_));
            if is_new {
                *rebuild = Rebuild::Asked;
            }
            is_new
        });
        Ok(())
    }

    /// What became of the last [request](Self::rebuild), and every change of it.
    #[must_use]
    pub fn rebuilds(&self) -> watch::Receiver<Rebuild> {
        self.shared.rebuild.subscribe()
    }

    /// How far it is behind the log.
    #[must_use]
    pub fn lag(&self, now: Timestamp) -> Lag {
        self.shared.lag(now)
    }

    /// What the runner does, and every change of it.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.shared.state.subscribe()
    }

    /// Bytes on disk.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn size_on_disk(&self) -> Result<u64, Error> {
        self.read(|view| view.live.store.size_on_disk()).await
    }
}

/// The rows of a read model at one position.
pub struct View<'v> {
    live: &'v Live,
    failure: RefCell<Option<sled::Error>>,
}

impl View<'_> {
    /// The last event that the rows reflect.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.live.checkpoint.position
    }

    /// The form of the rows: the projection's, or one of those that it can still read.
    #[must_use]
    pub fn schema(&self) -> u32 {
        self.live.checkpoint.schema
    }

    /// How often rows of this form were built anew on request: what is kept beside the rows, and made of them, is
    /// made again when this changes.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.live.build.generation
    }
}

impl View<'_> {
    /// What is kept in memory beside the rows, at their position; `None`: nothing of that type is.
    #[must_use]
    pub fn memory<M: Memory>(&self) -> Option<&M> {
        let memory: &dyn Any = self.live.memory.as_deref()?;
        memory.downcast_ref()
    }
}

impl Rows for View<'_> {
    fn get(&self, key: &[u8]) -> Option<Value> {
        store::get(&self.live.store, key, &self.failure)
    }

    fn scan<'r>(&'r self, range: &Range, direction: Direction) -> Box<dyn Iterator<Item = Row> + 'r> {
        store::scan(&self.live.store, range, direction, &self.failure)
    }
}

/// Why a read model is not built anew.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RebuildError {
    /// There is only one of its projection.
    #[error("this read model cannot be built anew while it serves")]
    Unable,
    /// It follows the log no more.
    #[error("the read model has stopped: {0}")]
    Stopped(String),
}

/// Why a wait for a position ended without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WaitError {
    /// The deadline passed.
    #[error("position {wanted} is not there yet, {reached} is")]
    NotYet {
        /// Where the read model stands.
        reached: u64,
        /// What was waited for.
        wanted: u64,
    },
    /// As many wait as may.
    #[error("too many wait for a position")]
    Busy,
}
