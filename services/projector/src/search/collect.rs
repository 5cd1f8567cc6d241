//! Walking through what matches: only what the reader may see takes part, in the order of its time.

use std::collections::BinaryHeap;

use contract::Order;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::fields::{self, AGGREGATE, DAY, EARLIEST, FIRST, ID, LATEST, MARKING};
use crate::key::Place;
use domain::Subject;

/// Which documents take part.
#[derive(Clone, Debug, Default)]
pub(super) struct Admitted {
    /// By its number: whether the reader may see what is marked so.
    pub(super) markings: Vec<bool>,
    /// The first and the last day asked for.
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
}

/// The columns by which documents take part.
pub(super) struct Door {
    admitted: Admitted,
    marking: Column<u64>,
    earliest: Column<i64>,
    latest: Column<i64>,
}

impl Admitted {
    pub(super) fn door(&self, segment: &SegmentReader) -> tantivy::Result<Door> {
        let columns = segment.fast_fields();
        Ok(Door {
            admitted: self.clone(),
            marking: columns.u64(MARKING)?,
            earliest: columns.i64(EARLIEST)?,
            latest: columns.i64(LATEST)?,
        })
    }
}

impl Door {
    pub(super) fn admits(&self, document: DocId) -> bool {
        let marking = self.marking.first(document).and_then(|number| usize::try_from(number).ok());
        let seen = marking.and_then(|number| self.admitted.markings.get(number));
        if seen != Some(&true) {
            return false;
        }
        let Admitted { from, to, .. } = self.admitted;
        if from.is_none() && to.is_none() {
            return true;
        }
        let (earliest, latest) = (self.earliest.first(document), self.latest.first(document));
        let ends_before = from.zip(latest).is_some_and(|(from, latest)| latest < from);
        let begins_after = to.zip(earliest).is_some_and(|(to, earliest)| earliest > to);
        (earliest.is_some() || latest.is_some()) && !ends_before && !begins_after
    }
}

/// By what documents are put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Valid time, then the position of the first event.
    Day(Order),
    /// The position of the first event.
    First(Order),
}

/// Where a document stands in an order: the smaller comes first. It fits a [`Place`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(u128);

impl Rank {
    fn of(by: By, day: Option<i64>, first: u64) -> Self {
        // Days lie within four million of 1970.
        let day = day.and_then(|day| u32::try_from(day + (1 << 31)).ok());
        let (undated, day, first) = match by {
            By::Day(Order::Oldest) => (day.is_none(), day.unwrap_or(0), first),
            By::Day(Order::Newest) => (day.is_none(), day.map_or(0, |day| !day), !first),
            By::First(Order::Oldest) => (false, 0, first),
            By::First(Order::Newest) => (false, 0, !first),
        };
        Self(u128::from(undated) << 96 | u128::from(day) << 64 | u128::from(first))
    }

    /// As a cursor keeps it, with how well the document matches.
    pub(super) fn place(self, grade: usize) -> Place {
        let bytes = (self.0 | (grade as u128) << 100).to_be_bytes();
        let (_, place) = bytes.split_last_chunk().expect("sixteen bytes hold thirteen");
        Place(*place)
    }

    /// Reads what [`place`](Self::place) made.
    pub(super) fn of_place(place: Place) -> (usize, Self) {
        let mut bytes = [0; 16];
        bytes[16 - Place::LENGTH..].copy_from_slice(&place.0);
        let all = u128::from_be_bytes(bytes);
        ((all >> 100) as usize, Self(all & ((1 << 100) - 1)))
    }
}

/// The first documents of an order behind a rank.
pub(super) struct Firsts {
    pub(super) admitted: Admitted,
    pub(super) by: By,
    pub(super) after: Option<Rank>,
    pub(super) limit: usize,
}

/// A document that was found.
pub(super) type Found = (Rank, Subject);

impl Collector for Firsts {
    type Fruit = Vec<Found>;
    type Child = FirstsOfSegment;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<FirstsOfSegment> {
        let columns = segment.fast_fields();
        Ok(FirstsOfSegment {
            door: self.admitted.door(segment)?,
            day: columns.i64(DAY)?,
            first: columns.u64(FIRST)?,
            address: [columns.u64(AGGREGATE)?, columns.u64(ID[0])?, columns.u64(ID[1])?],
            by: self.by,
            after: self.after,
            limit: self.limit,
            found: BinaryHeap::with_capacity(self.limit + 1),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, fruits: Vec<Vec<Found>>) -> tantivy::Result<Vec<Found>> {
        let mut all = fruits.concat();
        all.sort_unstable_by_key(|(rank, _)| *rank);
        all.truncate(self.limit);
        Ok(all)
    }
}

pub(super) struct FirstsOfSegment {
    door: Door,
    day: Column<i64>,
    first: Column<u64>,
    address: [Column<u64>; 3],
    by: By,
    after: Option<Rank>,
    limit: usize,
    found: BinaryHeap<(Rank, DocId)>,
}

impl SegmentCollector for FirstsOfSegment {
    type Fruit = Vec<Found>;

    fn collect(&mut self, document: DocId, _: Score) {
        if !self.door.admits(document) {
            return;
        }
        let day = || self.day.first(document);
        let day = if matches!(self.by, By::Day(_)) { day() } else { None };
        let rank = Rank::of(self.by, day, self.first.first(document).unwrap_or_default());
        let is_shown = self.after.is_some_and(|after| rank <= after);
        let is_late =
            || self.found.len() == self.limit && self.found.peek().is_some_and(|last| last.0 <= rank);
        if is_shown || is_late() {
            return;
        }
        self.found.push((rank, document));
        if self.found.len() > self.limit {
            self.found.pop();
        }
    }

    fn harvest(self) -> Vec<Found> {
        let [letter, high, low] = &self.address;
        let subject =
            |document| fields::subject(letter.first(document)?, high.first(document)?, low.first(document)?);
        let found = self.found.into_iter();
        found.filter_map(|(rank, document)| Some((rank, subject(document)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_reads_back_and_the_undated_come_last() {
        for order in [Order::Oldest, Order::Newest] {
            let rank = Rank::of(By::Day(order), Some(-700), 77);
            assert_eq!(Rank::of_place(rank.place(4)), (4, rank));
            assert!(rank < Rank::of(By::Day(order), None, 1));
        }
        let newest = |day, first| Rank::of(By::Day(Order::Newest), day, first);
        assert!(newest(Some(5), 1) < newest(Some(4), 9) && newest(Some(4), 9) < newest(Some(4), 8));
        let undated = Rank::of(By::Day(Order::Newest), None, 3);
        assert_eq!(Rank::of_place(undated.place(1)), (1, undated));
    }
}
