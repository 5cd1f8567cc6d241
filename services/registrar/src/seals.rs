//! Which records of a submission are sealed, and what that asks of their events.

use std::collections::{BTreeMap, BTreeSet};

use contract::InputError;
use domain::vocabulary::{self, OCCURRED, REASON};
use domain::{EventName, Subject};

use crate::draft::Draft;
use crate::fold::Fold;
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
