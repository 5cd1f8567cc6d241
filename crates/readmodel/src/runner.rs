//! Opening a read model and following the log.

use std::error::Error as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::apply::{Applier, Message};
use crate::checkpoint::hash;
use crate::folders::Folders;
use crate::shared::{Live, Shared};
use crate::store::Store;
use crate::{Checkpoint, Entry, Error, Log, Projection, Reader, State};

/// Events between the log and the applier: enough to keep it busy, at most 32 MiB.
const QUEUE: usize = 512;

/// How often the log is asked where it ends, for the lag.
const ASKING_HEAD: Duration = Duration::from_secs(1);

/// After the log did not answer.
const PAUSE: Duration = Duration::from_millis(500);

/// How long a log that seems too short is not believed to be.
const DOUBT: Duration = Duration::from_secs(5);

/// How long a database that someone else is closing is waited for.
const LOCKED_PAUSE: Duration = Duration::from_millis(50);
const LOCKED_TRIES: u32 = 100;

/// What an operator may set.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Memory for pages of the database, in bytes.
    pub cache_bytes: u64,
    /// How many may wait for a position at once.
    pub waits: usize,
    /// How many may read at once.
    pub reads: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cache_bytes: 64 << 20, waits: 1024, reads: 64 }
    }
}

/// Opens the read model in `folder`, or begins it.
///
/// # Errors
/// [`Error`] when the folder or the database cannot be used.
pub async fn open<P: Projection>(
    folder: &Path,
    projection: P,
    settings: Settings,
) -> Result<(Reader, Runner<P>), Error> {
    let mut tries = 0;
    let root = folder.to_owned();
    let opened = loop {
        let folder = folder.to_owned();
        let opened = tokio::task::spawn_blocking(move || Opened::open::<P>(&folder, settings.cache_bytes));
        // sled breaks off on much of what it does not expect to find.
        match opened.await.unwrap_or_else(|_| Err(Error::Damaged(root.clone()))) {
            Err(Error::Locked(..)) if tries < LOCKED_TRIES => tries += 1,
            opened => break opened?,
        }
        sleep(LOCKED_PAUSE).await;
    };
    let Opened { folders, store, checkpoint, old, counts } = opened;
    let serves = old.is_none();
    let live = old.unwrap_or_else(|| Live { store: store.clone(), checkpoint: checkpoint.clone() });
    let shared = Arc::new(Shared::new(live, checkpoint.position, settings.waits, settings.reads));
    let applier = Applier { projection, store, checkpoint, serves, counts, folders, shared: shared.clone() };
    Ok((Reader::new(shared.clone()), Runner { shared, applier }))
}

/// What is found in a folder.
struct Opened {
    folders: Folders,
    store: Store,
    checkpoint: Checkpoint,
    old: Option<Live>,
    counts: bool,
}

impl Opened {
    fn open<P: Projection>(root: &Path, cache_bytes: u64) -> Result<Self, Error> {
        let folders = Folders::open(root)?;
        let current = match folders.current()? {
            Some(current) => current,
            None => {
                folders.point_to(P::SCHEMA)?;
                P::SCHEMA
            }
        };
        folders.keep_only(&[current, P::SCHEMA])?;
        let open = |schema| {
            let folder = folders.of(schema);
            let store = Store::open(&folder, cache_bytes)?;
            let expected = Checkpoint::start(P::NAME, schema);
            let checkpoint = store.checkpoint().map_err(|_| Error::Damaged(folder.clone()))?;
            let checkpoint = checkpoint.unwrap_or_else(|| expected.clone());
            let same = (&checkpoint.name, checkpoint.schema) == (&expected.name, schema);
            let names = |of: &Checkpoint| format!("{} v{}", of.name, of.schema);
            let (found, expected) = (names(&checkpoint), names(&expected));
            if same { Ok(Live { store, checkpoint }) } else { Err(Error::Other { folder, found, expected }) }
        };
        let readable = current != P::SCHEMA && P::READABLE.contains(&current);
        let old = readable.then(|| open(current)).transpose()?;
        let Live { store, checkpoint } = open(P::SCHEMA)?;
        Ok(Self { folders, store, checkpoint, old, counts: current == P::SCHEMA })
    }
}

/// Follows the log and applies it. There is one for each open database.
pub struct Runner<P> {
    shared: Arc<Shared>,
    applier: Applier<P>,
}

impl<P: Projection> Runner<P> {
    /// Follows until `stop`, then applies what it has taken and flushes.
    ///
    /// A log that does not answer is asked again; the reader's state says so meanwhile.
    ///
    /// # Errors
    /// [`Error`] when the log is not the one that was applied or lost events, and when the database fails.
    /// The reader is then in the state [`State::Failed`], and goes on answering from what it has; except that
    /// when the log was another one from the start, it answers nothing.
    pub async fn run(self, log: impl Log, stop: CancellationToken) -> Result<(), Error> {
        let shared = self.shared.clone();
        let result = self.follow(log, stop).await;
        if let Err(error) = &result {
            shared.state.send_replace(State::Failed(describe(error)));
        }
        result
    }

