//! A submission's way: complete it, look at its records, decide, append.
//!
//! On the warm path the folds are in memory and nothing is read: the append's condition proves that they were
//! fresh. A decision without an append has no such proof, so the log's leader is asked whether the folds are
//! what it has. Where they are not, the log is read and the decision taken again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use contract::{InputError, Noted, Problem, ProblemKind, Salt, Submit, Submitted, SubmittedEvent};
use domain::{Anomaly, Subject};
use eventlog::{Append, AppendError, Batch, EventLog, InvalidBatch};
use futures_util::{StreamExt, TryStreamExt, stream};
use quick_cache::sync::Cache;
use sealing::Keys;
use service::Clock;
use tokio::time::timeout_at;

use crate::answer::{Answer, Outcome};
use crate::cache::{Folds, Held};
use crate::decide::{Circumstances, Decision, Fate, decide};
use crate::draft::{self, Draft};
use crate::fold::Fold;
use crate::merger;
use crate::metrics::Metrics;
use crate::refusal::{closed, contended, internal, late, no_key, not_taken, outcome_unknown, unread};
use crate::rules::Rules;
use crate::seals;

/// How often a submission is decided before it is given up, if its deadline does not come first: others changed
/// its records each time.
const TRIES: u32 = 200;

/// The longest pause between two tries, in milliseconds. Each is random, so that two registrars do not keep step.
const LONGEST_PAUSE: u32 = 16;

/// How many reads of the log one submission has under way.
const READS: usize = 64;

/// How many records are remembered to be there, about 60 bytes each.
const REMEMBERED: usize = 100_000;

/// Admits submissions.
pub(crate) struct Registrar {
    log: EventLog,
    /// The keys of sealed records.
    pub(crate) keys: Keys,
    rules: Rules,
    clock: Clock,
    /// The metrics.
    pub(crate) metrics: Metrics,
    /// The folds in memory.
    pub(crate) folds: Folds,
    /// Records that have events: none is ever taken away.
    there: Cache<Subject, ()>,
}

/// Why a try did not end in an answer.
enum Setback {
    /// The log had moved on: decide again.
    Moved,
    /// An append may or may not have been done: look again.
    Unknown,
    /// That is the answer.
    Refused(Problem),
}

impl Registrar {
    /// A registrar of this log with nothing in memory yet.
    pub(crate) fn new(
        (log, keys): (EventLog, Keys),
        rules: Rules,
        clock: Clock,
        metrics: Metrics,
        cache_bytes: u64,
    ) -> Self {
        let folds = Folds::new(cache_bytes);
        Self { log, keys, rules, clock, metrics, folds, there: Cache::new(REMEMBERED) }
    }

