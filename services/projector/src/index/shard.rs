//! What stands under one marking, in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::Subject;
use roaring::RoaringBitmap;
use slab::Slab;
use smallvec::SmallVec;

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
    orders: BTreeMap<u8, Order>,
}

struct Record {
    subject: Subject,
    /// By when they began.
    standings: SmallVec<[u32; 4]>,
    /// By number, then by when they began to stand there.
    entries: SmallVec<[u32; 4]>,
}

/// What a record stands under from a position on, until the next of its standings.
struct Standing {
    record: u32,
    since: u64,
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

/// The entries of an order in their order: those that stand there, and apart from them those that stood.
#[derive(Default)]
struct Order {
    open: BTreeSet<(Place, u32)>,
    closed: BTreeSet<(Place, u32)>,
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
        let id = small(self.standings.insert(Standing { record, since }));
        for facet in facets {
            match self.facets.get_mut(facet) {
                Some(standings) => drop(standings.insert(id)),
                None => drop(self.facets.insert(facet.into(), RoaringBitmap::from([id]))),
            }
        }
        let standings = &mut self.records[record as usize].standings;
        let at = standings.partition_point(|id| self.standings[*id as usize].since < since);
        standings.insert(at, id);
        self.hold(record);
    }

    /// Takes away the standing of a record that began at a position.
    pub(super) fn leave(&mut self, record: u32, since: u64) {
        let standings = &mut self.records[record as usize].standings;
        let Some(at) = standings.iter().position(|id| self.standings[*id as usize].since == since) else {
            return;
        };
        let id = standings.remove(at);
        self.drop_standing(id);
        self.hold(record);
    }

    /// Gives what facets it had.
    fn drop_standing(&mut self, id: u32) -> Vec<Box<str>> {
        self.holding.remove(id);
        self.standings.remove(id as usize);
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
        let standings = &self.records[record as usize].standings;
        if let Some((last, before)) = standings.split_last() {
            before.last().map(|id| self.holding.remove(*id));
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
        let entry = &self.entries[id as usize];
        for (order, place) in &entry.places {
            let order = self.orders.entry(*order).or_default();
            let places = if entry.until == HOLDS { &mut order.open } else { &mut order.closed };
            places.insert((*place, id));
        }
    }

    fn unlist(&mut self, id: u32) {
        let entry = &self.entries[id as usize];
        for (order, place) in &entry.places {
            let order = self.orders.entry(*order).or_default();
            let places = if entry.until == HOLDS { &mut order.open } else { &mut order.closed };
            places.remove(&(*place, id));
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

    /// The standings that have one facet of each set, of those that hold or of all that were.
    pub(super) fn standing_under<'f>(
        &self,
        wanted: impl Iterator<Item = &'f BTreeSet<String>>,
        at: Option<u64>,
    ) -> RoaringBitmap {
        let mut sets =
            wanted.map(|facets| self.under(facets)).collect::<Option<Vec<_>>>().unwrap_or_default();
        // The smallest first, so that what comes after it is small.
        sets.sort_by_key(|set| set.iter().map(|facet| facet.len()).sum::<u64>());
        let holding = at.is_none().then_some(&self.holding);
        let mut sets = sets.into_iter();
        let Some(first) = sets.next() else { return RoaringBitmap::new() };
        let within = |set: Vec<&RoaringBitmap>, found: &RoaringBitmap| {
            let mut all = RoaringBitmap::new();
            set.into_iter().for_each(|facet| all |= facet & found);
            all
        };
        let found = match holding {
            Some(holding) => within(first, holding),
            None => first.into_iter().fold(RoaringBitmap::new(), |all, facet| all | facet),
        };
        sets.fold(found, |found, set| within(set, &found))
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

    /// Whether the standing that a record has as of a position is among some.
    pub(super) fn is_among(&self, record: u32, standings: &RoaringBitmap, at: Option<u64>) -> bool {
        let all = &self.records[record as usize].standings;
        let known = match at {
            None => all.last(),
            Some(at) => all.iter().rfind(|id| self.standings[**id as usize].since <= at),
        };
        known.is_some_and(|id| standings.contains(*id))
    }

    /// The entries of the records that stand as some standings say as of a position, with their places in an order.
    pub(super) fn entries_of<'s>(
        &'s self,
        standings: &'s RoaringBitmap,
        at: Option<u64>,
        segment: Segment,
    ) -> impl Iterator<Item = (Place, u32)> + 's {
        let records = standings.iter().filter_map(move |id| {
            let record = self.standings[id as usize].record;
            let is_known = at.is_none_or(|at| self.is_known(record, id, at));
            is_known.then(|| &self.records[record as usize])
        });
        let entries = records.flat_map(|record| &record.entries).copied();
        entries.filter_map(move |id| {
            let places = &self.entries[id as usize].places;
            let (_, place) = places.iter().find(|(order, _)| *order == segment.order)?;
            segment.has(*place).then_some((*place, id))
        })
    }

    /// Whether a standing is the one that its record has as of a position.
    fn is_known(&self, record: u32, id: u32, at: u64) -> bool {
        let all = &self.records[record as usize].standings;
        all.iter().rfind(|id| self.standings[**id as usize].since <= at) == Some(&id)
    }

    /// How much stands in an order.
    pub(super) fn size(&self, order: u8) -> u64 {
        self.orders.get(&order).map_or(0, |order| order.open.len() as u64)
    }

    /// What stands in a part of an order, in its order.
    pub(super) fn open(&self, segment: Segment) -> impl DoubleEndedIterator<Item = (Place, u32)> + '_ {
        self.orders.get(&segment.order).into_iter().flat_map(move |order| within(&order.open, segment))
    }

    /// What stood there once.
    pub(super) fn closed(&self, segment: Segment) -> impl DoubleEndedIterator<Item = (Place, u32)> + '_ {
        self.orders.get(&segment.order).into_iter().flat_map(move |order| within(&order.closed, segment))
    }
}

fn within(
    places: &BTreeSet<(Place, u32)>,
    segment: Segment,
) -> impl DoubleEndedIterator<Item = (Place, u32)> + '_ {
    places.range((segment.first, 0)..=(segment.last, u32::MAX)).copied()
}

impl Placed {
    /// Whether it stands there as of a position, has one tag of each of some sets, and does not end before a day.
    pub(super) fn is_as_asked(&self, at: Option<u64>, tags: &[u8], from: Option<i32>) -> bool {
        let stands = at.map_or(self.until == HOLDS, |at| self.since <= at && at < self.until);
        stands && tags.iter().all(|any| self.tags & any != 0) && from.is_none_or(|from| self.last >= from)
    }
}
