//! Decisions about drafts, given folds.

use std::sync::Arc;

use domain::Vocabulary;
use serde_json::{Value, json};

use super::*;
use crate::draft;
use crate::retention::Schedule;

const AGENCY: &str = "urn:agency:pk";

fn principal() -> Principal {
    Principal {
        subject: "officer".into(),
        agency: AGENCY.into(),
        party: "PK".into(),
        roles: [Role::Recorder].into(),
        level: "OFFICIAL-SENSITIVE".into(),
        caveats: [].into(),
    }
}

fn rules() -> Rules {
    let vocabulary = Vocabulary::default();
    Rules {
        marking: vocabulary.levels.least(),
        vocabulary: Arc::new(vocabulary),
        language: None,
        schedule: Schedule::default(),
    }
}

fn now() -> Timestamp {
    "2025-11-01T10:00:00Z".parse().unwrap()
}

fn drafts(events: &[Value]) -> Vec<Draft> {
    let events = events.iter().map(|event| serde_json::from_str(&event.to_string()).unwrap()).collect();
    draft::complete(&principal(), events, true, &rules(), now()).unwrap()
}

/// Decides about events of one record.
fn decide_by(who: &Principal, events: &[Value], fold: &Fold) -> Result<Decision, Problem> {
    let drafts = drafts(events);
    let salts = vec![Salt([0; 16]); drafts.len()];
    let rules = rules();
    let circumstances = Circumstances {
        principal: who,
        rules: &rules,
        now: now(),
        strict: false,
        salts: &salts,
        mistakes: &[],
    };
    let folds = drafts.iter().map(|draft| (draft.subject, fold)).collect();
    decide(&drafts, &folds, &circumstances)
}

/// A fold that has taken these events, at positions from 1.
fn fold_of(events: &[Value]) -> Fold {
    let mut fold = Fold::new(drafts(events)[0].subject);
    let decision = decide_by(&principal(), events, &fold).unwrap();
    for (position, staged) in (1..).zip(decision.staged) {
        fold.take(Event { position, ..staged.event }, Some(staged.fingerprint), staged.payload.len());
    }
    fold
}

fn held(id: &str) -> Value {
    json!({"type": "engagement.held", "id": id, "subject": "engagement/~call", "data": {"kind": "call", "participants": ["CA"]}})
}

fn expecting(version: u32, event: Value) -> Value {
    let mut event = event;
    event["expectedversion"] = json!(version);
    event
}

fn kind(decided: Result<Decision, Problem>) -> ProblemKind {
    decided.err().unwrap().kind
}

#[test]
fn events_of_one_submission_see_those_before_them() {
    let fold = fold_of(&[held("1")]);
    let decision = decide_by(
        &principal(),
        &[held("1"), expecting(1, held("2")), expecting(2, held("3")), held("2")],
        &fold,
    );
    let decision = decision.unwrap();
    let known = Fate::Known { version: 1, position: 1 };
    assert_eq!(decision.fates, [known, Fate::New(0), Fate::New(1), Fate::New(0)]);
    let versions =
        decision.staged.iter().map(|staged| (staged.event.version, staged.after)).collect::<Vec<_>>();
    assert_eq!(versions, [(2, 1), (3, 1)]);
    // The cached fold is as it was.
    assert_eq!(fold.record().version(), 1);
}

#[test]
fn idempotency_comes_before_the_version_and_visibility_before_both() {
    let fold = fold_of(&[held("1")]);
    assert!(decide_by(&principal(), &[expecting(0, held("1"))], &fold).is_ok());
    let mut other = expecting(0, held("1"));
    other["data"]["kind"] = json!("meeting");
    assert_eq!(kind(decide_by(&principal(), &[other.clone()], &fold)), ProblemKind::Conflict);
    assert_eq!(
        kind(decide_by(&principal(), &[expecting(0, held("2"))], &fold)),
        ProblemKind::PreconditionFailed
    );
    let uncleared = Principal { level: "NONE".into(), ..principal() };
    assert_eq!(kind(decide_by(&uncleared, &[other], &fold)), ProblemKind::NotFound);
}

#[test]
fn every_event_is_judged_but_none_by_a_history_that_will_not_be() {
    let fold = fold_of(&[held("1")]);
    let absent = |id: &str| {
        json!({"type": "engagement.retracted", "id": id, "subject": "engagement/~call",
            "data": {"event": Uuid::nil(), "reason": "it was not so"}})
    };
    let problem = decide_by(&principal(), &[held("2"), absent("3"), absent("4")], &fold).err().unwrap();
    let pointers = problem.errors.iter().map(|error| error.pointer.as_str()).collect::<Vec<_>>();
    assert_eq!(pointers, ["/1/data/event"]);
}

#[test]
fn what_is_written_reads_back_as_what_was_decided() {
    let decision =
        decide_by(&principal(), &[held("1")], &Fold::new(drafts(&[held("1")])[0].subject)).unwrap();
    let staged = &decision.staged[0];
    let recorded = contract::Recorded::parse(&staged.payload).unwrap();
    assert_eq!(recorded.event(1, 0), staged.event);
    assert_eq!((recorded.proposalhash, recorded.marking.as_str()), (staged.fingerprint, "OFFICIAL"));
    let canonical = transparency::canonical::canonical(&staged.payload).unwrap();
    assert_eq!(canonical.as_bytes(), staged.payload, "its leaf is cut out of it");
}
