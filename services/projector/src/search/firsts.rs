//! The first documents of an order, without a look at those that come behind them.
//!
//! The documents of a segment stand in one order: the latest first. Who asks for that order begins behind what was
//! shown and stops when there are enough. Who asks for the earliest walks the other way, by stretches, each longer than
//! the last. For any other order all that match are looked at, each at one column.

use std::collections::{BinaryHeap, HashSet};
use std::ops::Range;

use contract::Order;
use domain::Subject;
use tantivy::{DocAddress, DocId, SegmentOrdinal};

use super::columns::{Admitted, Columns};
use super::index::Snapshot;
use super::matches::{Wanted, Weighed};
use super::rank::{By, Rank};

/// How many documents the first stretch has, and how many times as many the next one.
const STRETCH: DocId = if cfg!(test) { 4 } else { 1_024 };
const LONGER: DocId = 8;

/// Asks for the first documents of an order behind a rank.
pub(super) struct Firsts<'a> {
    pub(super) admitted: &'a Admitted,
    pub(super) by: By,
    pub(super) after: Option<Rank>,
    pub(super) limit: usize,
    /// Those that are passed over: they are found already.
    pub(super) found: &'a HashSet<DocAddress>,
    /// Records that are passed over, by their first events.
    pub(super) but: Option<&'a HashSet<u64>>,
}

/// A document that was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) rank: Rank,
    pub(super) address: DocAddress,
    pub(super) subject: Subject,
}

impl Firsts<'_> {
    /// In their order.
    pub(super) fn among(&self, wanted: &Wanted, index: &Snapshot) -> tantivy::Result<Vec<Found>> {
        let weighed = wanted.in_index(&index.searcher)?;
        let mut best =
            Best { limit: self.limit, first: BinaryHeap::with_capacity(self.limit + 1), looked_at: 0 };
        for (segment, columns) in (0..).zip(&*index.columns) {
            Segment { firsts: self, index, weighed: &weighed, columns, segment }.walk(&mut best)?;
        }
        #[cfg(test)]
        index.looked_at.fetch_add(best.looked_at, std::sync::atomic::Ordering::Relaxed);
        let found = best.first.into_sorted_vec().into_iter();
        let found = found.filter_map(|(rank, address)| {
            let columns = index.columns.get(address.segment_ord as usize)?;
            Some(Found { rank, address, subject: columns.subject(address.doc_id)? })
        });
        Ok(found.collect())
    }
}

/// The first that were met so far.
struct Best {
    limit: usize,
    first: BinaryHeap<(Rank, DocAddress)>,
    /// How many documents were looked at.
    looked_at: u64,
}

impl Best {
    /// Whether one of a rank is among the first.
    fn has_room_for(&self, rank: Rank) -> bool {
        self.first.len() < self.limit || self.first.peek().is_some_and(|(last, _)| rank < *last)
    }

    fn add(&mut self, rank: Rank, address: DocAddress) {
        self.first.push((rank, address));
        if self.first.len() > self.limit {
            self.first.pop();
        }
    }
}

/// One segment, while it is walked through.
struct Segment<'w> {
    firsts: &'w Firsts<'w>,
    index: &'w Snapshot,
    weighed: &'w Weighed,
    columns: &'w Columns,
    segment: SegmentOrdinal,
}

