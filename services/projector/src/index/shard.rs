//! What stands under one marking, in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{Aggregate, Subject};
use roaring::{MultiOps, RoaringBitmap};
use slab::Slab;
use smallvec::SmallVec;

use super::order::Order;
use super::segment::Segment;
use crate::key::Place;

/// Since when, for ever: what holds.
const HOLDS: u64 = u64::MAX;

/// Records, what they stand under, where their entries stand, all by small numbers.
#[derive(Default)]
pub(super) struct Shard {
    records: Slab<Record>,
    standings: Slab<Standing>,
    entries: Slab<Placed>,
    /// The standings that have each facet.
    facets: HashMap<Box<str>, RoaringBitmap>,
    /// The standings that hold.
    holding: RoaringBitmap,
    /// The standings of the records of each aggregate.
    aggregates: BTreeMap<Aggregate, RoaringBitmap>,
    orders: BTreeMap<u8, Orders>,
}

struct Record {
    subject: Subject,
    /// What it stands under one after the other.
    standings: SmallVec<[u32; 4]>,
    /// By number, then by when they began to stand there.
    entries: SmallVec<[u32; 4]>,
}

/// What a record stands under from a position on until another.
#[derive(Clone, Copy)]
struct Standing {
    record: u32,
    since: u64,
    until: u64,
}

impl Standing {
    /// Whether it holds as of a position.
    const fn holds(&self, at: Option<u64>) -> bool {
        match at {
            None => self.until == HOLDS,
            Some(at) => self.since <= at && at < self.until,
        }
    }
}

/// Where an entry stands from a position on until another.
pub(super) struct Placed {
    pub(super) record: u32,
    pub(super) number: u32,
    since: u64,
    until: u64,
    tags: u8,
    last: i32,
    places: SmallVec<[(u8, Place); 2]>,
}

/// The entries of an order: those that stand there, and apart from them those that stood.
#[derive(Default)]
struct Orders {
    open: Order,
    closed: Order,
}

impl Orders {
    const fn of(&mut self, until: u64) -> &mut Order {
        if until == HOLDS { &mut self.open } else { &mut self.closed }
    }
}

/// An entry as its row has it.
pub(super) struct Row {
    pub(super) number: u32,
    pub(super) since: u64,
    pub(super) tags: u8,
    pub(super) last: i32,
    pub(super) places: SmallVec<[(u8, Place); 2]>,
}

/// Whole numbers of things in memory.
fn small(number: usize) -> u32 {
    u32::try_from(number).expect("memory ends before four thousand million things")
}

impl Shard {
    pub(super) fn begin(&mut self, subject: Subject) -> u32 {
        let record = Record { subject, standings: SmallVec::new(), entries: SmallVec::new() };
        small(self.records.insert(record))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Since when the latest standing of a record holds.
    pub(super) fn latest(&self, record: u32) -> Option<u64> {
        let latest = self.records[record as usize].standings.last()?;
        Some(self.standings[*latest as usize].since)
    }

    pub(super) fn stand<'f>(&mut self, record: u32, since: u64, facets: impl IntoIterator<Item = &'f str>) {
        self.leave(record, since);
        let Self { records, standings, .. } = self;
        let of_record = &mut records[record as usize].standings;
        let at = of_record.partition_point(|id| standings[*id as usize].since < since);
        let until = of_record.get(at).map_or(HOLDS, |next| standings[*next as usize].since);
        let id = small(standings.insert(Standing { record, since, until }));
        of_record.insert(at, id);
        if let Some(before) = at.checked_sub(1) {
            standings[of_record[before] as usize].until = since;
        }
        let aggregate = records[record as usize].subject.aggregate;
        self.aggregates.entry(aggregate).or_default().insert(id);
        for facet in facets {
            match self.facets.get_mut(facet) {
                Some(standings) => drop(standings.insert(id)),
                None => drop(self.facets.insert(facet.into(), RoaringBitmap::from([id]))),
            }
        }
        self.hold(record);
    }

    /// Takes away the standing of a record that began at a position.
    pub(super) fn leave(&mut self, record: u32, since: u64) {
        let Self { records, standings, .. } = self;
        let of_record = &mut records[record as usize].standings;
        let Some(at) = of_record.iter().position(|id| standings[*id as usize].since == since) else { return };
        let id = of_record.remove(at);
        if let Some(before) = at.checked_sub(1) {
            standings[of_record[before] as usize].until = standings[id as usize].until;
        }
        self.drop_standing(id);
        self.hold(record);
    }

    /// Gives what facets it had.
    fn drop_standing(&mut self, id: u32) -> Vec<Box<str>> {
        self.holding.remove(id);
        self.standings.remove(id as usize);
        for of_aggregate in self.aggregates.values_mut() {
            of_aggregate.remove(id);
        }
        let mut had = vec![];
        // Few are ever taken away, so none knows its facets.
        self.facets.retain(|facet, standings| {
            if standings.remove(id) {
                had.push(facet.clone());
            }
            !standings.is_empty()
        });
        had
    }

