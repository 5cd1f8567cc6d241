//! From a question to its reply: what is served is of the last checkpoint, never of what the tree has beyond it.

use std::sync::Arc;
use std::time::Duration;

use contract::{Ask, Audit, Principal, Problem, ProblemKind};
use domain::Levels;
use eventlog::Journal;
use readmodel::{Reader, View};
use serde_json::{Value, json};
use service::{Reply, Request};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use transparency::checkpoint::Signed;
use transparency::proof::Proof;
use transparency::tiles::{Path, write_bundle};
use transparency::tree::{Head, ProofError, consistency_proof, inclusion_proof, root};

use crate::covering::Covering;
use crate::publication::Publication;
use crate::reads;
use crate::standing::{Standing, Which};
use crate::timestamps::{self, Report as Stamps};
use crate::tree::{Missing, Nodes, leaf};
use crate::witnesses::Report;

/// Left of the deadline when a wait is given up, so that the caller still hears why.
const FOR_THE_REPLY: Duration = Duration::from_millis(100);

/// The most bytes of a bundle: NATS takes 8 MB.
const LARGEST_BUNDLE: usize = 7 << 20;

pub(crate) struct Answering {
    pub(crate) reader: Reader,
    pub(crate) standing: Standing,
    /// How the witnesses stand.
    pub(crate) report: watch::Receiver<Arc<Report>>,
    /// What time stamp authorities have stamped.
    pub(crate) stamps: watch::Receiver<Arc<Stamps>>,
    /// Where they stand, and have stood.
    pub(crate) publication: Publication,
    pub(crate) levels: Levels,
    pub(crate) covering: Covering,
    pub(crate) reads: OfReads,
}

/// The log of reads.
pub(crate) struct OfReads {
    /// As rows.
    pub(crate) entries: Reader,
    /// Where it ends.
    pub(crate) journal: Journal,
    /// Its tree, and what was signed of it.
    pub(crate) tree: Reader,
    pub(crate) standing: Standing,
}

impl Answering {
    pub(crate) async fn answer(self: Arc<Self>, request: Request) -> Reply {
        self.ask(&request).await.unwrap_or_else(Reply::from)
    }

    async fn ask(&self, request: &Request) -> Result<Reply, Problem> {
        let ask = serde_json::from_slice::<Ask<Audit>>(&request.body);
        let ask = ask.map_err(|error| Problem::new(ProblemKind::Malformed, format!("no query: {error}")))?;
        let events = match &ask.query {
            Audit::Proof { position, .. } | Audit::Leaf { position } => (*position).max(ask.min_position),
            // These are of streams that do not depend on the tree: they answer also when it is found to be another.
            Audit::Covering(covering) => return self.covering(&covering.positions, request).await,
            Audit::Timestamps { covering } => {
                return self.timestamps(ask.min_position, *covering, request).await;
            }
            Audit::Reads(_) | Audit::Recipients { .. } => return self.of_reads(ask, request).await,
            Audit::ReadsCheckpoint | Audit::ReadsConsistency { .. } => {
                ask.principal.requires_whole_sight(&self.levels, "checkpoints of the log of reads")?;
                let signed = signed(&self.reads.standing, Which::Signed, ask.min_position, request).await?;
                return match ask.query {
                    Audit::ReadsConsistency { from, to } => {
                        consistency(&self.reads.tree, from, to, &signed).await
                    }
                    _ => Ok(checkpoint(&signed)),
                };
            }
            _ => ask.min_position,
        };
        let which = match ask.query {
            Audit::Checkpoint { witnessed } | Audit::Proof { witnessed, .. } => Which::of(witnessed),
            _ => Which::Signed,
        };
        match (&ask.query, events) {
            (Audit::Checkpoint { .. }, 0) => {
                let signed = self.standing.signed(which).ok_or_else(nothing_yet)?;
                return Ok(checkpoint(&signed));
            }
            (Audit::Witnesses, _) => return self.witnesses(),
            _ => {}
        }
        let signed = signed(&self.standing, which, events, request).await?;
        match ask.query {
            Audit::Checkpoint { .. } => Ok(checkpoint(&signed)),
            Audit::Witnesses => self.witnesses(),
            Audit::Tile { path } => self.tile(&ask.principal, &path, &signed).await,
            Audit::Proof { position, json, .. } => self.proof(position, json, signed).await,
            Audit::Consistency { from, to } => consistency(&self.reader, from, to, &signed).await,
            Audit::Covering(_)
            | Audit::Reads(_)
            | Audit::Recipients { .. }
            | Audit::ReadsCheckpoint
            | Audit::ReadsConsistency { .. }
            | Audit::Timestamps { .. } => unreachable!("they were answered above"),
            Audit::Leaf { position } => {
                let index = position.checked_sub(1).ok_or_else(|| no_event(position))?;
                let leaf = self.read(&signed, move |view| leaf(index, view)).await?;
                leaf.map(|leaf| at(&signed, leaf.to_vec())).ok_or_else(|| no_event(position))
            }
        }
    }

