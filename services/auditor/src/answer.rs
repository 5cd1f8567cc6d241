//! From a question to its reply: what is served is of the last checkpoint, never of what the tree has beyond it.

use std::sync::Arc;
use std::time::Duration;

use contract::{Ask, Audit, Principal, Problem, ProblemKind, Role};
use domain::{Label, Levels};
use readmodel::{Reader, View};
use serde_json::json;
use service::{Reply, Request};
use tokio::time::Instant;
use transparency::checkpoint::Signed;
use transparency::proof::Proof;
use transparency::tiles::{Path, write_bundle};
use transparency::tree::{Head, ProofError, consistency_proof, inclusion_proof, root};

use crate::standing::Standing;
use crate::tree::{Missing, Nodes, leaf};

/// Left of the deadline when a wait is given up, so that the caller still hears why.
const FOR_THE_REPLY: Duration = Duration::from_millis(100);

/// The most bytes of a bundle: NATS takes 8 MB.
const LARGEST_BUNDLE: usize = 7 << 20;

pub(crate) struct Answering {
    pub(crate) reader: Reader,
    pub(crate) standing: Standing,
    pub(crate) levels: Levels,
}

impl Answering {
    pub(crate) async fn answer(self: Arc<Self>, request: Request) -> Reply {
        self.ask(&request).await.unwrap_or_else(Reply::from)
    }

    async fn ask(&self, request: &Request) -> Result<Reply, Problem> {
        let ask = serde_json::from_slice::<Ask<Audit>>(&request.body);
        let ask = ask.map_err(|error| Problem::new(ProblemKind::Malformed, format!("no query: {error}")))?;
        let events = match ask.query {
            Audit::Proof { position, .. } | Audit::Leaf { position } => position.max(ask.min_position),
            _ => ask.min_position,
        };
        if let (Audit::Checkpoint, 0) = (&ask.query, events) {
            let signed = self.standing.signed().ok_or_else(nothing_yet)?;
            return Ok(checkpoint(&signed));
        }
        let signed = if events == 0 {
            // Who asks for no position does not wait: while the tree is not compared yet, nothing is served.
            self.standing.covering(0, Instant::now()).await?
        } else {
            let deadline = Instant::from_std(request.deadline).checked_sub(FOR_THE_REPLY);
            request.aside(self.standing.covering(events, deadline.unwrap_or_else(Instant::now))).await??
        };
        match ask.query {
            Audit::Checkpoint => Ok(checkpoint(&signed)),
            Audit::Tile { path } => self.tile(&ask.principal, &path, &signed).await,
            Audit::Proof { position, json } => self.proof(position, json, signed).await,
            Audit::Consistency { from, to } => self.consistency(from, to, &signed).await,
            Audit::Leaf { position } => {
                let index = position.checked_sub(1).ok_or_else(|| no_event(position))?;
                let leaf = self.read(&signed, move |view| leaf(index, view)).await?;
                leaf.map(|leaf| at(&signed, leaf.to_vec())).ok_or_else(|| no_event(position))
            }
        }
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
                self.admit(who)?;
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

    /// A bundle shows of every event, whatever its marking, who recorded it, when, and of what type: it cannot leave
    /// one out. So it is for those who were made auditors and are cleared for everything.
    fn admit(&self, who: &Principal) -> Result<(), Problem> {
        let highest = self.levels.iter().last().map(Label::as_str);
        if who.holds(Role::Auditor) && highest == Some(who.level.as_str()) {
            return Ok(());
        }
        let highest = highest.unwrap_or_default();
        let detail =
            format!("entries show something of every record: for the role auditor with clearance {highest}");
        Err(Problem::new(ProblemKind::Forbidden, detail))
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

    async fn consistency(&self, from: u64, to: Option<u64>, signed: &Signed) -> Result<Reply, Problem> {
        let latest = signed.checkpoint().head().size;
        let to = to.unwrap_or(latest);
        if to > latest {
            let detail = format!("the last checkpoint covers {latest} events, not {to} yet");
            return Err(Problem::new(ProblemKind::NotYet, detail));
        }
        let read = move |view: &View<'_>| {
            let nodes = Nodes(view);
            let hashes = consistency_proof(&nodes, from, to)?;
            let root = |size| root(&nodes, size).map_err(ProofError::Read);
            Ok((hashes, root(from)?, root(to)?))
        };
        let (hashes, old, new) = self.read(signed, read).await?.map_err(unproved)?;
        let hashes = hashes.iter().map(ToString::to_string).collect::<Vec<_>>();
        let head = |size: u64, root: transparency::Hash| json!({"size": size, "root": root.to_string()});
        let body = json!({"from": head(from, old), "to": head(to, new), "hashes": hashes});
        Ok(at(signed, body.to_string().into_bytes()))
    }

    /// Reads of a tree that has at least what was signed.
    async fn read<T, F>(&self, signed: &Signed, read: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&View<'_>) -> T + Send + 'static,
    {
        let size = signed.checkpoint().head().size;
        let whole = move |view: &View<'_>| (view.position() >= size).then(|| read(view));
        let read = self.reader.read(whole).await.map_err(unreadable)?;
        read.ok_or_else(|| unreadable("the tree is smaller than what was signed"))
    }
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
