//! What a record may be merged into: another that is there, that the caller may see and that stands for itself.
//! So mergers make no circle, and every chain of them ends at a record that stands.
//!
//! The other record is held and its fold confirmed with the log's leader just before the append. The append
//! itself is conditional on the merged record alone: two registrars that admit opposite mergers within the same
//! few milliseconds are not kept apart.

use domain::{EventName, Record, Subject};

use crate::draft::Draft;

/// What is said of a record that is not there, or that the caller may not see: these must read alike.
pub(crate) const ABSENT: &str = "refers to what is neither recorded nor in this submission";

/// The record into which the draft merges its own, if it merges it into another of its aggregate. That it is
/// another is the domain's to say.
pub(crate) fn target(draft: &Draft) -> Option<Subject> {
    let merges = draft.kind.event() == EventName::MergedInto;
    let into = merges.then(|| draft.data.get(&domain::vocabulary::RECORD).copied()).flatten()?;
    (into != draft.subject && into.aggregate == draft.subject.aggregate).then_some(into)
}

/// Why nothing is merged into `record`, as it is known; `seen` finds the records that the caller may see.
pub(crate) fn objection<'r>(into: Subject, seen: impl Fn(Subject) -> Option<&'r Record>) -> Option<String> {
    let Some(record) = seen(into) else { return Some(ABSENT.to_owned()) };
    if record.is_disposed() {
        return Some(format!("{into} was disposed of"));
    }
    let beyond = record.merged_into()?;
    Some(match seen(beyond) {
        Some(_) => format!("{into} is itself merged into {beyond}: merge into that"),
        None => format!("{into} is itself merged into another record"),
    })
}
