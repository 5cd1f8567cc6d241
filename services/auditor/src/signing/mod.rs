//! Signing: one checkpoint after the other, none of which contradicts an earlier one.
//!
//! The steps, in this order, each repeated after a kill before the next:
//!
//! 1. [recall](Signing::recall) what was signed last, from the file and from the stream, whichever is later;
//! 2. [prove](Signing::prove) that the tree continues it;
//! 3. [keep](Signing::keep): sign the tree's head and write it to the file, until it is on disk;
//! 4. [publish](Signing::publish) what is on file, if it was not;
//! 5. [serve](Signing::serve) it.
//!
//! An Ed25519 signature of the same head is the same, so what is signed again after a kill is what was lost.

#[cfg(test)]
mod tests;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use contract::subjects::COSIGNED;
use readmodel::{Log, Reader, State};
use service::Latch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use transparency::checkpoint::{Checkpoint, Signed, Trust};
use transparency::tree::Head;

use crate::kept::Kept;
use crate::metrics::OfLog;
use crate::publication::{Publication, Series};
use crate::rotation::Keys;
use crate::standing::Standing;
use crate::tree;

pub(crate) use trouble::Trouble;

/// Between two checkpoints at least: an event is signed for within this and the time that one takes, a second
/// together, and a busy log does not have one for each.
const PACE: Duration = Duration::from_millis(500);

/// How often to look whether the tree still grows when no events come.
const LOOKING: Duration = Duration::from_secs(1);

/// How long a log that seems too short is not believed to be: a new leader may not have applied all yet.
const DOUBT: Duration = Duration::from_secs(5);

/// What signing needs.
pub(crate) struct Parts<L> {
    /// What the log is called in what is said of it.
    pub(crate) name: &'static str,
    pub(crate) keys: Keys,
    pub(crate) reader: Reader,
    pub(crate) log: L,
    /// Where checkpoints are published.
    pub(crate) published: Series,
    pub(crate) kept: Kept,
    /// Where others cosign what was signed: on this file, and there.
    pub(crate) cosigned: Option<(Kept, Publication)>,
    pub(crate) standing: Standing,
    pub(crate) metrics: OfLog,
}

/// Signs until `stop`, until the tree is not what was signed, or until who reads the log a `second` time finds that it is
/// not. The latch says whether all is well.
pub(crate) async fn run<L: Log>(
    parts: Parts<L>,
    second: impl Future<Output = Trouble>,
    sound: Latch,
    stop: CancellationToken,
) {
    let mut signing = Signing::new(parts);
    let trouble = tokio::select! {
        trouble = signing.sign(&sound) => trouble,
        trouble = second => trouble,
        () = stop.cancelled() => return,
    };
    sound.unset();
    signing.refuse(trouble);
    stop.cancelled().await;
}

struct Signing<L> {
    parts: Parts<L>,
    trust: Trust,
    /// Every tree that was signed, as far as is known, since one that was proved.
    promised: Vec<Head>,
    /// The last that was signed. It is on file.
    last: Option<Arc<Signed>>,
    /// Where the last one that was published stands in the stream, and how many events it covers.
    published: Option<(u64, Option<u64>)>,
    /// Whether the tree had everything that the log had.
    has_caught_up: bool,
    /// Whether it was proved to be what was signed.
    is_proved: bool,
}

impl<L: Log> Signing<L> {
    fn new(parts: Parts<L>) -> Self {
        let trust = parts.keys.trust();
        Self {
            parts,
            trust,
            promised: Vec::new(),
            last: None,
            published: None,
            has_caught_up: false,
            is_proved: false,
        }
    }

    /// How many events are signed for.
    fn size(&self) -> u64 {
        self.last.as_ref().map_or(0, |last| last.checkpoint().head().size)
    }

    /// Goes on until something does not pass by itself.
    async fn sign(&mut self, sound: &Latch) -> Trouble {
        loop {
            match self.step().await {
                Ok(()) => sound.turn(self.is_proved),
                Err(trouble) if trouble.is_transient() => {
                    let (error, log) = (anyhow::Error::from(trouble), self.parts.name);
                    let error = format!("{error:#}");
                    tracing::warn!(error, log, "no checkpoint can be signed now; trying again");
                    sound.unset();
                }
                Err(trouble) => return trouble,
            }
            sleep(PACE).await;
            // It need not come.
            let _ = self.parts.reader.wait_for(self.size() + 1, Instant::now() + LOOKING).await;
        }
    }

    async fn step(&mut self) -> Result<(), Trouble> {
        if self.published.is_none() {
            self.recall().await?;
        }
        if let Some(head) = self.prove().await? {
            self.keep(head).await?;
            self.publish().await?;
            self.serve(head);
        }
        Ok(())
    }

    /// Finds what was signed last. The file may be from a backup, and the stream may lack what was just signed.
    async fn recall(&mut self) -> Result<(), Trouble> {
        let file = || self.parts.kept.file().to_owned();
        let kept = self.parts.kept.read().map_err(|error| Trouble::File(file(), error))?;
        if let Some(bytes) = kept {
            let signed = self.read(&bytes).map_err(|source| Trouble::Kept(file(), source))?;
            self.takes(&signed)?;
            self.last = Some(Arc::new(signed));
        }
        self.recall_cosigned().await?;
        let Some((place, bytes)) = self.parts.published.last().await? else {
            self.published = Some((0, None));
            return Ok(());
        };
        let signed = self.read(&bytes).map_err(Trouble::Published)?;
        self.takes(&signed)?;
        let size = signed.checkpoint().head().size;
        if self.last.is_none() || self.size() < size {
            self.write(signed).await?;
        }
        self.published = Some((place, Some(size)));
        if let Some(last) = &self.last {
            self.parts.standing.recall(last.clone());
        }
        Ok(())
    }