    /// The last of a record's standings holds.
    fn hold(&mut self, record: u32) {
        if let Some((last, before)) = self.records[record as usize].standings.split_last() {
            before.last().map(|before| self.holding.remove(*before));
            self.holding.insert(*last);
        }
    }

    pub(super) fn place(&mut self, record: u32, row: Row) {
        let Row { number, since, tags, last, places } = row;
        self.displace(record, number, since);
        let at = self.find_entry(record, number, since).unwrap_or_else(|at| at);
        let entries = &self.records[record as usize].entries;
        let neighbour =
            |at: Option<&u32>| at.copied().filter(|id| self.entries[*id as usize].number == number);
        let before = neighbour(at.checked_sub(1).and_then(|at| entries.get(at)));
        let behind = neighbour(entries.get(at));
        if let Some(before) = before {
            self.end(before, since);
        }
        let until = behind.map_or(HOLDS, |id| self.entries[id as usize].since);
        let placed = Placed { record, number, since, until, tags, last, places };
        let id = small(self.entries.insert(placed));
        self.records[record as usize].entries.insert(at, id);
        self.list(id);
    }

    /// Takes away where an entry of a record stood since a position.
    pub(super) fn displace(&mut self, record: u32, number: u32, since: u64) {
        let Ok(at) = self.find_entry(record, number, since) else { return };
        let id = self.records[record as usize].entries.remove(at);
        self.unlist(id);
        let until = self.entries.remove(id as usize).until;
        let entries = &self.records[record as usize].entries;
        let before = at.checked_sub(1).and_then(|at| entries.get(at)).copied();
        if let Some(before) = before.filter(|id| self.entries[*id as usize].number == number) {
            self.end(before, until);
        }
    }

    fn find_entry(&self, record: u32, number: u32, since: u64) -> Result<usize, usize> {
        let entries = &self.records[record as usize].entries;
        entries.binary_search_by_key(&(number, since), |id| {
            let entry = &self.entries[*id as usize];
            (entry.number, entry.since)
        })
    }

    fn end(&mut self, id: u32, until: u64) {
        self.unlist(id);
        self.entries[id as usize].until = until;
        self.list(id);
    }

    fn list(&mut self, id: u32) {
        let Self { entries, orders, .. } = self;
        let lasts = |id: u32| (entries[id as usize].since, entries[id as usize].until);
        let Placed { until, places, .. } = &entries[id as usize];
        for (order, place) in places {
            orders.entry(*order).or_default().of(*until).insert(*place, id, lasts);
        }
    }

    fn unlist(&mut self, id: u32) {
        let Placed { until, places, .. } = &self.entries[id as usize];
        for (order, place) in places {
            self.orders.entry(*order).or_default().of(*until).remove(*place, id);
        }
    }

    /// Whether nothing of a record is left.
    pub(super) fn is_nothing(&self, record: u32) -> bool {
        let record = &self.records[record as usize];
        record.standings.is_empty() && record.entries.is_empty()
    }

    pub(super) fn end_record(&mut self, record: u32) {
        self.records.remove(record as usize);
    }

    /// Moves a record to another shard; gives its number there.
    pub(super) fn move_to(&mut self, record: u32, other: &mut Self) -> u32 {
        let Record { subject, standings, entries } = self.records.remove(record as usize);
        let there = other.begin(subject);
        for id in standings {
            let since = self.standings[id as usize].since;
            let facets = self.drop_standing(id);
            other.stand(there, since, facets.iter().map(|facet| &**facet));
        }
        for id in entries {
            self.unlist(id);
            let Placed { number, since, tags, last, places, .. } = self.entries.remove(id as usize);
            other.place(there, Row { number, since, tags, last, places });
        }
        there
    }