    fn witnesses(&self) -> Result<Reply, Problem> {
        let report = self.report.borrow().clone();
        serde_json::to_vec(&*report).map(Reply::ok).map_err(unreadable)
    }

    /// What was stamped, once it covers so many events.
    async fn timestamps(
        &self,
        events: u64,
        covering: Option<u64>,
        request: &Request,
    ) -> Result<Reply, Problem> {
        let events = events.max(covering.unwrap_or(0));
        let mut stamps = self.stamps.clone();
        let deadline = Instant::from_std(request.deadline).checked_sub(FOR_THE_REPLY);
        let covers = |stamps: &Arc<Stamps>| stamps.stamped.unwrap_or(0) >= events;
        let waited = timeout_at(deadline.unwrap_or_else(Instant::now), stamps.wait_for(covers));
        // Whether it came in time is looked at below.
        let _ = request.aside(async { drop(waited.await) }).await;
        let mut told = self.stamps.borrow().clone();
        if !covers(&told) {
            let size = told.stamped.unwrap_or(0);
            let detail = format!("no time stamp covers {events} events yet; the last covers {size}");
            return Err(Problem::new(ProblemKind::NotYet, detail));
        }
        if let Some(position) = covering {
            let first = request.aside(timestamps::first(&self.publication, &told, position)).await?;
            told = Arc::new(first.map_err(|error| {
                let error = anyhow::Error::from(error);
                tracing::warn!(error = format!("{error:#}"), "time stamps cannot be looked up");
                Problem::new(ProblemKind::Unavailable, "the stream of time stamps does not answer")
            })?);
        }
        let body = serde_json::to_vec(&*told).map_err(unreadable)?;
        Ok(Reply::ok(body).at(told.stamped.unwrap_or(0)))
    }

    async fn tile(&self, who: &Principal, path: &str, signed: &Signed) -> Result<Reply, Problem> {
        let size = signed.checkpoint().head().size;
        let none = |why: String| Problem::new(ProblemKind::NotFound, format!("there is no {path}: {why}"));
        let smaller = || none(format!("the log has {size} events"));
        match path.parse::<Path>() {
            Ok(Path::Tile(tile)) if tile.is_in(size) => {
                let read = self.read(signed, move |view| tile.read(&Nodes(view))).await?;
                read.map(|bytes| at(signed, bytes)).map_err(lost)
            }
            Ok(Path::Entries(entries)) => {
                // A bundle shows of every event who recorded it, when, and of what type: it cannot leave one out.
                who.requires_whole_sight(&self.levels, "entries")?;
                let leaves = entries.leaves().filter(|_| entries.is_in(size)).ok_or_else(smaller)?;
                let count = usize::from(entries.width());
                let read =
                    move |view: &View<'_>| leaves.map_while(|index| leaf(index, view)).collect::<Vec<_>>();
                let leaves = self.read(signed, read).await?;
                if leaves.len() < count {
                    return Err(unreadable("the tree has lost a leaf"));
                }
                let bundle = write_bundle(leaves).map_err(unreadable)?;
                if bundle.len() > LARGEST_BUNDLE {
                    let detail = format!("{path} has {} bytes; ask for fewer entries", bundle.len());
                    return Err(Problem::new(ProblemKind::TooLarge, detail));
                }
                Ok(at(signed, bundle))
            }
            Ok(Path::Checkpoint) => Err(none("a checkpoint is no tile".to_owned())),
            Ok(_) => Err(smaller()),
            Err(error) => Err(none(error.to_string())),
        }
    }