    async fn follow(self, log: impl Log, stop: CancellationToken) -> Result<(), Error> {
        let Self { shared, applier } = self;
        let mut follower =
            Follower { shared, schema: P::SCHEMA, seen: Seen::Checkpoint(applier.checkpoint.clone()), stop };
        let (queue, waiting) = mpsc::channel(QUEUE);
        let (done, ended) = oneshot::channel();
        let origin = log.origin();
        let name = format!("{}-apply", P::NAME);
        let apply = move || drop(done.send(applier.run(&origin, waiting)));
        std::thread::Builder::new().name(name).spawn(apply).expect("a thread can be started");
        let followed = follower.run(&log, &queue).await;
        if let Err(error) = &followed
            && error.is_of_another_log()
            && matches!(follower.seen, Seen::Checkpoint(_))
        {
            // Nothing was added to it in this life: it may be of another register altogether.
            let _ = follower.shared.disowned.set(describe(error));
        }
        drop(queue);
        // A thread that panics drops its end.
        let applied = ended.await.unwrap_or(Err(Error::Panicked));
        applied.and(followed)
    }
}

/// Hands events from the log to the applier.
struct Follower {
    shared: Arc<Shared>,
    schema: u32,
    seen: Seen,
    stop: CancellationToken,
}

impl Follower {
    /// Ends when told to stop, when the applier is gone, or with an error that does not pass.
    async fn run(&mut self, log: &impl Log, queue: &mpsc::Sender<Message>) -> Result<(), Error> {
        let shared = self.shared.clone();
        let following = async {
            loop {
                match self.follow(log, queue).await {
                    Err(error) if error.is_transient() => self.pause(&error).await,
                    ended => return ended,
                }
                if self.stop.is_cancelled() {
                    return Ok(());
                }
            }
        };
        tokio::select! {
            ended = following => ended,
            never = watch_head(log, &shared) => match never {},
        }
    }

    async fn pause(&self, error: &Error) {
        let reason = describe(error);
        tracing::warn!(reason, "the log does not answer; trying again");
        self.shared.state.send_replace(State::Interrupted(reason));
        tokio::select! {
            () = sleep(PAUSE) => {}
            () = self.stop.cancelled() => {}
        }
    }

    async fn follow(&mut self, log: &impl Log, queue: &mpsc::Sender<Message>) -> Result<(), Error> {
        self.seen.check_origin(log.origin())?;
        let position = self.seen.position();
        let head = head(log, position).await?;
        if head < position {
            return Err(Error::Shorter { position, head });
        }
        self.shared.saw_head(head);
        let beside = self.shared.serving() != self.schema;
        let state = if beside { State::Rebuilding } else { State::CatchingUp };
        self.shared.state.send_replace(state);
        if queue.send(Message::Head(head)).await.is_err() {
            return Ok(());
        }
        self.take(log, queue).await
    }

    /// Begins with the event seen last, to see that it is still the same.
    async fn take(&mut self, log: &impl Log, queue: &mpsc::Sender<Message>) -> Result<(), Error> {
        let seen = self.seen.position();
        let mut tail = log.tail(seen.saturating_sub(1));
        let mut expected = seen.max(1);
        loop {
            let next = tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                () = queue.closed() => return Ok(()),
                next = tail.next() => next,
            };
            let Some(entry) = next.transpose()? else { return Ok(()) };
            let found = entry.position;
            if found != expected {
                return Err(Error::Gap { expected, found });
            }
            expected += 1;
            if found == seen {
                self.seen.check(&entry)?;
                continue;
            }
            let entry = Arc::new(entry);
            self.seen = Seen::Entry(entry.clone());
            if queue.send(Message::Entry(entry)).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// Where the log ends. One that ends before what was seen is asked again for a while: a new leader of the
/// stream may not have applied yet all that was acknowledged.
async fn head(log: &impl Log, seen: u64) -> Result<u64, Error> {
    let until = Instant::now() + DOUBT;
    loop {
        let head = log.head().await?;
        if head >= seen || Instant::now() >= until {
            return Ok(head);
        }
        sleep(PAUSE).await;
    }
}

async fn watch_head(log: &impl Log, shared: &Shared) -> std::convert::Infallible {
    loop {
        sleep(ASKING_HEAD).await;
        // Only the lag depends on it; whether the log answers is found out by following it.
        if let Ok(head) = log.head().await {
            shared.saw_head(head);
        }
    }
}

/// The last event that was handed on.
enum Seen {
    /// In an earlier life.
    Checkpoint(Checkpoint),
    /// In this one; its hash is computed only if it is asked for.
    Entry(Arc<Entry>),
}

impl Seen {
    fn position(&self) -> u64 {
        match self {
            Self::Checkpoint(checkpoint) => checkpoint.position,
            Self::Entry(entry) => entry.position,
        }
    }

    fn check_origin(&self, found: String) -> Result<(), Error> {
        match self {
            Self::Checkpoint(Checkpoint { origin: Some(expected), .. }) if *expected != found => {
                Err(Error::OtherStream { expected: expected.clone(), found })
            }
            _ => Ok(()),
        }
    }

    fn check(&self, found: &Entry) -> Result<(), Error> {
        let same = match self {
            Self::Checkpoint(checkpoint) => checkpoint.hash == hash(found),
            Self::Entry(entry) => (entry.subject, &entry.payload) == (found.subject, &found.payload),
        };
        if same { Ok(()) } else { Err(Error::Altered { position: found.position }) }
    }
}

/// An error with everything below it, for the reader of a state or a log line.
fn describe(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
