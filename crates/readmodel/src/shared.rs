//! What the runner and the readers of one read model share.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};

use crate::folders::Build;
use crate::store::Store;
use crate::{Checkpoint, Memory, Positioned, Settings};

/// The database that answers.
pub(crate) struct Live {
    pub(crate) store: Store,
    pub(crate) memory: Option<Box<dyn Memory>>,
    pub(crate) build: Build,
    pub(crate) checkpoint: Checkpoint,
}

pub(crate) struct Shared {
    live: RwLock<Live>,
    pub(crate) position: watch::Sender<u64>,
    pub(crate) state: watch::Sender<State>,
    pub(crate) rebuild: watch::Sender<Rebuild>,
    /// Whether the projection can be had a second time.
    pub(crate) can_rebuild: bool,
    pub(crate) waits: Semaphore,
    pub(crate) reads: Semaphore,
    /// Why the rows are not answered: they are of another log.
    pub(crate) disowned: OnceLock<String>,
    /// Whether the database failed a read.
    pub(crate) fails: AtomicBool,
    /// The schema of `live`, for those who must not wait for its lock.
    serving: AtomicU32,
    head: AtomicU64,
    /// How far the runner has come; ahead of the live position only while a build runs beside it.
    applied: AtomicU64,
    /// When the event in the runner's hand was stored, in milliseconds; 0: it has none.
    in_hand: AtomicI64,
    /// When the last applied event was stored, in milliseconds.
    last: AtomicI64,
}

impl Shared {
    pub(crate) fn new(live: Live, applied: u64, can_rebuild: bool, settings: Settings) -> Self {
        let Checkpoint { position, schema, .. } = live.checkpoint;
        Self {
            live: RwLock::new(live),
            serving: AtomicU32::new(schema),
            position: watch::Sender::new(position),
            state: watch::Sender::new(State::Starting),
            rebuild: watch::Sender::new(Rebuild::None),
            can_rebuild,
            waits: Semaphore::new(settings.waits),
            reads: Semaphore::new(settings.reads),
            disowned: OnceLock::new(),
            fails: AtomicBool::new(false),
            head: AtomicU64::new(applied.max(position)),
            applied: AtomicU64::new(applied),
            in_hand: AtomicI64::new(0),
            last: AtomicI64::new(0),
        }
    }

    /// Holds off commits. Writers are preferred: a waiting commit lets the reads under way end and goes first.
    pub(crate) fn reading(&self) -> RwLockReadGuard<'_, Live> {
        self.live.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds off reads.
    pub(crate) fn writing(&self) -> RwLockWriteGuard<'_, Live> {
        self.live.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn serving(&self) -> u32 {
        self.serving.load(Ordering::Relaxed)
    }

    pub(crate) fn serves(&self, schema: u32) {
        self.serving.store(schema, Ordering::Relaxed);
    }

    pub(crate) fn saw_head(&self, head: u64) {
        self.head.fetch_max(head, Ordering::Relaxed);
    }

    pub(crate) fn takes(&self, entry: &impl Positioned) {
        self.saw_head(entry.position());
        self.in_hand.store(entry.stored().as_millisecond(), Ordering::Relaxed);
    }

    pub(crate) fn applied(&self, entry: &impl Positioned) {
        self.applied.store(entry.position(), Ordering::Relaxed);
        self.last.store(entry.stored().as_millisecond(), Ordering::Relaxed);
        self.in_hand.store(0, Ordering::Relaxed);
    }

    /// As [`applied`](Self::applied), whatever event stands there.
    pub(crate) fn reaches(&self, position: u64) {
        self.applied.fetch_max(position, Ordering::Relaxed);
        self.in_hand.store(0, Ordering::Relaxed);
    }

    /// Whether what answers is further than a position.
    pub(crate) fn is_beyond(&self, position: u64) -> bool {
        self.reading().checkpoint.position > position
    }

    pub(crate) fn lag(&self, now: Timestamp) -> Lag {
        let applied = self.applied.load(Ordering::Relaxed);
        let events = self.head.load(Ordering::Relaxed).saturating_sub(applied);
        let since = match (events, self.in_hand.load(Ordering::Relaxed)) {
            (0, _) => return Lag::default(),
            (_, 0) => self.last.load(Ordering::Relaxed),
            (_, in_hand) => in_hand,
        };
        let ms = if since == 0 { 0 } else { now.as_millisecond().saturating_sub(since) };
        Lag { events, ms: ms.try_into().unwrap_or(0) }
    }
}

/// What the runner does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It has not reached the log yet.
    Starting,
    /// It applies what was recorded before it began; answers are behind.
    CatchingUp,
    /// It builds another schema beside the one that answers.
    Rebuilding,
    /// It has applied everything that stood in the log when it began, and follows.
    Following,
    /// The log does not answer, as said; it tries again.
    Interrupted(String),
    /// It has stopped for the reason said; an operator must decide.
    Failed(String),
}

/// What became of the last request to build the read model anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rebuild {
    /// None is under way: nobody asked, or the new one answers.
    None,
    /// It is about to begin.
    Asked,
    /// It is built beside the one that answers.
    UnderWay {
        /// The last event that was applied to it.
        position: u64,
    },
    /// It came to an end without taking over, for the reason said; the one that answers was not touched.
    Failed(String),
}

/// How far a read model is behind the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// Events that are recorded and not applied, as far as is known.
    pub events: u64,
    /// Milliseconds since the event now being applied was stored, or else the last one that was.
    pub ms: u64,
}