    /// Waits a moment for what was just recorded: a checkpoint comes within a second.
    async fn covering(&self, positions: &[u64], request: &Request) -> Result<Reply, Problem> {
        const SOON: Duration = Duration::from_millis(1_500);
        let latest = positions.iter().copied().max().unwrap_or_default();
        let deadline = Instant::now() + SOON.min(request.remaining().saturating_sub(FOR_THE_REPLY));
        // Whatever comes of it, what was published is told.
        let _ = request.aside(self.standing.covering(Which::Signed, latest, deadline)).await;
        let found = self.covering.of(positions).await.map_err(|error| {
            let error = anyhow::Error::from(error);
            tracing::warn!(error = format!("{error:#}"), "checkpoints cannot be looked up");
            Problem::new(ProblemKind::Unavailable, "the stream of checkpoints does not answer")
        })?;
        Ok(Reply::ok(found.to_string()))
    }

    async fn of_reads(&self, ask: Ask<Audit>, request: &Request) -> Result<Reply, Problem> {
        ask.principal.requires_whole_sight(&self.levels, "the log of reads and who received an event")?;
        match ask.query {
            Audit::Recipients { position, page } => {
                self.reads(move |view| reads::recipients(position, &page, view), 0, request).await
            }
            Audit::Reads(asked) => {
                self.reads(move |view| reads::page(&asked, view), ask.min_position, request).await
            }
            _ => unreachable!("it is of another log"),
        }
    }

