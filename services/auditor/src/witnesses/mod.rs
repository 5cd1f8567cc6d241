//! Asking witnesses to cosign what was signed (C2SP tlog-witness), behind the signing and never in its way.
//!
//! All are asked about the same checkpoint at the same time, so that enough cosign one; each has a task of its own and
//! rests by itself after failures, so that one that is slow, absent or hostile is waited for by nobody else. A round
//! ends when all have answered, a little after enough have, or when its time is up; then the latest checkpoint is next.
//!
//! What enough have cosigned is written to disk and published before it is served as witnessed, so that a start does
//! not forget it. A checkpoint whose cosignatures are too few yet is served with those that it has.

mod ask;
mod report;
mod settings;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use contract::subjects::COSIGNED;
use jiff::Timestamp;
use readmodel::Reader;
use service::{Clock, Readiness};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use transparency::checkpoint::{Signed, Trust};
use transparency::tree::Head;

use self::ask::{Asking, Heard};
use self::report::OfWitness;
use self::settings::Witness;
use crate::kept::Kept;
use crate::metrics::Metrics;
use crate::outside;
use crate::publication::Publication;
use crate::standing::Standing;

pub(crate) use self::report::Report;
pub use self::settings::WitnessesError;
pub(crate) use self::settings::read;

/// Between two rounds at least: witnesses are others' machines.
const PACE: Duration = Duration::from_secs(1);

/// How long a round goes on for the others when enough have answered.
const GRACE: Duration = Duration::from_secs(2);

/// How long a round goes on for those that are missing.
const ROUND: Duration = Duration::from_secs(12);

/// What asking needs.
pub(crate) struct Parts {
    pub(crate) witnesses: Vec<Witness>,
    pub(crate) required: usize,
    /// Whose checkpoints these are.
    pub(crate) trust: Trust,
    pub(crate) reader: Reader,
    pub(crate) publication: Publication,
    pub(crate) kept: Kept,
    pub(crate) standing: Standing,
    pub(crate) metrics: Metrics,
    pub(crate) readiness: Readiness,
    pub(crate) clock: Clock,
}

