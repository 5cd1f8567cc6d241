//! The columns of a segment, opened once for all who ask the index at one commit.

use std::ops::Range;

use domain::Subject;
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocId, SegmentReader};

use super::fields::{
    self, AGGREGATE, CHANGED, EARLIEST, FIRST, ID, KIND, LAST_DAY, LATEST, MARKING, NEWEST, OUTCOME, PARTY,
    STATUS, STRENGTH, TOPIC,
};
use super::rank::{By, Rank, UNDATED, not_behind};

/// What documents of a segment are told by.
pub(super) struct Columns {
    pub(super) marking: Column<u64>,
    earliest: Column<i64>,
    latest: Column<i64>,
    pub(super) newest: Column<u64>,
    pub(super) first: Column<u64>,
    /// The position of its record's last change.
    pub(super) changed: Column<u64>,
    pub(super) last_day: Column<i64>,
    address: [Column<u64>; 3],
    pub(super) party: Option<StrColumn>,
    pub(super) kind: Option<StrColumn>,
    pub(super) topic: Option<StrColumn>,
    pub(super) status: Option<StrColumn>,
    pub(super) outcome: Option<StrColumn>,
    pub(super) strength: Option<StrColumn>,
    /// How many documents it has, with those that were deleted.
    pub(super) documents: DocId,
}

impl Columns {
    pub(super) fn of(segment: &SegmentReader) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        Ok(Self {
            marking: columns.u64(MARKING)?,
            earliest: columns.i64(EARLIEST)?,
            latest: columns.i64(LATEST)?,
            newest: columns.u64(NEWEST)?,
            first: columns.u64(FIRST)?,
            changed: columns.u64(CHANGED)?,
            last_day: columns.i64(LAST_DAY)?,
            address: [columns.u64(AGGREGATE)?, columns.u64(ID[0])?, columns.u64(ID[1])?],
            party: columns.str(PARTY)?,
            kind: columns.str(KIND)?,
            topic: columns.str(TOPIC)?,
            status: columns.str(STATUS)?,
            outcome: columns.str(OUTCOME)?,
            strength: columns.str(STRENGTH)?,
            documents: segment.max_doc(),
        })
    }

    /// The record that a document is of.
    pub(super) fn subject(&self, document: DocId) -> Option<Subject> {
        let [letter, high, low] = &self.address;
        fields::subject(letter.first(document)?, high.first(document)?, low.first(document)?)
    }

    pub(super) fn rank(&self, by: By, document: DocId) -> Rank {
        match by {
            By::Day(order) => Rank::of_newest(order, self.newest(document)),
            By::First(order) => Rank::of_first(order, self.first.first(document).unwrap_or_default()),
        }
    }

    fn newest(&self, document: DocId) -> u64 {
        self.newest.first(document).unwrap_or(u64::MAX)
    }

    /// The first of some documents whose place in the order of the index is not as those of all before it.
    pub(super) fn first_without(&self, among: Range<DocId>, mut is: impl FnMut(u64) -> bool) -> DocId {
        let (mut with, mut end) = (among.start, among.end);
        while with < end {
            let middle = with + (end - with) / 2;
            if is(self.newest(middle)) {
                with = middle + 1;
            } else {
                end = middle;
            }
        }
        with
    }

    /// The first document that has no date.
    pub(super) fn first_undated(&self) -> DocId {
        self.first_without(0..self.documents, |newest| newest < UNDATED)
    }
}

/// Which documents take part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Admitted {
    /// By its number: whether the reader may see what is marked so.
    pub(super) markings: Vec<bool>,
    /// The first and the last day asked for.
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
}

impl Admitted {
    /// Whether a document takes part.
    pub(super) fn admits(&self, columns: &Columns, document: DocId) -> bool {
        let marking = columns.marking.first(document).and_then(|number| usize::try_from(number).ok());
        let seen = marking.and_then(|number| self.markings.get(number));
        if seen != Some(&true) {
            return false;
        }
        if self.from.is_none() && self.to.is_none() {
            return true;
        }
        let (earliest, latest) = (columns.earliest.first(document), columns.latest.first(document));
        let ends_before = self.from.zip(latest).is_some_and(|(from, latest)| latest < from);
        let begins_after = self.to.zip(earliest).is_some_and(|(to, earliest)| earliest > to);
        (earliest.is_some() || latest.is_some()) && !ends_before && !begins_after
    }

    /// The first document that may be in time: those before it begin too late.
    pub(super) fn first_in_time(&self, columns: &Columns) -> DocId {
        // What has an end and no beginning stands by its end, which may lie behind all that is asked for.
        let all_begin = columns.earliest.values.num_vals() == columns.first_undated();
        let to = self.to.filter(|_| all_begin);
        to.map_or(0, |to| columns.first_without(0..columns.documents, |newest| newest < not_behind(to)))
    }
}