    /// Everything that was logged before it is asked for is in the answer.
    async fn reads<F>(&self, page: F, min_position: u64, request: &Request) -> Result<Reply, Problem>
    where
        F: FnOnce(&View<'_>) -> Result<Value, reads::NoCursor> + Send + 'static,
    {
        let deadline = Instant::from_std(request.deadline).checked_sub(FOR_THE_REPLY);
        let caught_up = async {
            let head = self.reads.journal.head().await.map_err(|error| {
                let error = anyhow::Error::from(error);
                tracing::warn!(error = format!("{error:#}"), "the log of reads does not answer");
                Problem::new(ProblemKind::Unavailable, "the log of reads does not answer")
            })?;
            let position = head.max(min_position);
            let reached = self.reads.entries.wait_for(position, deadline.unwrap_or_else(Instant::now)).await;
            reached.map_err(|error| Problem::new(ProblemKind::NotYet, error.to_string()))
        };
        request.aside(caught_up).await??;
        let read = self.reads.entries.read(move |view| (page(view), view.position())).await;
        let (page, position) = read.map_err(unreadable)?;
        let mut page = page.map_err(|error| Problem::new(ProblemKind::InvalidQuery, error.to_string()))?;
        // It is told all the same: what was altered has to be looked at.
        if let Some(reason) = self.reads.standing.refusal() {
            page["unproved"] = (*reason).into();
        }
        Ok(Reply::ok(page.to_string()).at(position))
    }

    async fn proof(&self, position: u64, json: bool, signed: Arc<Signed>) -> Result<Reply, Problem> {
        let Head { size, .. } = signed.checkpoint().head();
        let index = position.checked_sub(1).ok_or_else(|| no_event(position))?;
        let read = self.read(&signed, move |view| inclusion_proof(&Nodes(view), index, size)).await?;
        let hashes = read.map_err(unproved)?;
        let reply = |bytes| at(&signed, bytes);
        if json {
            let hashes = hashes.iter().map(ToString::to_string).collect::<Vec<_>>();
            let body = json!({"index": index, "hashes": hashes, "checkpoint": signed.to_string()});
            return Ok(reply(body.to_string().into_bytes()));
        }
        let proof = Proof { extra: None, index, hashes, checkpoint: (*signed).clone() };
        Ok(reply(proof.to_string().into_bytes()))
    }

    /// Reads of a tree that has at least what was signed.
    async fn read<T, F>(&self, signed: &Signed, read: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&View<'_>) -> T + Send + 'static,
    {
        self::read(&self.reader, signed, read).await
    }
}

/// The last checkpoint of a tree, once it covers so many.
async fn signed(
    standing: &Standing,
    which: Which,
    covered: u64,
    request: &Request,
) -> Result<Arc<Signed>, Problem> {
    if covered == 0 {
        // Who asks for no position does not wait: while the tree is not compared yet, nothing is served.
        return standing.covering(which, 0, Instant::now()).await;
    }
    let deadline = Instant::from_std(request.deadline).checked_sub(FOR_THE_REPLY);
    request.aside(standing.covering(which, covered, deadline.unwrap_or_else(Instant::now))).await?
}

async fn consistency(tree: &Reader, from: u64, to: Option<u64>, signed: &Signed) -> Result<Reply, Problem> {
    let latest = signed.checkpoint().head().size;
    let to = to.unwrap_or(latest);
    if to > latest {
        let detail = format!("the last checkpoint covers {latest}, not {to} yet");
        return Err(Problem::new(ProblemKind::NotYet, detail));
    }
    let proof = move |view: &View<'_>| {
        let nodes = Nodes(view);
        let hashes = consistency_proof(&nodes, from, to)?;
        let root = |size| root(&nodes, size).map_err(ProofError::Read);
        Ok((hashes, root(from)?, root(to)?))
    };
    let (hashes, old, new) = read(tree, signed, proof).await?.map_err(unproved)?;
    let hashes = hashes.iter().map(ToString::to_string).collect::<Vec<_>>();
    let head = |size: u64, root: transparency::Hash| json!({"size": size, "root": root.to_string()});
    let body = json!({"from": head(from, old), "to": head(to, new), "hashes": hashes});
    Ok(at(signed, body.to_string().into_bytes()))
}

/// Reads of a tree that has at least what was signed.
async fn read<T, F>(tree: &Reader, signed: &Signed, read: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&View<'_>) -> T + Send + 'static,
{
    let size = signed.checkpoint().head().size;
    let whole = move |view: &View<'_>| (view.position() >= size).then(|| read(view));
    let read = tree.read(whole).await.map_err(unreadable)?;
    read.ok_or_else(|| unreadable("the tree is smaller than what was signed"))
}

fn checkpoint(signed: &Signed) -> Reply {
    at(signed, signed.to_string().into_bytes())
}

fn at(signed: &Signed, body: Vec<u8>) -> Reply {
    Reply::ok(body).at(signed.checkpoint().head().size)
}

fn nothing_yet() -> Problem {
    Problem::new(ProblemKind::NotYet, "no checkpoint was signed yet")
}

fn no_event(position: u64) -> Problem {
    Problem::new(ProblemKind::NotFound, format!("there is no event at position {position}"))
}

fn unproved(error: ProofError<Missing>) -> Problem {
    match error {
        ProofError::OutOfRange(error) => Problem::new(ProblemKind::InvalidQuery, error.to_string()),
        ProofError::Read(missing) => lost(missing),
    }
}

fn lost(missing: Missing) -> Problem {
    unreadable(missing)
}

fn unreadable(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "the tree cannot be read");
    Problem::new(ProblemKind::Internal, "the tree cannot be read")
}