/// Asks until `stop`, and answers how that stands.
///
/// # Errors
/// When no client can be made.
pub(crate) fn start(
    parts: Parts,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> reqwest::Result<watch::Receiver<Arc<Report>>> {
    if parts.witnesses.is_empty() {
        return Ok(watch::channel(Arc::default()).1);
    }
    let client = outside::client()?;
    let (latest, _) = watch::channel(None);
    let (sender, heard) = mpsc::channel(16);
    for (which, witness) in parts.witnesses.iter().cloned().enumerate() {
        let asking =
            Asking { which, witness, client: client.clone(), reader: parts.reader.clone(), holds: 0 };
        let (run, stop) = (asking.run(latest.subscribe(), sender.clone()), stop.clone());
        drop(tasks.spawn(async move {
            tokio::select! {
                () = run => {}
                () = stop.cancelled() => {}
            }
        }));
    }
    let report = Report {
        required: parts.required,
        witnesses: parts.witnesses.iter().map(of_witness).collect(),
        ..Report::default()
    };
    let (told, reports) = watch::channel(Arc::new(report));
    let rounds = Rounds { parts, latest, told, round: None };
    let stop = stop.clone();
    drop(tasks.spawn(async move {
        tokio::select! {
            () = rounds.run(heard) => {}
            () = stop.cancelled() => {}
        }
    }));
    Ok(reports)
}

fn of_witness(witness: &Witness) -> OfWitness {
    OfWitness {
        name: witness.name.clone(),
        key: witness.key.to_string(),
        counts: witness.counts,
        size: None,
        at: None,
        failure: None,
    }
}

struct Rounds {
    parts: Parts,
    /// What the witnesses are asked about.
    latest: watch::Sender<Option<Arc<Signed>>>,
    told: watch::Sender<Arc<Report>>,
    round: Option<Round>,
}

/// One checkpoint, and who has said what of it.
struct Round {
    cosigned: Signed,
    begun: Instant,
    /// Those that have answered, whatever they said.
    answered: BTreeSet<usize>,
    /// Those that have cosigned and count.
    counted: BTreeSet<usize>,
    /// Since when there are enough.
    enough: Option<Instant>,
}

impl Round {
    fn head(&self) -> Head {
        self.cosigned.checkpoint().head()
    }
}

impl Rounds {
    async fn run(mut self, mut heard: mpsc::Receiver<Heard>) {
        self.recall().await;
        self.tell(|_| {});
        loop {
            let (earliest, head) = (self.next_not_before(), self.round.as_ref().map(Round::head));
            let standing = self.parts.standing.clone();
            let next = async {
                sleep_until(earliest).await;
                standing.beyond(head).await
            };
            tokio::select! {
                Some(answer) = heard.recv() => self.hears(answer).await,
                signed = next => self.begin(signed),
            }
        }
    }

    fn next_not_before(&self) -> Instant {
        let Some(round) = &self.round else { return Instant::now() };
        let end = if round.answered.len() == self.parts.witnesses.len() && round.enough.is_some() {
            round.begun
        } else {
            round.enough.map_or(round.begun + ROUND, |enough| enough + GRACE)
        };
        end.max(round.begun + PACE)
    }

    /// Serves what was witnessed before this start: the later of the file and the stream. What cannot be read is said
    /// and asked for anew; nothing else depends on it.
    async fn recall(&self) {
        let file = self.parts.kept.read().map_err(|error| error.to_string());
        let stream = self.parts.publication.last_attested(COSIGNED).await.map_err(|error| error.to_string());
        let stream = stream.map(|bytes| bytes.map(Vec::from));
        for (place, bytes) in [("file", file), ("stream", stream)] {
            let read = |bytes: Vec<u8>| Signed::parse(&bytes).map_err(|error| error.to_string());
            match bytes.and_then(|bytes| bytes.map(read).transpose()) {
                Ok(None) => {}
                Ok(Some(signed)) if self.is_enough(&signed) => {
                    self.parts.standing.cosign(&Arc::new(signed), true);
                }
                Ok(Some(_)) => tracing::warn!(place, "what was cosigned is not by enough of these witnesses"),
                Err(error) => tracing::warn!(place, error, "what was cosigned cannot be read"),
            }
        }
    }

    /// Whether this is of our log, and enough of those that count have cosigned.
    fn is_enough(&self, signed: &Signed) -> bool {
        let keys = self.parts.witnesses.iter().filter(|witness| witness.counts);
        let keys = keys.map(|witness| witness.key.clone()).collect();
        signed.open(&self.parts.trust.clone().witnessed_by(keys, self.parts.required)).is_ok()
    }

    fn begin(&mut self, signed: Arc<Signed>) {
        self.round = Some(Round {
            cosigned: (*signed).clone(),
            begun: Instant::now(),
            answered: BTreeSet::new(),
            counted: BTreeSet::new(),
            enough: (self.parts.required == 0).then(Instant::now),
        });
        self.latest.send_replace(Some(signed));
        self.tell(|_| {});
    }

    async fn hears(&mut self, Heard { which, head, answer }: Heard) {
        let witness = self.parts.witnesses[which].clone();
        let signature = match answer {
            Ok(signature) => signature,
            Err(refusal) => {
                let failure = format!("{:#}", anyhow::Error::from(refusal));
                tracing::warn!(witness = witness.name, failure, "a witness does not cosign");
                self.parts.metrics.witness_failed(&witness.name);
                if let Some(round) = self.round.as_mut().filter(|round| round.head() == head) {
                    round.answered.insert(which);
                }
                return self.tell(|report| report.witnesses[which].failure = Some(failure));
            }
        };
        let now = self.parts.clock.now();
        let said = |report: &mut Report| said(&mut report.witnesses[which], head, now);
        // An answer that comes after its round has ended counts for nothing; its witness is asked again.
        let Some(round) = self.round.as_mut().filter(|round| round.head() == head) else {
            return self.tell(said);
        };
        if let Err(error) = round.cosigned.attach(signature) {
            tracing::error!(%error, "there is no room for a cosignature");
            return;
        }
        round.answered.insert(which);
        if witness.counts {
            round.counted.insert(which);
        }
        let is_enough = round.counted.len() >= self.parts.required;
        if is_enough {
            round.enough.get_or_insert_with(Instant::now);
        }
        let cosigned = Arc::new(round.cosigned.clone());
        let is_kept = is_enough && self.keep(&cosigned).await;
        self.parts.standing.cosign(&cosigned, is_kept);
        self.tell(said);
    }

    /// On disk and on the stream; false if that failed, which is said, and tried again with the next.
    async fn keep(&self, cosigned: &Arc<Signed>) -> bool {
        let (kept, written) = (self.parts.kept.clone(), cosigned.clone());
        let written = tokio::task::spawn_blocking(move || kept.write(&written)).await;
        let written = written.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        if let Err(error) = written {
            let file = self.parts.kept.file().display();
            tracing::error!(%error, %file, "what was cosigned cannot be written");
            return false;
        }
        if let Err(error) =
            self.parts.publication.attest(COSIGNED.to_owned(), cosigned.to_string().into()).await
        {
            let error = anyhow::Error::from(error);
            tracing::warn!(error = format!("{error:#}"), "what was cosigned cannot be published");
            return false;
        }
        true
    }

    /// Brings the report up to date, with the metrics and what `/ready` notes.
    fn tell(&self, change: impl FnOnce(&mut Report)) {
        let mut report = (**self.told.borrow()).clone();
        change(&mut report);
        report.size = self.round.as_ref().map(|round| round.head().size);
        report.cosigned = self.round.as_ref().map_or(0, |round| round.counted.len());
        let witnessed = self.parts.standing.signed(crate::standing::Which::Witnessed);
        report.witnessed = witnessed.map(|signed| signed.checkpoint().head().size);
        self.parts.metrics.witnessed(&report);
        let (cosigned, required) = (report.cosigned, report.required);
        let size =
            report.size.map_or_else(|| "no checkpoint yet".to_owned(), |size| format!("{size} events"));
        let note = format!("{cosigned} of {required} required have cosigned ({size})");
        self.parts.readiness.note("auditor.witnesses", note);
        self.told.send_replace(Arc::new(report));
    }
}

fn said(witness: &mut OfWitness, head: Head, at: Timestamp) {
    witness.size = Some(head.size);
    witness.at = Some(at);
    witness.failure = None;
}
