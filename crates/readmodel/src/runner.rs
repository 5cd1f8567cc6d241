//! Opening a read model and following the log.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::apply::{Applier, Standing};
use crate::folders::{Build, Folders};
use crate::follow::{describe, follow};
use crate::rebuild::Rebuilder;
use crate::shared::{Live, Shared};
use crate::store::Store;
use crate::{Checkpoint, Error, Log, Projection, Reader, State, memory};

/// How long a database that someone else is closing is waited for.
const LOCKED_PAUSE: Duration = Duration::from_millis(50);
const LOCKED_TRIES: u32 = 100;

/// What an operator may set.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Memory for pages of the database, in bytes; a rebuild takes as much again.
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

/// Opens the read model in `folder`, or begins it. A rebuild that was begun and not ended goes on once it runs.
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
    let Opened { folders, new, old, counts, unfinished } = opened;
    let template = projection.another();
    let serves = old.is_none();
    let Live { store, mut memory, build, checkpoint } = new;
    let live = old.unwrap_or_else(|| Live {
        store: store.clone(),
        memory: memory.take(),
        build,
        checkpoint: checkpoint.clone(),
    });
    let shared = Arc::new(Shared::new(live, checkpoint.position, template.is_some(), settings));
    let leads = Arc::new(AtomicBool::new(true));
    let standing = Standing { serves, counts, leads, takes_over: None };
    let applier = Applier {
        projection,
        store,
        memory,
        build,
        checkpoint,
        standing,
        folders: folders.clone(),
        shared: shared.clone(),
    };
    let cache_bytes = settings.cache_bytes;
    let rebuilder =
        template.map(|template| Rebuilder::new(template, folders, shared.clone(), cache_bytes, unfinished));
    Ok((Reader::new(shared.clone()), Runner { shared, applier, rebuilder }))
}

/// What is found in a folder.
struct Opened {
    folders: Folders,
    /// The one of today's schema.
    new: Live,
    /// One of an earlier schema that answers meanwhile.
    old: Option<Live>,
    counts: bool,
    /// A build of the schema that counts, begun on request.
    unfinished: Option<Build>,
}

impl Opened {
    fn open<P: Projection>(root: &Path, cache_bytes: u64) -> Result<Self, Error> {
        let folders = Folders::open(root)?;
        let latest = folders.latest(P::SCHEMA)?;
        let current = match folders.current()? {
            Some(current) => current,
            None => {
                let first = latest.unwrap_or(Build::first(P::SCHEMA));
                folders.point_to(first)?;
                first
            }
        };
        let counts = current.schema == P::SCHEMA;
        let build = if counts { current } else { latest.unwrap_or(Build::first(P::SCHEMA)) };
        let unfinished = latest.filter(|latest| counts && *latest > current);
        folders.keep_only(&[current, build, unfinished.unwrap_or(build)])?;
        let old = if counts || !P::READABLE.contains(&current.schema) {
            None
        } else {
            Some(open_build::<P>(&folders, current, cache_bytes)?)
        };
        let new = open_build::<P>(&folders, build, cache_bytes)?;
        Ok(Self { folders, new, old, counts, unfinished })
    }
}

/// Opens one database, or begins it. Reads from disk: not for async threads.
pub(crate) fn open_build<P: Projection>(
    folders: &Folders,
    build: Build,
    cache_bytes: u64,
) -> Result<Live, Error> {
    let folder = folders.of(build);
    let store = Store::open(&folder, cache_bytes)?;
    let expected = Checkpoint::start(P::NAME, build.schema);
    let checkpoint = store.checkpoint().map_err(|_| Error::Damaged(folder.clone()))?;
    let checkpoint = checkpoint.unwrap_or_else(|| expected.clone());
    let same = (&checkpoint.name, checkpoint.schema) == (&expected.name, expected.schema);
    let names = |of: &Checkpoint| format!("{} v{}", of.name, of.schema);
    let (found, expected) = (names(&checkpoint), names(&expected));
    if !same {
        return Err(Error::Other { folder, found, expected });
    }
    let mut memory = P::memory();
    if let Some(memory) = &mut memory {
        let begun = std::time::Instant::now();
        let rows = memory::load(memory.as_mut(), &store).map_err(|_| Error::Damaged(folder))?;
        let ms = begun.elapsed().as_millis();
        tracing::info!(model = P::NAME, rows, ms, "what is kept in memory was read");
    }
    Ok(Live { store, memory, build, checkpoint })
}

/// Follows the log and applies it. There is one for each open database.
pub struct Runner<P> {
    shared: Arc<Shared>,
    applier: Applier<P>,
    rebuilder: Option<Rebuilder<P>>,
}

impl<P: Projection> Runner<P> {
    /// Follows until `stop`, then applies what it has taken and flushes.
    ///
    /// A log that does not answer is asked again; the reader's state says so meanwhile. A [rebuild](Reader::rebuild)
    /// follows the log, too, until it takes over.
    ///
    /// # Errors
    /// [`Error`] when the log is not the one that was applied or lost events, and when the database fails.
    /// The reader is then in the state [`State::Failed`], and goes on answering from what it has; except that
    /// when the log was another one from the start, it answers nothing.
    pub async fn run(self, log: impl Log<Entry = P::Entry>, stop: CancellationToken) -> Result<(), Error> {
        let Self { shared, applier, rebuilder } = self;
        let result = match rebuilder {
            Some(rebuilder) => rebuilder.run(applier, log, stop).await,
            None => follow(applier, log, stop).await,
        };
        if let Err(error) = &result {
            shared.state.send_replace(State::Failed(describe(error)));
        }
        result
    }
}