    /// Records a submission, wholly or not at all, before the deadline.
    ///
    /// # Errors
    /// The [`Problem`] for which it is refused.
    pub(crate) async fn submit(&self, submit: Submit, deadline: Instant) -> Result<Answer, Problem> {
        let Submit { principal, events, listed, dry_run, strict } = submit;
        let now = self.clock.now();
        let drafts = draft::complete(&principal, events, listed, &self.rules, now)?;
        if drafts.is_empty() {
            return self.nothing(deadline).await;
        }
        let salts = salts(drafts.len())?;
        let gathered = timeout_at(deadline.into(), self.gather(&drafts)).await;
        let (mistakes, held) = gathered.map_err(|_| late())??;
        let circumstances = Circumstances {
            principal: &principal,
            rules: &self.rules,
            now,
            strict,
            salts: &salts,
            mistakes: &mistakes,
        };
        let beyond = BTreeMap::new();
        let mut attempt = Attempt { registrar: self, drafts: &drafts, held, beyond, dry_run, deadline };
        let mut unknown = false;
        for nth in 0..TRIES {
            match attempt.run(&circumstances, nth == 0).await {
                Ok(answer) => return Ok(answer),
                Err(Setback::Moved) => {}
                Err(Setback::Unknown) => unknown = true,
                // What was unknown stays so if the log cannot be asked.
                Err(Setback::Refused(problem)) if unknown && problem.status >= 500 => break,
                Err(Setback::Refused(problem)) => return Err(problem),
            }
            self.metrics.retries.inc();
            if nth > 0 {
                let longest = LONGEST_PAUSE.min(1 << nth.min(16));
                let random = getrandom::u32().map_err(|error| internal(&error))?;
                tokio::time::sleep(Duration::from_millis((random % longest).into())).await;
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        Err(if unknown { outcome_unknown() } else { contended() })
    }

    /// Of nothing there is nothing to record: where the log ends is the answer.
    async fn nothing(&self, deadline: Instant) -> Result<Answer, Problem> {
        let head = timeout_at(deadline.into(), self.log.head()).await.map_err(|_| late())?;
        let position = Some(head.map_err(|error| unread(&error))?);
        Ok(Answer { submitted: Submitted { position, events: Vec::new() }, outcome: Outcome::Duplicate })
    }

    /// What can be found out before others must wait, then the records.
    async fn gather(&self, drafts: &[Draft]) -> Result<(Vec<InputError>, Vec<Held>), Problem> {
        let mistakes = self.missing(drafts).await?;
        let subjects = drafts.iter().flat_map(|draft| [Some(draft.subject), merger::target(draft)]);
        let subjects = subjects.flatten().collect::<BTreeSet<_>>();
        Ok((mistakes, self.folds.hold(subjects).await))
    }

    /// References by key to what is neither recorded nor in the submission.
    async fn missing(&self, drafts: &[Draft]) -> Result<Vec<InputError>, Problem> {
        let batch = drafts.iter().map(|draft| draft.subject).collect::<BTreeSet<_>>();
        let wanted = drafts.iter().flat_map(|draft| &draft.references).map(|reference| reference.to);
        let wanted = wanted.filter(|to| !batch.contains(to) && self.there.get(to).is_none());
        let wanted = wanted.collect::<BTreeSet<_>>();
        let asked = wanted.into_iter().map(|to| last_of(&self.log, to)).collect();
        let asked = together(asked).await?.into_iter().collect::<HashMap<_, _>>();
        for (to, _) in asked.iter().filter(|(_, last)| **last > 0) {
            self.there.insert(*to, ());
        }
        let mistakes = drafts.iter().flat_map(|draft| {
            let absent = draft.references.iter().filter(|reference| asked.get(&reference.to) == Some(&0));
            absent
                .map(|reference| draft.place.mistake(&format!("/data{}", reference.pointer), merger::ABSENT))
        });
        Ok(mistakes.collect())
    }
}

/// A submission that holds its records.
struct Attempt<'s> {
    registrar: &'s Registrar,
    drafts: &'s [Draft],
    held: Vec<Held>,
    /// Records into which one was merged that another is to be merged into: only to be named.
    beyond: BTreeMap<Subject, Fold>,
    dry_run: bool,
    deadline: Instant,
}

impl Attempt<'_> {
    async fn run(&mut self, circumstances: &Circumstances<'_>, first: bool) -> Result<Answer, Setback> {
        let deadline = self.deadline.into();
        self.held.iter_mut().for_each(Held::catch_up);
        timeout_at(deadline, self.load(first)).await.map_err(|_| Setback::Refused(late()))??;
        timeout_at(deadline, self.look_beyond()).await.map_err(|_| Setback::Refused(late()))??;
        // What was heard meanwhile may not follow what was read.
        if self.held.iter().any(|held| held.fold().is_none()) {
            return Err(Setback::Moved);
        }
        if self.held.iter().filter_map(Held::fold).any(Fold::is_unreadable) {
            return Err(Setback::Refused(closed()));
        }
        let folds = self.held.iter().filter_map(|held| Some((held.subject, held.fold()?)));
        let folds = folds.chain(self.beyond.iter().map(|(subject, fold)| (*subject, fold)));
        let decided = decide(self.drafts, &folds.collect::<BTreeMap<_, _>>(), circumstances);
        match decided {
            Ok(decision) if !self.dry_run && !decision.staged.is_empty() => {
                // The append says nothing of the records that others are merged into.
                let targets = self.drafts.iter().filter_map(merger::target).collect::<BTreeSet<_>>();
                let confirmed = self.confirm(|subject| targets.contains(subject));
                timeout_at(deadline, confirmed).await.map_err(|_| Setback::Refused(late()))??;
                self.append(decision).await
            }
            settled => {
                timeout_at(deadline, self.confirm(|_| true))
                    .await
                    .map_err(|_| Setback::Refused(late()))??;
                let decision = settled.map_err(Setback::Refused)?;
                let outcome = if self.dry_run { Outcome::DryRun } else { Outcome::Duplicate };
                Ok(Answer { submitted: self.submitted(&decision, None), outcome })
            }
        }
    }

