//! Deciding: what becomes of each event of a submission, given what is known of its records.
//!
//! Pure. The order of checks is visibility, idempotency, the expected version, the rules. Events of one
//! submission see those before them. What is decided holds only if the folds are what the log has: the caller
//! guards or confirms it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use contract::{Facets, InputError, Principal, Problem, ProblemKind, Role, Salt};
use domain::{Anomaly, Event, EventName, Kind, Marking, Record, Subject};
use jiff::Timestamp;
use uuid::Uuid;

use crate::draft::Draft;
use crate::envelope;
use crate::fold::Fold;
use crate::merger;
use crate::rules::Rules;
use crate::seals;

/// What a decision depends on besides drafts and folds.
pub(crate) struct Circumstances<'s> {
    /// On whose behalf.
    pub(crate) principal: &'s Principal,
    /// What is configured.
    pub(crate) rules: &'s Rules,
    /// The time.
    pub(crate) now: Timestamp,
    /// Whether flags are rejections.
    pub(crate) strict: bool,
    /// A random salt for each draft.
    pub(crate) salts: &'s [Salt],
    /// Mistakes found before: references to what is not there.
    pub(crate) mistakes: &'s [InputError],
}

/// What becomes of a submission that is not refused.
pub(crate) struct Decision {
    /// For each draft, in order.
    pub(crate) fates: Vec<Fate>,
    /// What is to be recorded, in order.
    pub(crate) staged: Vec<Staged>,
}

/// What becomes of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was recorded before.
    Known { version: u32, position: u64 },
    /// It is recorded now; or the submission has it twice: this is the first.
    New(usize),
}

/// An event that its record admits.
pub(crate) struct Staged {
    /// The event, as yet without position.
    pub(crate) event: Event,
    /// The hash of its proposal.
    pub(crate) fingerprint: Salt,
    /// Its record.
    pub(crate) subject: Subject,
    /// The condition on the record: the position of its last event.
    pub(crate) after: u64,
    /// The envelope, in plain.
    pub(crate) payload: Bytes,
    /// Whether the record is sealed, and its facets tell nothing.
    pub(crate) of_sealed: bool,
    /// Whether the envelope is recorded sealed.
    pub(crate) is_sealed: bool,
    /// The record as it then stands.
    pub(crate) facets: Facets,
}

/// Why a record is not begun under an identifier that may follow from somebody's key.
const BEGINS: &str = "expected a random or time-ordered UUID (version 4, 7) of a record that begins; \
                      name one by a key of yours as ~KEY";

/// Decides about every draft. `folds` has the record of each, of each that one is merged into, and of each that
/// this one was merged into.
///
/// # Errors
/// A [`Problem`] that refuses the submission as a whole.
pub(crate) fn decide(
    drafts: &[Draft],
    folds: &BTreeMap<Subject, &Fold>,
    circumstances: &Circumstances<'_>,
) -> Result<Decision, Problem> {
    let mut stages = folds.iter().map(|(subject, fold)| (*subject, Stage::new(fold))).collect::<Stages<'_>>();
    let mut desk = Desk {
        circumstances,
        decision: Decision { fates: Vec::with_capacity(drafts.len()), staged: Vec::new() },
        sealed: seals::sealed(drafts, folds, circumstances.rules),
        mistakes: circumstances.mistakes.to_vec(),
        implausible: Vec::new(),
    };
    for (draft, salt) in drafts.iter().zip(circumstances.salts) {
        let objection = desk.objection(draft, &stages);
        let stage = stages.get_mut(&draft.subject).expect("the fold of every draft's record is given");
        desk.take(draft, stage, objection, *salt)?;
    }
    desk.finish()
}

type Stages<'f> = BTreeMap<Subject, Stage<'f>>;

/// A record with what the submission adds to it.
struct Stage<'f> {
    fold: &'f Fold,
    changed: Option<Record>,
    staged: HashMap<Uuid, usize>,
    /// An event was refused: those after it would be judged by a history that will not be.
    broken: bool,
}

impl<'f> Stage<'f> {
    fn new(fold: &'f Fold) -> Self {
        Self { fold, changed: None, staged: HashMap::new(), broken: false }
    }

    fn record(&self) -> &Record {
        self.changed.as_ref().unwrap_or_else(|| self.fold.record())
    }

    /// How many events the record has, with those that cannot be read.
    fn version(&self) -> u32 {
        self.record().version() + self.fold.unread()
    }
}

