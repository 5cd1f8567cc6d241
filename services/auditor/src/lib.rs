//! The auditor: makes the log provable to those who do not trust whoever runs it.
//!
//! - `tree` is a [read model](readmodel): every event of the log, in order, is a leaf of a Merkle tree (RFC 6962).
//!   The event at position `p` is leaf `p − 1`.
//! - `signing` signs the tree's head at most a second after new events, as a checkpoint (C2SP tlog-checkpoint), with
//!   the key of `key`, or two while it is changed (`rotation`); `kept` is the last one that was signed, on disk before
//!   anybody sees it; `publication` is the stream on which checkpoints are published.
//! - `witnesses` asks others to cosign what was signed (C2SP tlog-witness).
//! - `timestamps` asks authorities for the time (RFC 3161).
//! - `answer` serves checkpoints, tiles (C2SP tlog-tiles) and proofs; `covering` finds the checkpoint that was the first to
//!   cover an event.
//! - `reads` is the log of reads, as auditors ask for it. It has a tree and signed checkpoints of its own, so that nobody
//!   alters it unseen either.
//! - `reread` reads both logs again after each start.
//!
//! **What was signed binds.** Before anything is signed, the tree is proved to be a continuation of every checkpoint
//! that is known to have been signed, on file or on the stream. When it is not, because the log was tampered with or
//! a backup was restored, nothing is signed and nothing of the tree is served any more: the process says so and is
//! not ready, until an operator has decided. The tree is disposable; the last signed checkpoint is not.
//!
//! Formats and mathematics are in [`transparency`].

mod answer;
mod covering;
mod kept;
pub mod key;
mod metrics;
mod outside;
mod publication;
mod reads;
mod reread;
pub mod rotation;
mod signing;
mod standing;
#[cfg(test)]
mod testing;
mod timestamps;
mod tree;
mod witnesses;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use contract::subjects;
use domain::Levels;
use eventlog::{EventLog, Journal, READS_PLAN};
use readmodel::{Projection, Reader, Runner};
use service::settings::seconds;
use service::{Endpoint, Shell};
use tokio::sync::watch;
use transparency::checkpoint::Trust;
use transparency::note::KeyName;

pub use crate::key::KeyError;
pub use crate::publication::{Publication, PublicationError};
pub use crate::reads::Reads;
pub use crate::timestamps::TimestampsError;
pub use crate::tree::{Events, Leaves, Lines, Tree, TreeOf};
pub use crate::witnesses::WitnessesError;

/// The folder of the tree, below that of the process.
const FOLDER: &str = "auditor";

/// What an operator may set.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Auditor")]
pub struct Settings {
    /// What the log is called in its checkpoints, a URL without its scheme; said at the first start, for it becomes
    /// part of the key [default: HOST/chancery-ID]
    #[arg(long, env = "CHANCERY_ORIGIN", value_name = "NAME")]
    pub origin: Option<KeyName>,

    /// Whom to ask for cosignatures and how many must have cosigned: a file with lines `witness NAME VKEY URL`, `group
    /// NAME COUNT NAME…` and `quorum NAME` (C2SP tlog-policy) [default: nobody]
    #[arg(long, env = "CHANCERY_WITNESSES", value_name = "FILE")]
    pub witnesses: Option<PathBuf>,

    /// Which time stamp authorities (RFC 3161) to ask for the time of checkpoints: a file with lines `authority NAME URL
    /// CERTIFICATES`, the last a PEM file with who vouches for it [default: nobody]
    #[arg(long, env = "CHANCERY_TIMESTAMPS", value_name = "FILE")]
    pub timestamps: Option<PathBuf>,

    /// How many seconds to leave an authority in peace after each stamp
    #[arg(long, env = "CHANCERY_TIMESTAMPS_EVERY", value_name = "SECONDS", value_parser = seconds, default_value = "60")]
    pub timestamps_every: Duration,