    /// Reads what is not in memory. At first a record that most likely begins here is taken to be empty:
    /// if it is not, the append's condition fails.
    async fn load(&mut self, first: bool) -> Result<(), Setback> {
        let begins = self.drafts.iter().filter(|draft| first && draft.begins).map(|draft| draft.subject);
        let begins = begins.collect::<BTreeSet<_>>();
        let metrics = &self.registrar.metrics;
        let mut reads = Vec::new();
        for held in &mut self.held {
            if held.is_fresh() {
                metrics.fold("cache");
            } else if begins.contains(&held.subject) {
                metrics.fold("new");
                held.begin();
            } else {
                metrics.fold("log");
                reads.push(held);
            }
        }
        together(reads.into_iter().map(|held| read(self.registrar, held)).collect())
            .await
            .map(drop)
            .map_err(Setback::Refused)
    }

    /// Reads what stands for the records that were merged before and are to be merged into.
    async fn look_beyond(&mut self) -> Result<(), Setback> {
        let targets = self.drafts.iter().filter_map(merger::target).collect::<BTreeSet<_>>();
        let targets = self.held.iter().filter(|held| targets.contains(&held.subject));
        let beyond = targets.filter_map(|held| held.fold()?.record().merged_into());
        for subject in beyond.collect::<BTreeSet<_>>() {
            if self.held.iter().any(|held| held.subject == subject) {
                continue;
            }
            let Registrar { log, keys, .. } = self.registrar;
            let entries = seals::read_after(log, keys, &subject, 0).await.map_err(Setback::Refused)?;
            let fold = Fold::of(subject, &entries).map_err(|error| Setback::Refused(internal(&error)))?;
            self.beyond.insert(subject, fold);
        }
        Ok(())
    }

    /// Whether the leader has no more of these records than the folds know.
    async fn confirm(&mut self, of: impl Fn(&Subject) -> bool) -> Result<(), Setback> {
        let log = &self.registrar.log;
        let held = self.held.iter_mut().filter(|held| of(&held.subject));
        let fresh = together(held.map(|held| is_fresh(log, held)).collect()).await;
        let fresh = fresh.map_err(Setback::Refused)?;
        if fresh.into_iter().all(|fresh| fresh) { Ok(()) } else { Err(Setback::Moved) }
    }

    async fn append(&mut self, decision: Decision) -> Result<Answer, Setback> {
        let begun = Instant::now();
        if begun >= self.deadline {
            return Err(Setback::Refused(late()));
        }
        let keys = &self.registrar.keys;
        let sealed = timeout_at(self.deadline.into(), seals::payloads(&decision, keys)).await;
        let payloads = sealed.map_err(|_| Setback::Refused(late()))?.map_err(|error| match error {
            // It was disposed of meanwhile.
            sealing::Error::Destroyed(_) => Setback::Moved,
            error => Setback::Refused(no_key(&error)),
        })?;
        let events = decision.staged.iter().zip(payloads).map(|(staged, payload)| Append {
            subject: staged.subject,
            expected: staged.after,
            kind: staged.event.kind.to_string(),
            version: staged.event.version,
            facets: staged.facets.clone(),
            payload,
        });
        let batch = Batch::new(events.collect()).map_err(|invalid| self.invalid(&decision, &invalid))?;
        match self.registrar.log.append(batch).await {
            Ok(appended) => {
                self.registrar.metrics.append_seconds.observe(begun.elapsed().as_secs_f64());
                let submitted = self.submitted(&decision, Some(appended.first));
                let ended = seals::ended(&decision);
                self.take(decision, appended.first);
                // It is recorded, whatever becomes of this; who follows the log tries until it is done.
                for record in ended {
                    let destroyed = self.registrar.keys.destroy(&record);
                    if let Ok(Err(error)) = timeout_at(self.deadline.into(), destroyed).await {
                        tracing::warn!(%error, subject = %record, "a key is not destroyed yet");
                    }
                }
                Ok(Answer { submitted, outcome: Outcome::Recorded })
            }
            Err(AppendError::Conflict { stale }) => {
                for held in &mut self.held {
                    if let Some((_, actual)) = stale.iter().find(|(subject, _)| *subject == held.subject) {
                        held.must_reach(*actual);
                    }
                }
                Err(Setback::Moved)
            }
            Err(error) => {
                self.held.iter_mut().for_each(Held::suspect);
                match error {
                    AppendError::OutcomeUnknown => Err(Setback::Unknown),
                    error => Err(Setback::Refused(not_taken(&error))),
                }
            }
        }
    }