struct Desk<'s> {
    circumstances: &'s Circumstances<'s>,
    decision: Decision,
    /// The records that are sealed.
    sealed: BTreeSet<Subject>,
    mistakes: Vec<InputError>,
    implausible: Vec<InputError>,
}

impl Desk<'_> {
    fn take(
        &mut self,
        draft: &Draft,
        stage: &mut Stage<'_>,
        objection: Option<InputError>,
        salt: Salt,
    ) -> Result<(), Problem> {
        self.must_see(draft, stage)?;
        if let Some(fate) = self.known(draft, stage)? {
            self.decision.fates.push(fate);
            return Ok(());
        }
        if stage.broken {
            return Ok(());
        }
        must_have_version(draft, stage)?;
        let before = self.mistakes.len();
        self.mistakes.extend(objection);
        self.stage(draft, stage, salt)?;
        stage.broken = self.mistakes.len() > before;
        Ok(())
    }

    /// Why the record may not be merged into the one that the draft names. A key that leads nowhere was named
    /// before.
    fn objection(&self, draft: &Draft, stages: &Stages<'_>) -> Option<InputError> {
        let into = merger::target(draft)?;
        let seen = |subject| {
            let record = stages.get(&subject)?.record();
            (record.version() > 0 && self.may_use(record.marking(), record.owner())).then_some(record)
        };
        let objection = draft.place.mistake("/data/record", merger::objection(into, seen)?);
        (!self.mistakes.contains(&objection)).then_some(objection)
    }

    /// A record that the caller may not see is not there.
    fn must_see(&self, draft: &Draft, stage: &Stage<'_>) -> Result<(), Problem> {
        let record = stage.fold.record();
        if record.version() == 0 || self.may_use(record.marking(), record.owner()) {
            return Ok(());
        }
        let detail = format!("there is no {}, or you may not see it", draft.subject);
        Err(draft.place.refuse(ProblemKind::NotFound, "/subject", detail))
    }

    fn known(&self, draft: &Draft, stage: &Stage<'_>) -> Result<Option<Fate>, Problem> {
        let (fate, fingerprint) = if let Some(key) = stage.fold.key(&draft.uid) {
            (Fate::Known { version: key.version, position: key.position }, key.fingerprint)
        } else if let Some(index) = stage.staged.get(&draft.uid) {
            (Fate::New(*index), self.decision.staged[*index].fingerprint)
        } else {
            return Ok(None);
        };
        if fingerprint == draft.fingerprint {
            return Ok(Some(fate));
        }
        let Draft { source, id, .. } = draft;
        let detail = format!("event “{id}” of {source} was recorded before with other content");
        Err(draft.place.refuse(ProblemKind::Conflict, "/id", detail))
    }

    fn stage(&mut self, draft: &Draft, stage: &mut Stage<'_>, salt: Salt) -> Result<(), Problem> {
        self.must_be_approver(draft)?;
        if draft.derived && stage.record().version() == 0 {
            self.mistakes.push(draft.place.mistake("/subject", BEGINS));
            return Ok(());
        }
        let of_sealed = self.sealed.contains(&draft.subject);
        let is_sealed = of_sealed && seals::is_sealed(draft.kind.event());
        let objections = seals::objections(draft, of_sealed);
        if !objections.is_empty() {
            self.mistakes.extend(objections);
            return Ok(());
        }
        let Some(marking) = self.marking(draft, stage) else { return Ok(()) };
        let mut event = self.event(draft, stage, marking);
        match stage.record().admit(&event, &self.circumstances.rules.vocabulary) {
            Ok(anomalies) => event.anomalies = anomalies,
            Err(issues) => {
                self.mistakes.extend(draft.place.issues(issues));
                return Ok(());
            }
        }
        if draft.kind.event() == EventName::RetentionAssigned && of_sealed && stage.fold.has_plain() {
            event.anomalies.push(in_plain());
        }
        self.flag(draft, &event.anomalies);
        if of_sealed {
            // It stands in the envelope for ever, and may name what was sealed.
            event.anomalies.iter_mut().for_each(|anomaly| anomaly.pointer = None);
        }
        let payload = envelope::write(draft, &event, salt, is_sealed)?;
        let record = stage.changed.get_or_insert_with(|| stage.fold.record().clone());
        record.apply(event.clone());
        if !self.circumstances.may_use(record.marking(), record.owner()) {
            self.mistakes.push(draft.place.mistake("/data", "you may not use this marking"));
            return Ok(());
        }
        let facets = envelope::facets(record, of_sealed);
        let index = self.decision.staged.len();
        let Draft { subject, fingerprint, .. } = *draft;
        let after = stage.fold.last();
        let staged = Staged { event, fingerprint, subject, after, payload, of_sealed, is_sealed, facets };
        self.decision.staged.push(staged);
        self.decision.fates.push(Fate::New(index));
        stage.staged.insert(draft.uid, index);
        Ok(())
    }

    fn must_be_approver(&self, draft: &Draft) -> Result<(), Problem> {
        use EventName::{Adjudicated, Disposed, ReleaseAuthorised, ReleaseRevoked};
        let event = draft.kind.event();
        let needed = matches!(event, Adjudicated | Disposed | ReleaseAuthorised | ReleaseRevoked);
        if !needed || self.circumstances.principal.holds(Role::Approver) {
            return Ok(());
        }
        let detail = format!("{} needs the role approver", draft.kind.short());
        Err(draft.place.refuse(ProblemKind::Forbidden, "/type", detail))
    }

    /// The first event gives the record its marking; later ones take the record's. Who names another is mistaken
    /// about it.
    fn marking(&mut self, draft: &Draft, stage: &Stage<'_>) -> Option<Marking> {
        let Circumstances { principal, rules, .. } = self.circumstances;
        let record = stage.record();
        let levels = &rules.vocabulary.levels;
        let mistake = if record.version() == 0 {
            let marking = draft.marking.as_ref().unwrap_or(&rules.marking);
            if self.may_use(marking, &principal.agency) {
                return Some(marking.clone());
            }
            ("/marking", format!("expected a marking that you may use, found {marking}"))
        } else {
            let marking = record.marking();
            match &draft.marking {
                Some(wanted) if wanted != marking => {
                    let advice = if levels.dominates(marking, wanted) {
                        "expected that or none; marking_changed changes it"
                    } else {
                        "a more sensitive fact is a record of its own"
                    };
                    ("/marking", format!("the record is marked {marking}: {advice}"))
                }
                _ => return Some(marking.clone()),
            }
        };
        self.mistakes.push(draft.place.mistake(mistake.0, mistake.1));
        None
    }

    fn event(&self, draft: &Draft, stage: &Stage<'_>, marking: Marking) -> Event {
        let Circumstances { principal, now, .. } = self.circumstances;
        Event {
            uid: draft.uid,
            version: stage.version() + 1,
            position: 0,
            kind: Kind::Known(draft.kind),
            time: draft.time,
            recorded: (*now).max(stage.fold.recorded()),
            source: draft.source.clone(),
            agency: principal.agency.clone(),
            actor: principal.subject.clone(),
            on_behalf_of: draft.proposed.onbehalfof.clone(),
            marking,
            anomalies: Vec::new(),
            data: draft.data.clone(),
        }
    }

    fn flag(&mut self, draft: &Draft, anomalies: &[Anomaly]) {
        if self.circumstances.strict {
            self.implausible.extend(anomalies.iter().map(|anomaly| {
                let pointer = format!("/data{}", anomaly.pointer.as_deref().unwrap_or_default());
                draft.place.mistake(&pointer, anomaly.detail.as_str())
            }));
        }
    }

    fn may_use(&self, marking: &Marking, owner: &str) -> bool {
        self.circumstances.may_use(marking, owner)
    }

    fn finish(self) -> Result<Decision, Problem> {
        if !self.mistakes.is_empty() {
            return Err(Problem::invalid(self.mistakes));
        }
        if !self.implausible.is_empty() {
            let kind = ProblemKind::Implausible;
            let detail = Problem::invalid(self.implausible.clone()).detail;
            return Err(Problem { errors: self.implausible, ..Problem::new(kind, detail) });
        }
        Ok(self.decision)
    }
}

impl Circumstances<'_> {
    fn may_use(&self, marking: &Marking, owner: &str) -> bool {
        self.rules.may_see(self.principal, marking, owner)
    }
}

/// What is found implausible where a record comes to be sealed that has said something before.
fn in_plain() -> Anomaly {
    Anomaly {
        code: "recorded-in-plain".into(),
        pointer: None,
        detail: "what the record has said before stands in the log in plain, and can never be removed".into(),
    }
}

fn must_have_version(draft: &Draft, stage: &Stage<'_>) -> Result<(), Problem> {
    let version = stage.version();
    match draft.expected {
        Some(expected) if expected != version => {
            let detail = format!("expected version {expected} of {}, which has {version}", draft.subject);
            Err(draft.place.refuse(ProblemKind::PreconditionFailed, "/expectedversion", detail))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