    /// What witnesses have cosigned binds as well, though the rest be from a backup. What is there and is not ours says
    /// nothing.
    async fn recall_cosigned(&mut self) -> Result<(), Trouble> {
        let Some((kept, publication)) = &self.parts.cosigned else { return Ok(()) };
        let file = || kept.file().to_owned();
        let (kept, published) =
            (kept.read().map_err(|error| Trouble::File(file(), error))?, publication.last_attested(COSIGNED));
        let published = published.await?;
        for bytes in kept.into_iter().chain(published.map(Vec::from)) {
            if let Ok(signed) = self.read(&bytes) {
                self.takes(&signed)?;
            }
        }
        Ok(())
    }

    /// A checkpoint of this log that a key of ours signed.
    fn read(&self, bytes: &[u8]) -> Result<Signed, Box<dyn std::error::Error + Send + Sync>> {
        let signed = Signed::parse(bytes)?;
        signed.open(&self.trust)?;
        Ok(signed)
    }

    /// Notes what was promised by a checkpoint that was signed.
    fn takes(&mut self, signed: &Signed) -> Result<(), Trouble> {
        let head = signed.checkpoint().head();
        if self.promised.iter().any(|other| other.size == head.size && other.root != head.root) {
            return Err(Trouble::Forked { size: head.size });
        }
        if !self.promised.contains(&head) {
            self.promised.push(head);
        }
        Ok(())
    }

    /// The tree's head, if it is to be signed or served, proved to continue everything that was signed.
    async fn prove(&mut self) -> Result<Option<Head>, Trouble> {
        let Parts { reader, metrics, .. } = &self.parts;
        let state = reader.state().borrow().clone();
        let position = reader.position();
        metrics.tree.set(position.try_into().unwrap_or(i64::MAX));
        if let State::Failed(reason) = state {
            return Err(Trouble::Stopped(reason));
        }
        self.has_caught_up |= state == State::Following;
        let signed = self.promised.iter().map(|head| head.size).max().unwrap_or(0);
        if position < signed {
            if state == State::Following {
                self.wait_for_log(signed).await?;
            }
            return Ok(None);
        }
        let is_new = !self.is_proved || position > self.size();
        if !is_new || !self.has_caught_up {
            return Ok(None);
        }
        let promised = self.promised.clone();
        let proved = reader.read(move |view| tree::proved(view, view.position(), &promised)).await;
        Ok(Some(proved.map_err(Trouble::Read)??))
    }

    /// Refuses a log that ends before what was signed.
    async fn wait_for_log(&self, signed: u64) -> Result<(), Trouble> {
        let until = Instant::now() + DOUBT;
        loop {
            let head = self.parts.log.head().await.map_err(Trouble::Log)?;
            if head >= signed {
                return Ok(());
            }
            if Instant::now() >= until {
                return Err(Trouble::Shorter { signed, head });
            }
            sleep(PACE).await;
        }
    }

    /// Signs, and returns once it is on disk. What was signed already is not signed again.
    async fn keep(&mut self, head: Head) -> Result<(), Trouble> {
        if let Some(last) = self.last.clone().filter(|last| last.checkpoint().head() == head) {
            let mut signed = (*last).clone();
            self.parts.keys.complete(&mut signed);
            // A key that came since then signs it as well.
            return if signed == *last { Ok(()) } else { self.write(signed).await };
        }
        let checkpoint = Checkpoint::new(self.trust.origin.clone(), head);
        let checkpoint = checkpoint.expect("the name of a key is one line");
        self.write(self.parts.keys.sign(checkpoint)).await?;
        self.promised.push(head);
        self.parts.metrics.checkpoints.inc();
        Ok(())
    }

    async fn write(&mut self, signed: Signed) -> Result<(), Trouble> {
        let (kept, signed) = (self.parts.kept.clone(), Arc::new(signed));
        let file = kept.file().to_owned();
        let written = signed.clone();
        let written = tokio::task::spawn_blocking(move || kept.write(&written)).await;
        let written = written.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        written.map_err(|error| Trouble::File(file, error))?;
        self.last = Some(signed);
        Ok(())
    }

    async fn publish(&mut self) -> Result<(), Trouble> {
        let (Some(last), Some((place, size))) = (self.last.clone(), self.published) else { return Ok(()) };
        if size.is_some_and(|size| size >= self.size()) {
            return Ok(());
        }
        // Whatever becomes of it, what is there is looked at again unless it was acknowledged.
        self.published = None;
        let place = self.parts.published.publish(place, last.to_string().into()).await?;
        self.published = Some((place, Some(self.size())));
        Ok(())
    }

    /// From here on this is what is proved; everything that was promised before is part of it.
    fn serve(&mut self, head: Head) {
        if let Some(last) = &self.last {
            self.parts.standing.serve(last.clone());
        }
        self.parts.metrics.signed.set(head.size.try_into().unwrap_or(i64::MAX));
        self.promised = vec![head];
        self.is_proved = true;
    }

    fn refuse(&self, trouble: Trouble) {
        let error = anyhow::Error::from(trouble);
        let reason = format!("{}: {error:#}", self.parts.name);
        tracing::error!(
            reason,
            signed = self.size(),
            file = %self.parts.kept.file().display(),
            "nothing is signed or proved any more: an operator must decide"
        );
        self.parts.standing.refuse(&reason);
        self.parts.metrics.refuses.set(1);
    }
}