    fn invalid(&self, decision: &Decision, invalid: &InvalidBatch) -> Setback {
        let (InvalidBatch::TooLong { index, .. } | InvalidBatch::TooManyFacets { index }) = *invalid else {
            return Setback::Refused(internal(invalid));
        };
        let mut fates = self.drafts.iter().zip(&decision.fates);
        let draft = fates.find(|(_, fate)| **fate == Fate::New(index)).map(|(draft, _)| draft);
        let place = draft.expect("what is staged was drafted").place;
        Setback::Refused(place.refuse(
            ProblemKind::TooLarge,
            "",
            "the record has more parties and topics than fit",
        ))
    }

    /// Takes what the log acknowledged into the folds.
    fn take(&mut self, decision: Decision, first: u64) {
        let Registrar { metrics, folds, there, .. } = self.registrar;
        metrics.events.inc_by(decision.staged.len() as u64);
        let mut held = self.held.iter_mut().map(|held| (held.subject, held)).collect::<HashMap<_, _>>();
        for (position, staged) in (first..).zip(decision.staged) {
            let fold = held.get_mut(&staged.subject).and_then(|held| held.fold_mut());
            let fold = fold.expect("what was decided about is held");
            let mut event = staged.event;
            event.position = position;
            if staged.of_sealed {
                fold.seal();
            }
            fold.take(event, Some(staged.fingerprint), staged.payload.len());
            there.insert(staged.subject, ());
        }
        self.held.iter_mut().for_each(Held::forget_destroyed);
        self.held.iter().for_each(|held| folds.weigh(held));
    }

    fn submitted(&self, decision: &Decision, first: Option<u64>) -> Submitted {
        let event = |(draft, fate): (&Draft, &Fate)| {
            let (version, position, anomalies) = match *fate {
                Fate::Known { version, position } => {
                    (version, Some(position), self.anomalies(draft, version))
                }
                Fate::New(index) => {
                    let event = &decision.staged[index].event;
                    (event.version, first.map(|first| first + index as u64), event.anomalies.as_slice())
                }
            };
            SubmittedEvent {
                uid: draft.uid,
                id: draft.id.clone(),
                subject: draft.subject,
                version,
                position,
                anomalies: anomalies.iter().map(noted).collect(),
            }
        };
        let events = self.drafts.iter().zip(&decision.fates).map(event).collect::<Vec<_>>();
        let position =
            if self.dry_run { None } else { events.iter().filter_map(|event| event.position).max() };
        Submitted { position, events }
    }

    fn anomalies(&self, draft: &Draft, version: u32) -> &[Anomaly] {
        let fold = self.held.iter().find(|held| held.subject == draft.subject).and_then(Held::fold);
        let entry =
            fold.and_then(|fold| fold.record().events().iter().find(|entry| entry.event.version == version));
        entry.map_or(&[], |entry| entry.event.anomalies.as_slice())
    }
}

/// Does them all, so many at once, until one fails.
async fn together<T>(all: Vec<impl Future<Output = Result<T, Problem>>>) -> Result<Vec<T>, Problem> {
    stream::iter(all).buffer_unordered(READS).try_collect().await
}

async fn last_of(log: &EventLog, subject: Subject) -> Result<(Subject, u64), Problem> {
    let last = log.last(&subject).await.map_err(|error| unread(&error))?;
    Ok((subject, last))
}

async fn is_fresh(log: &EventLog, held: &mut Held) -> Result<bool, Problem> {
    let (_, last) = last_of(log, held.subject).await?;
    Ok(held.must_reach(last))
}

async fn read(registrar: &Registrar, held: &mut Held) -> Result<(), Problem> {
    let known = held.fold().map_or(0, Fold::last);
    let entries = seals::read_after(&registrar.log, &registrar.keys, &held.subject, known).await?;
    held.read(&entries).map_err(|error| internal(&error))?;
    registrar.folds.weigh(held);
    Ok(())
}

fn noted(anomaly: &Anomaly) -> Noted {
    Noted {
        code: anomaly.code.to_string(),
        pointer: anomaly.pointer.clone(),
        detail: anomaly.detail.to_string(),
    }
}

/// Random salts for the proofs, in one call to the system.
fn salts(count: usize) -> Result<Vec<Salt>, Problem> {
    let mut bytes = vec![0; count * 16];
    getrandom::fill(&mut bytes).map_err(|error| internal(&error))?;
    let (salts, _) = bytes.as_chunks::<16>();
    Ok(salts.iter().copied().map(Salt).collect())
}