    /// Memory for the pages of the tree, in MiB
    #[arg(long, env = "CHANCERY_AUDITOR_CACHE", value_name = "MIB", default_value_t = 64)]
    pub auditor_cache: u64,

    /// Questions that are answered at once; those beyond are refused
    #[arg(long, env = "CHANCERY_AUDITOR_IN_FLIGHT", value_name = "COUNT", default_value_t = 256)]
    pub auditor_in_flight: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            origin: None,
            witnesses: None,
            timestamps: None,
            timestamps_every: Duration::from_secs(60),
            auditor_cache: 64,
            auditor_in_flight: 256,
        }
    }
}

/// Builds the tree, signs and answers until the shell is shut down.
///
/// # Errors
/// When the key cannot be used, or the log, the stream of checkpoints or the database cannot be opened. What goes
/// wrong later, and a tree that is not the one that was signed, make the process not ready.
pub async fn run(settings: Settings, shell: Shell) -> anyhow::Result<()> {
    // Before anything is waited for: until they are set, nobody may think that this is ready.
    let (sound, serving) = (shell.latch("checkpoint"), shell.latch("endpoint"));
    let reads_sound = shell.latch("reads");
    let keys = rotation::Keys::open(&shell.data, settings.origin.as_ref())?;
    let (witnesses, required) = witnesses::read(settings.witnesses.as_deref())?;
    let authorities = timestamps::read(settings.timestamps.as_deref())?;
    let (log, publication, journal) = streams(&shell).await?;
    // From here on the folder is ours: nobody else signs what is on file there.
    let (reader, runner) = open(Tree::default(), settings.auditor_cache, &shell).await?;

    let standing = standing::Standing::new();
    let (cosigned, metrics) = (kept::Kept::cosigned(&shell.data), metrics::Metrics::register(&shell.metrics));
    let stamping = (authorities, settings.timestamps_every, keys.trust());
    let stamps = stamp(stamping, &publication, &standing, &metrics, &shell)?;
    let asking = witnesses::Parts {
        witnesses,
        required,
        trust: keys.trust(),
        reader: reader.clone(),
        publication: publication.clone(),
        kept: cosigned.clone(),
        standing: standing.clone(),
        metrics: metrics.clone(),
        readiness: shell.readiness.clone(),
        clock: shell.clock.clone(),
    };
    let report = witnesses::start(asking, &shell.tasks, &shell.shutdown);
    let report = report.context("witnesses cannot be asked")?;
    let reads_parts = (keys.of_reads(), publication.of_reads(), metrics.reads);
    let reads = of_reads(journal, reads_parts, reads_sound, settings.auditor_cache, &shell).await?;
    let parts = signing::Parts {
        name: "the log",
        keys,
        reader: reader.clone(),
        log: log.clone(),
        published: publication.checkpoints(),
        kept: kept::Kept::checkpoint(&shell.data),
        cosigned: Some((cosigned, publication.clone())),
        standing: standing.clone(),
        metrics: metrics.events,
    };
    sign::<Events, _>(parts, sound, &shell);
    // The reader's state says it too, and signing ends with it.
    follow(runner, log, &shell, "the tree grows no more");

    let answering = Arc::new(answer::Answering {
        reader,
        standing,
        report,
        stamps,
        levels: Levels::default(),
        covering: covering::Covering::new(publication.checkpoints()),
        publication,
        reads,
    });
    shell
        .serve(endpoint(settings.auditor_in_flight), move |request| answering.clone().answer(request))
        .await?;
    serving.set();
    shell.shutdown.cancelled().await;
    Ok(())
}

