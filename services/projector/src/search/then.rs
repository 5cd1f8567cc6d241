//! What has changed since a walk through the pages began, as it stood then.
//!
//! The index knows the present alone. So the few records that changed behind the position of the first page are
//! folded again up to there and make an index of their own, in memory, that is asked beside the other: whatever moves
//! meanwhile is met once, and what is recorded meanwhile by the next walk.

use std::collections::{HashMap, HashSet};

use domain::Subject;
use tantivy::SegmentReader;

use super::columns::Columns;
use super::index::{Changed, Error, Snapshot};
use super::query::Asked;
use super::texts::Texts;
use crate::folds;
use crate::head::Head;

/// Records that are folded again, at most: of those that have changed oftener the walk goes on as they are now.
pub(super) const MOST: usize = 200;

/// Records that changed since a walk began, among those that the reader may see.
pub(super) struct Then {
    /// Of those that were there.
    pub(super) index: Snapshot,
    pub(super) records: HashMap<Subject, (Head, Texts)>,
    /// What all of them are known by, also those that were not there.
    pub(super) changed: HashSet<u64>,
}

impl Then {
    /// As of a position; `None` if too much has changed, or nothing.
    pub(super) fn at(position: u64, asked: &Asked<'_>) -> Result<Option<Self>, Error> {
        if position >= asked.index.position {
            return Ok(None);
        }
        let mut today = Vec::new();
        for (segment, columns) in asked.index.searcher.segment_readers().iter().zip(&*asked.index.columns) {
            let heads = changed_behind(position, segment, columns).filter_map(|subject| asked.head(&subject));
            today.extend(heads.take(MOST + 1 - today.len()));
            if today.len() > MOST {
                return Ok(None);
            }
        }
        let changed = today.iter().map(|head| head.first).collect();
        let then = today.iter().filter_map(|today| asked.as_of(today, position)).collect::<Vec<_>>();
        let index = Snapshot::of(&then, position)?;
        let records =
            then.into_iter().map(|Changed { head, texts, .. }| (head.summary.subject, (head, texts)));
        Ok(Some(Self { index, records: records.collect(), changed }))
    }
}

/// The records of a segment whose last change lies behind a position.
fn changed_behind<'c>(
    position: u64,
    segment: &'c SegmentReader,
    columns: &'c Columns,
) -> impl Iterator<Item = Subject> + 'c {
    let mut changed = Vec::new();
    columns.changed.get_docids_for_value_range(position + 1..=u64::MAX, 0..columns.documents, &mut changed);
    let is_alive = |document: &u32| segment.alive_bitset().is_none_or(|alive| alive.is_alive(*document));
    changed.into_iter().filter(is_alive).filter_map(|document| columns.subject(document))
}

impl Asked<'_> {
    /// A record as it stood at a position, under the marking of today; nothing if it was not there, or if a residue is
    /// all that is left of it.
    pub(super) fn as_of(&self, today: &Head, position: u64) -> Option<Changed> {
        if today.first > position || today.is_disposed() {
            return None;
        }
        let subject = today.summary.subject;
        let record = folds::fold_until(&subject, position, self.view);
        let view = record.view();
        let version = record.events().last().map_or(0, |last| last.event.version);
        let mut head = Head::of(&record, version, today.first, Some(&view), today.marking);
        head.summary.marking.clone_from(&today.summary.marking);
        Some(Changed { head, texts: Texts::of(&subject, &view), position })
    }
}
