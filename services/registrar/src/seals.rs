//! Which records of a submission are sealed, what that asks of their events, and what is done with their keys.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use contract::{InputError, Problem};
use domain::vocabulary::{self, OCCURRED, REASON};
use domain::{EventKind, EventName, Subject};
use eventlog::{Entry, EventLog};
use sealing::Keys;

use crate::decide::{Decision, Staged};
use crate::draft::Draft;
use crate::fold::Fold;
use crate::refusal::{no_key, unread};
use crate::rules::Rules;

/// The records whose events are recorded sealed from this submission on: those that have a sealed event, those of
/// which one is asked for, and those that may have to be destroyed. All events of a submission count together, so
/// that a retention which is assigned along with the first event seals that, too.
pub(crate) fn sealed(drafts: &[Draft], folds: &BTreeMap<Subject, &Fold>, rules: &Rules) -> BTreeSet<Subject> {
    let is_sealed = |draft: &&Draft| {
        let fold = folds.get(&draft.subject);
        draft.proposed.sealed == Some(true)
            || fold.is_some_and(|fold| fold.is_sealed())
            || may_end(draft, fold.copied(), rules)
    };
    drafts.iter().filter(is_sealed).map(|draft| draft.subject).collect()
}

/// Whether the draft's record may have to be destroyed, as far as the draft and what is known of the record tell.
fn may_end(draft: &Draft, fold: Option<&Fold>, rules: &Rules) -> bool {
    let schedule = &rules.schedule;
    if draft.kind.event() == EventName::RetentionAssigned {
        return schedule.of_assigned(&draft.data);
    }
    let record = fold.map(Fold::record);
    if let Some(retention) = record.and_then(domain::Record::retention) {
        return schedule.of_assigned(retention);
    }
    let stated = draft.data.content("kind").and_then(|kind| serde_json::to_value(kind).ok());
    let stated = stated.as_ref().and_then(serde_json::Value::as_str);
    schedule.of_kind(&draft.subject, stated.or_else(|| record?.kind()))
}

/// Whether this event of a sealed record is sealed itself. How a record is kept is told when its content is gone,
/// so it stands in plain.
pub(crate) const fn is_sealed(event: EventName) -> bool {
    !event.is_custody()
}

/// What is wrong with a draft because its record is sealed, or is not.
pub(crate) fn objections(draft: &Draft, record_is_sealed: bool) -> Vec<InputError> {
    let event = draft.kind.event();
    if !record_is_sealed {
        return Vec::new();
    }
    if is_sealed(event) {
        let open = draft.proposed.sealed == Some(false);
        let detail = "expected true or nothing: what this record says may have to be destroyed one day";
        return open.then(|| draft.place.mistake("/sealed", detail)).into_iter().collect();
    }
    let own = vocabulary::row_of(draft.subject.aggregate, event).map_or(&[][..], |row| row.own);
    let own = own.iter().map(|field| field.name).chain([REASON.name, OCCURRED.name]).collect::<Vec<_>>();
    let others = draft.data.iter().map(|(name, _)| name).filter(|name| !own.contains(name));
    let detail = "how a sealed record is kept stands in plain for ever: what else there is to say is for another event";
    let mut objections =
        others.map(|name| draft.place.mistake(&format!("/data/{name}"), detail)).collect::<Vec<_>>();
    if draft.proposed.sealed == Some(true) {
        let detail = "expected of what a record says: how it is kept stands in plain";
        objections.push(draft.place.mistake("/sealed", detail));
    }
    objections
}

/// What is recorded: envelopes as they are, or sealed with their records' keys. That a sealed record is about to be
/// disposed of is noted before that is recorded, so that whatever comes in between, its key is destroyed.
///
/// # Errors
/// When a key cannot be had.
pub(crate) async fn payloads(decision: &Decision, keys: &Keys) -> Result<Vec<Bytes>, sealing::Error> {
    let mut payloads = Vec::with_capacity(decision.staged.len());
    for staged in &decision.staged {
        if is_end(staged) {
            keys.about_to_dispose(&staged.subject).await?;
        }
        payloads.push(match staged.is_sealed {
            false => staged.payload.clone(),
            true => {
                let key = keys.make(&staged.subject).await?;
                sealing::seal(&staged.payload, &key)?.into()
            }
        });
    }
    Ok(payloads)
}

/// The sealed records that end with this decision, whose keys are to be destroyed once it is recorded.
pub(crate) fn ended(decision: &Decision) -> Vec<Subject> {
    decision.staged.iter().filter(|staged| is_end(staged)).map(|staged| staged.subject).collect()
}

fn is_end(staged: &Staged) -> bool {
    staged.of_sealed && staged.event.kind.known().map(EventKind::event) == Some(EventName::Disposed)
}

/// A record's events after a position, opened.
///
/// # Errors
/// The problem that the log or the keys do not answer.
pub(crate) async fn read_after(
    log: &EventLog,
    keys: &Keys,
    record: &Subject,
    after: u64,
) -> Result<Vec<Entry>, Problem> {
    let entries = log.read_after(record, after).await.map_err(|error| unread(&error))?;
    let mut opened = Vec::with_capacity(entries.len());
    for entry in entries {
        opened.push(keys.opened(entry).await.map_err(|error| no_key(&error))?);
    }
    Ok(opened)
}