/// The log of reads: followed, and signed for.
async fn of_reads(
    journal: Journal,
    (keys, published, metrics): (rotation::Keys, publication::Series, metrics::OfLog),
    sound: service::Latch,
    cache_mib: u64,
    shell: &Shell,
) -> anyhow::Result<answer::OfReads> {
    let (entries, runner) = open(Reads, cache_mib, shell).await?;
    let (tree, tree_runner) = open(TreeOf::<Lines>::default(), cache_mib, shell).await?;
    let standing = standing::Standing::new();
    let parts = signing::Parts {
        name: "the log of reads",
        keys,
        reader: tree.clone(),
        log: journal.clone(),
        published,
        kept: kept::Kept::reads(&shell.data),
        cosigned: None,
        standing: standing.clone(),
        metrics,
    };
    sign::<Lines, _>(parts, sound, shell);
    follow(runner, journal.clone(), shell, "the log of reads is not followed any more");
    follow(tree_runner, journal.clone(), shell, "the tree of the log of reads grows no more");
    Ok(answer::OfReads { entries, journal, tree, standing })
}

/// Signs checkpoints of a log until the role stops.
fn sign<L: Leaves, J: readmodel::Log<Entry = L::Entry>>(
    parts: signing::Parts<J>,
    sound: service::Latch,
    shell: &Shell,
) {
    let second = reread::find::<L>(parts.log.clone(), parts.reader.clone(), parts.standing.clone());
    shell.tasks.spawn(signing::run(parts, second, sound, shell.shutdown.clone()));
}

/// The log, the streams of what is signed, and the log of reads.
async fn streams(shell: &Shell) -> anyhow::Result<(EventLog, Publication, Journal)> {
    let log = EventLog::open(shell.client.clone(), eventlog::Settings::default());
    let log = log.await.context("the log cannot be opened")?;
    let publication = Publication::open(shell.client.clone()).await;
    let publication = publication.context("the stream of checkpoints cannot be opened")?;
    let journal = Journal::open(shell.client.clone(), READS_PLAN, &eventlog::Settings::default()).await;
    Ok((log, publication, journal.context("the log of reads cannot be opened")?))
}

/// Asks these authorities, at this pace, about checkpoints of the log that is trusted so.
fn stamp(
    (authorities, every, trust): (Vec<timestamps::Authority>, Duration, Trust),
    publication: &Publication,
    standing: &standing::Standing,
    metrics: &metrics::Metrics,
    shell: &Shell,
) -> anyhow::Result<watch::Receiver<Arc<timestamps::Report>>> {
    let parts = timestamps::Parts {
        authorities,
        every,
        trust,
        publication: publication.clone(),
        standing: standing.clone(),
        metrics: metrics.clone(),
        readiness: shell.readiness.clone(),
    };
    let stamps = timestamps::start(parts, &shell.tasks, &shell.shutdown);
    stamps.context("time stamp authorities cannot be asked")
}

const fn endpoint(in_flight: usize) -> Endpoint {
    Endpoint { name: "audit", subject: subjects::AUDIT, queue: "auditors", in_flight }
}

/// A read model in its folder below that of the auditor.
async fn open<P: Projection>(
    projection: P,
    cache_mib: u64,
    shell: &Shell,
) -> anyhow::Result<(Reader, Runner<P>)> {
    let folder = shell.data.join(FOLDER).join(P::NAME);
    let models = readmodel::Settings { cache_bytes: cache_mib << 20, ..readmodel::Settings::default() };
    let opened = readmodel::open(&folder, projection, models).await;
    opened.with_context(|| format!("the read model {} cannot be opened", P::NAME))
}

/// Follows a log until the role stops, and says what it means when that ends before.
fn follow<P: Projection>(
    runner: Runner<P>,
    log: impl readmodel::Log<Entry = P::Entry>,
    shell: &Shell,
    meaning: &'static str,
) {
    let run = runner.run(log, shell.shutdown.clone());
    shell.tasks.spawn(async move {
        if let Err(error) = run.await {
            let error = anyhow::Error::from(error);
            tracing::error!(error = format!("{error:#}"), model = P::NAME, "{meaning}");
        }
    });
}