    /// The standings that have one facet of each set, of those that hold or of all that were, of one aggregate or
    /// of all, and among some of them.
    pub(super) fn standing_under<'f>(
        &self,
        wanted: impl Iterator<Item = &'f BTreeSet<String>>,
        aggregate: Option<Aggregate>,
        among: Option<&RoaringBitmap>,
        at: Option<u64>,
    ) -> RoaringBitmap {
        let Some(mut sets) = wanted.map(|facets| self.under(facets)).collect::<Option<Vec<_>>>() else {
            return RoaringBitmap::new();
        };
        if let Some(aggregate) = aggregate {
            let Some(of_aggregate) = self.aggregates.get(&aggregate) else { return RoaringBitmap::new() };
            sets.push(vec![of_aggregate]);
        }
        match among {
            Some(among) => sets.push(vec![among]),
            None if at.is_none() => sets.push(vec![&self.holding]),
            None => {}
        }
        // The smallest first, so that what comes after it is small.
        sets.sort_by_cached_key(|set| set.iter().map(|facet| facet.len()).sum::<u64>());
        let mut sets = sets.into_iter();
        let union = |set: &[&RoaringBitmap]| match set {
            [one] => (*one).clone(),
            several => several.iter().copied().union(),
        };
        let Some(first) = sets.next() else { return RoaringBitmap::new() };
        let Some(second) = sets.next() else { return union(&first) };
        let within = |found: &RoaringBitmap, set: &[&RoaringBitmap]| match set {
            [one] => found & *one,
            several => several.iter().map(|facet| found & *facet).union(),
        };
        let found = match &first[..] {
            [one] => within(one, &second),
            several => within(&union(several), &second),
        };
        sets.fold(found, |found, set| within(&found, &set))
    }

    /// The standings of each facet; none: there are none.
    fn under(&self, facets: &BTreeSet<String>) -> Option<Vec<&RoaringBitmap>> {
        let sets = facets.iter().filter_map(|facet| self.facets.get(facet.as_str())).collect::<Vec<_>>();
        (!sets.is_empty()).then_some(sets)
    }

    pub(super) fn entry(&self, id: u32) -> &Placed {
        &self.entries[id as usize]
    }

    pub(super) fn subject(&self, entry: &Placed) -> Subject {
        self.records[entry.record as usize].subject
    }

    /// Which of some entries are found: are as asked, and of a record that stands as of the position as some standings
    /// say. Each step is one of all entries together, so that memory is waited for once and not by each.
    pub(super) fn found_among(
        &self,
        entries: &[(Place, u32)],
        standings: &RoaringBitmap,
        asked: impl Fn(&Placed) -> bool,
        at: Option<u64>,
        found: &mut Vec<bool>,
    ) {
        let records = entries.iter().map(|(_, id)| {
            let entry = &self.entries[*id as usize];
            asked(entry).then_some(entry.record)
        });
        let records = records.collect::<SmallVec<[_; 32]>>();
        let stood = records.iter().map(|record| self.stood((*record)?, at)).collect::<SmallVec<[_; 32]>>();
        found.clear();
        found.extend(stood.iter().map(|id| id.is_some_and(|id| standings.contains(id))));
    }

    /// The entries of the records that stand as some standings say as of a position. In steps likewise.
    pub(super) fn entries_of(&self, standings: &RoaringBitmap, at: Option<u64>) -> Vec<u32> {
        let records = standings.iter().map(|id| self.standings[id as usize]);
        let records = records.filter(|standing| standing.holds(at)).map(|standing| standing.record);
        let records = records.collect::<Vec<_>>();
        let mut entries = Vec::with_capacity(records.len());
        for record in records {
            entries.extend_from_slice(&self.records[record as usize].entries);
        }
        entries
    }

    /// Of some standings those that held as of a position.
    pub(super) fn held(&self, mut standings: RoaringBitmap, at: Option<u64>) -> RoaringBitmap {
        if at.is_some() {
            let held = standings.iter().filter(|id| self.standings[*id as usize].holds(at));
            standings = RoaringBitmap::from_sorted_iter(held).expect("a part of what is sorted");
        }
        standings
    }

    /// The standing that a record has as of a position.
    fn stood(&self, record: u32, at: Option<u64>) -> Option<u32> {
        let standings = &self.records[record as usize].standings;
        match at {
            None => standings.last().copied(),
            Some(_) => standings.iter().rfind(|id| self.standings[**id as usize].holds(at)).copied(),
        }
    }

    /// How much stands in an order.
    pub(super) fn size(&self, order: u8) -> u64 {
        self.orders.get(&order).map_or(0, |orders| orders.open.size() as u64)
    }

    /// What stands in a part of an order, in its order; as of a position, all that may have stood then.
    pub(super) fn open(
        &self,
        segment: Segment,
        at: Option<u64>,
    ) -> impl DoubleEndedIterator<Item = (Place, u32)> + '_ {
        let orders = self.orders.get(&segment.order).into_iter();
        orders.flat_map(move |orders| orders.open.within(segment, at))
    }

    /// What stood there once, and may have as of a position.
    pub(super) fn closed(
        &self,
        segment: Segment,
        at: Option<u64>,
    ) -> impl DoubleEndedIterator<Item = (Place, u32)> + '_ {
        let orders = self.orders.get(&segment.order).into_iter();
        orders.flat_map(move |orders| orders.closed.within(segment, at))
    }
}

impl Placed {
    /// Where it stands in a part of an order, if it does.
    pub(super) fn place(&self, segment: Segment) -> Option<Place> {
        let (_, place) = self.places.iter().find(|(order, _)| *order == segment.order)?;
        segment.has(*place).then_some(*place)
    }

    /// Whether it stands there as of a position, has one tag of each of some sets, and does not end before a day.
    pub(super) fn is_as_asked(&self, at: Option<u64>, tags: &[u8], from: Option<i32>) -> bool {
        let stands = at.map_or(self.until == HOLDS, |at| self.since <= at && at < self.until);
        stands && tags.iter().all(|any| self.tags & any != 0) && from.is_none_or(|from| self.last >= from)
    }
}