impl Segment<'_> {
    fn walk(&self, best: &mut Best) -> tantivy::Result<()> {
        let Firsts { by, after, admitted, .. } = *self.firsts;
        let end = self.columns.documents;
        let By::Day(order) = by else { return self.stretch(0..end, best) };
        let is_shown = |newest| after.is_some_and(|after| Rank::of_newest(order, newest) <= after);
        let begin = admitted.first_in_time(self.columns);
        if order == Order::Newest {
            return self.stretch(self.columns.first_without(begin..end, is_shown)..end, best);
        }
        let undated = self.columns.first_undated();
        for some in [begin..undated, undated..end] {
            let to_come = self.columns.first_without(some.clone(), |newest| !is_shown(newest));
            self.backwards(some.start..to_come, best)?;
        }
        Ok(())
    }

    /// The last documents of some first.
    fn backwards(&self, some: Range<DocId>, best: &mut Best) -> tantivy::Result<()> {
        let (mut end, mut length) = (some.end, STRETCH);
        while some.start < end && best.has_room_for(self.columns.rank(self.firsts.by, end - 1)) {
            let begin = end.saturating_sub(length).max(some.start);
            self.stretch(begin..end, best)?;
            (end, length) = (begin, length.saturating_mul(LONGER));
        }
        Ok(())
    }

    fn stretch(&self, documents: Range<DocId>, best: &mut Best) -> tantivy::Result<()> {
        if documents.is_empty() {
            return Ok(());
        }
        let Firsts { by, after, admitted, found, .. } = *self.firsts;
        let mut matches = self.weighed.in_segment(self.index.searcher.segment_reader(self.segment))?;
        let mut document = matches.from(documents.start);
        while document < documents.end {
            best.looked_at += 1;
            let rank = self.columns.rank(by, document);
            if best.has_room_for(rank) {
                let address = DocAddress { segment_ord: self.segment, doc_id: document };
                if after.is_none_or(|after| rank > after)
                    && admitted.admits(self.columns, document)
                    && !found.contains(&address)
                    && !self.is_passed_over(document)
                    && matches.has(document)?
                {
                    best.add(rank, address);
                }
            } else if by == By::Day(Order::Newest) {
                return Ok(());
            }
            document = matches.next();
        }
        Ok(())
    }

    fn is_passed_over(&self, document: DocId) -> bool {
        let first = || self.columns.first.first(document);
        self.firsts.but.is_some_and(|but| first().is_some_and(|first| but.contains(&first)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::head::Head;
    use crate::search::index::{Changed, Changes, Writer};
    use crate::search::matching::{Facets, Grades};
    use crate::search::parse::Sought;
    use crate::search::texts::Texts;

    /// A record: when, under which marking, and whether one word stands in it, and another.
    #[derive(Clone, Debug)]
    struct Made {
        earliest: Option<i64>,
        latest: Option<i64>,
        marking: u32,
        wanted: bool,
        unwanted: bool,
    }

    fn made() -> impl Strategy<Value = Made> {
        let day = || prop::option::weighted(0.8, -40..40_i64);
        (day(), day(), 0..3_u32, prop::bool::weighted(0.8), prop::bool::weighted(0.2)).prop_map(
            |(one, other, marking, wanted, unwanted)| {
                let mut days = [one, other];
                if one.is_some() && other.is_some() {
                    days.sort();
                }
                Made { earliest: days[0], latest: days[1], marking, wanted, unwanted }
            },
        )
    }

    fn changed(first: u64, made: &Made) -> Changed {
        let day =
            |day: Option<i64>| day.map(|day| jiff::civil::date(1970, 1, 1) + jiff::Span::new().days(day));
        let id = uuid::Uuid::from_u128(first.into());
        let head = json!({"marking": made.marking, "first": first, "countries": [], "summary": {
            "subject": format!("matter/{id}"), "id": id, "aggregate": "matter", "title": "", "status": "open",
            "earliest": day(made.earliest), "latest": day(made.latest), "version": 1, "marking": "OFFICIAL"}});
        let words = [(made.wanted, "canola"), (made.unwanted, "potash fertilisers")];
        let texts =
            words.iter().filter(|(there, _)| *there).map(|(_, word)| ("notes".into(), (*word).into()));
        let texts = Texts { texts: texts.collect(), ..Texts::default() };
        Changed { head: serde_json::from_value::<Head>(head).unwrap(), texts, position: first }
    }

    /// An index of records, each as it was recorded last, with a segment for each round.
    fn index(rounds: &[Vec<(u64, Made)>]) -> (tempfile::TempDir, Snapshot) {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::open(folder.path(), "memory").unwrap();
        for round in rounds {
            let records = round.iter().map(|(first, made)| changed(*first, made)).collect();
            writer.take(&Changes { records, seen: 0, complete: Some(0) }).unwrap();
            writer.commit().unwrap();
        }
        let snapshot = writer.snapshot().unwrap();
        (folder, snapshot)
    }

    const EVERY: [By; 4] =
        [By::Day(Order::Newest), By::Day(Order::Oldest), By::First(Order::Newest), By::First(Order::Oldest)];

    /// All pages of an order, as the numbers of their records.
    fn pages(admitted: &Admitted, by: By, index: &Snapshot) -> Vec<u64> {
        let sought = Sought::read("canola -\"potash fertilisers\"");
        let wanted = Grades::new(&index.fields, &sought).any(&Facets::default());
        let (mut all, mut after) = (vec![], None);
        loop {
            let firsts = Firsts { admitted, by, after, limit: 3, found: &HashSet::new(), but: None };
            let found = firsts.among(&wanted, index).unwrap();
            let Some(last) = found.last() else { return all };
            after = Some(last.rank);
            all.extend(found.iter().map(|found| u64::try_from(found.subject.id.as_u128()).unwrap()));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn pages_are_what_sorting_everything_gives(
            rounds in prop::collection::vec(prop::collection::vec((1..60_u64, made()), 1..40), 1..4),
            from in prop::option::of(-40..40_i64),
            to in prop::option::of(-40..40_i64),
        ) {
            let (_folder, index) = index(&rounds);
            let records = rounds.concat().into_iter().collect::<std::collections::BTreeMap<_, _>>();
            let admitted = Admitted { markings: vec![true, false, true], from, to };
            for by in EVERY {
                let admits = |made: &Made| {
                    let Made { earliest, latest, marking, wanted, unwanted } = made.clone();
                    let is_dated = earliest.or(latest).is_some() || from.or(to).is_none();
                    let meets = latest.zip(from).is_none_or(|(latest, from)| latest >= from)
                        && earliest.zip(to).is_none_or(|(earliest, to)| earliest <= to);
                    marking != 1 && wanted && !unwanted && is_dated && meets
                };
                let mut expected = records.iter().filter(|(_, made)| admits(made)).collect::<Vec<_>>();
                expected.sort_by_key(|(first, made)| {
                    let (day, first) = (made.earliest.or(made.latest), i64::try_from(**first).unwrap());
                    match by {
                        By::Day(Order::Newest) => (day.is_none(), day.map(|day| -day), -first),
                        By::Day(Order::Oldest) => (day.is_none(), day, first),
                        By::First(Order::Newest) => (false, None, -first),
                        By::First(Order::Oldest) => (false, None, first),
                    }
                });
                let expected = expected.into_iter().map(|(first, _)| *first).collect::<Vec<_>>();
                prop_assert_eq!(pages(&admitted, by, &index), expected, "{:?}", by);
            }
        }
    }

    #[test]
    fn a_page_by_time_looks_at_few_of_those_that_match() {
        let made = |day| Made { earliest: day, latest: day, marking: 0, wanted: true, unwanted: false };
        let round = |nth: u64| {
            let of_round = (0..1_000).map(|record| nth * 1_000 + record);
            of_round.map(|first| (first, made(Some(i64::try_from(first % 777).unwrap())))).collect::<Vec<_>>()
        };
        let (_folder, index) = index(&[round(0), round(1), round(2)]);
        let admitted = Admitted { markings: vec![true], from: None, to: Some(300) };
        let sought = Sought::read("canola");
        let wanted = Grades::new(&index.fields, &sought).any(&Facets::default());
        for (order, most) in [(Order::Newest, 3 * 11), (Order::Oldest, 3 * (4 + 32))] {
            let by = By::Day(order);
            let firsts =
                Firsts { admitted: &admitted, by, after: None, limit: 10, found: &HashSet::new(), but: None };
            let first = firsts.among(&wanted, &index).unwrap();
            assert_eq!(first.len(), 10);
            assert!(index.looked_at.swap(0, Ordering::Relaxed) <= most);
            // It is the same for the pages behind.
            let firsts = Firsts { after: Some(first[9].rank), ..firsts };
            assert_eq!(firsts.among(&wanted, &index).unwrap().len(), 10);
            assert!(index.looked_at.swap(0, Ordering::Relaxed) <= most);
        }
    }
}
