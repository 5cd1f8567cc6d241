//! What stands where in time, now and at any earlier position of the log: the index of lists, timelines and
//! calendars.
//!
//! A record stands under a marking and under facets: its parties, its topics, its status. What of it stands in
//! time are its **entries**: the record itself in a list, each of its happenings in the timeline, whatever it
//! foresees in the calendar. An entry has a [place](Place) in each of a few orders, and tags of its own.
//!
//! | table | key | value |
//! |---|---|---|
//! | `rows` | record, 0, since | its marking and facets |
//! | `rows` | record, 1, number of the entry, since | its tags, its last day, its places; none: it stands nowhere |
//!
//! A row holds from its position on until the next of its kind, and none is written again: so a change costs one
//! row, and a question **as of an earlier position** is one like any other. What makes it fast lies in memory
//! ([`Held`]) and is made of these rows alone: for each facet the set of those that stand under it, for each
//! order the places in their order.
//!
//! **A marking is today's**, whatever position is asked for, and everything under one lies in a shard of its own:
//! what a reader may not see is not in what is looked at for them.
//!
//! **Times have a length**, and a place only a beginning. What may last longer than [`LONGEST`] days stands in a
//! second order besides, and what has an end only, at which it is placed, in a third. So for what lies in a span
//! the order is read from a year before it begins until it ends, before that the second, after that the third.

mod find;
mod held;
mod order;
mod segment;
mod shard;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use domain::Subject;
use jiff::ToSpan;
use jiff::civil::Date;
use readmodel::{Overlay, Rows};

pub(crate) use self::find::{Among, Finding, Selection, among, find};
pub(crate) use self::held::Held;
use crate::key::{Key, Parts, Place};

/// What a row is about.
const POSTING: u8 = 0;
const ENTRY: u8 = 1;

/// Days that a time may last and still be found by where it begins.
const LONGEST: i32 = 366;

/// Orders beside an order: of what lasts longer, and of what has only an end.
const LONG: u8 = 0x80;
const UNBEGUN: u8 = 0x40;

/// Orders with this bit are of days, not of times with a length: a span's bounds hold for the places as they are.
pub(crate) const DAYS: u8 = 0x20;

/// The index of a read model, by the letter of its table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Index {
    pub(crate) rows: u8,
}

/// Under what a record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Posting {
    pub(crate) marking: u32,
    pub(crate) facets: BTreeSet<String>,
}

/// Where an entry stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Bits that a question may ask for.
    pub(crate) tags: u8,
    /// The last day of its time, if that has an end.
    pub(crate) last: Option<Date>,
    /// Its place in each order; none: it stands nowhere.
    pub(crate) places: Vec<(u8, Place)>,
}

/// One entry of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) subject: Subject,
    pub(crate) number: u32,
}

/// Where something of these bounds stands in an order of times, by its beginning, and in those beside it.
pub(crate) fn places(
    order: u8,
    earliest: Option<Date>,
    latest: Option<Date>,
    position: u64,
) -> Vec<(u8, Place)> {
    let place = Place::new(earliest.or(latest), position);
    let beside = match (earliest, latest) {
        (Some(earliest), Some(latest)) => (latest > earliest.saturating_add(LONGEST.days())).then_some(LONG),
        (Some(_), None) => Some(LONG),
        (None, Some(_)) => Some(UNBEGUN),
        (None, None) => None,
    };
    [Some(0), beside].into_iter().flatten().map(|beside| (order | beside, place)).collect()
}

impl Index {
    /// Has a record stand under a marking and facets from a position on.
    pub(crate) fn post(&self, subject: &Subject, posting: &Posting, since: u64, rows: &mut Overlay<'_>) {
        let key = self.record(subject).bytes(&[POSTING]).position(since);
        rows.put(key, posting.written()).expect("a head's words fit, and these are fewer");
    }

    /// Has one of a record's entries stand elsewhere, or nowhere, from a position on.
    pub(crate) fn place(&self, target: &Target, entry: &Entry, since: u64, rows: &mut Overlay<'_>) {
        let key = self.record(&target.subject).bytes(&[ENTRY]).version(target.number).position(since);
        rows.put(key, entry.written()).expect("a few places fit");
    }

    /// Takes away where a record and its entries stood. Nothing tells of that any more, not even as of an earlier
    /// position; where it stands from now on is to be said after this.
    pub(crate) fn forget(&self, subject: &Subject, rows: &mut Overlay<'_>) {
        let prefix = self.record(subject);
        let keys = rows.scan_prefix(prefix.as_ref()).map(|(key, _)| key.to_vec()).collect::<Vec<_>>();
        keys.into_iter().for_each(|key| rows.remove(key));
    }

    fn record(&self, subject: &Subject) -> Key {
        Key::table(self.rows).subject(subject)
    }
}

impl Posting {
    fn written(&self) -> Vec<u8> {
        let marking = Key::begin().version(self.marking);
        self.facets.iter().fold(marking, |row, facet| row.text(facet)).into()
    }

    /// A row's marking and facets.
    fn read(row: &[u8]) -> Option<(u32, impl Iterator<Item = &str>)> {
        let mut parts = Parts(row);
        let marking = parts.version()?;
        let facets = parts.0.strip_suffix(&[0]).map(|facets| facets.split(|byte| *byte == 0));
        Some((marking, facets.into_iter().flatten().filter_map(|facet| std::str::from_utf8(facet).ok())))
    }
}

impl Entry {
    fn written(&self) -> Vec<u8> {
        let place = |(order, place): &(u8, Place)| [&[*order], place.0.as_slice()].concat();
        let mut row = vec![self.tags];
        row.extend(day_of(self.last).to_be_bytes());
        row.extend(self.places.iter().flat_map(place));
        row
    }

    /// A row's tags, last day and places.
    fn read(row: &[u8]) -> Option<(u8, i32, impl Iterator<Item = (u8, Place)>)> {
        const ONE: usize = 1 + Place::LENGTH;
        let (tags, rest) = row.split_first()?;
        let (last, places) = rest.split_first_chunk()?;
        let place = |place: &[u8]| Some((*place.first()?, Place(*place.last_chunk()?)));
        Some((*tags, i32::from_be_bytes(*last), places.chunks_exact(ONE).filter_map(place)))
    }
}

/// A day as a number that sorts as days do; none lies behind all days.
fn day_of(date: Option<Date>) -> i32 {
    date.map_or(i32::MAX, |date| {
        (i32::from(date.year()) * 16 + i32::from(date.month())) * 32 + i32::from(date.day())
    })
}

/// What a row's key says.
enum Said {
    /// What record stands under, and since when.
    Posting(Subject, u64),
    /// Where an entry stands, and since when.
    Entry(Target, u64),
}

impl Said {
    fn read(key: &[u8]) -> Option<Self> {
        let mut parts = Parts(key.get(1..)?);
        let subject = parts.subject()?;
        let (kind, rest) = parts.0.split_first()?;
        let mut parts = Parts(rest);
        match *kind {
            POSTING => Some(Self::Posting(subject, parts.position()?)),
            ENTRY => Some(Self::Entry(Target { subject, number: parts.version()? }, parts.position()?)),
            _ => None,
        }
    }
}
