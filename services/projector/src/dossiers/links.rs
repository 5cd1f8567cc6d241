//! What records are to others, found from where it leads to. What a record was merged into is a link, and so is
//! a source that it cites.
//!
//! | table | key | value |
//! |---|---|---|
//! | `t` | record linked to, marking of the record linking, that record, relation | since which position |
//! | `T` | the same, since | until which position |
//! | `O` | record linking, key of one of its rows in `T` | |
//! | `n` | source, marking | how many records under it cite the source |
//!
//! Rows that ended stay for questions as of an earlier position. As everywhere, markings are today's.

use std::collections::BTreeSet;

use domain::value::CitedSource;
use domain::vocabulary::{CITATIONS, LINKS};
use domain::{Data, Event, Record, Subject};
use readmodel::{Overlay, Range, Rows};

use crate::key::{Key, Parts};
use crate::markings::Visible;

const OPEN: u8 = b't';
const CLOSED: u8 = b'T';
const CLOSED_OF: u8 = b'O';
const CITING: u8 = b'n';

/// The relation of what cites a source to it.
pub(super) const CITES: &str = "cites";

/// Links to one record under one marking beyond this many are not looked at.
const MOST: usize = 1_000;

/// Where a link leads to, and what it says.
pub(super) type Link = (Subject, String);

/// All of a record's links.
pub(super) fn of(record: &Record) -> BTreeSet<Link> {
    let links = record.links().map(|(rel, to, _)| (to, rel.to_string()));
    let cited = record.cites().map(|(source, _)| (source, CITES.to_owned()));
    let merged = record.merged_into().filter(|_| !record.is_disposed());
    links.chain(cited).chain(merged.map(|into| (into, "merged_into".to_owned()))).collect()
}

/// Those that one event tells of.
fn told(data: &Data) -> impl Iterator<Item = Link> + '_ {
    let links = data.list(&LINKS).iter().map(|link| (link.to, link.rel.to_string()));
    let cited = data.list(&CITATIONS).iter().filter_map(|citation| match citation.source {
        CitedSource::Record(source) => Some((source, CITES.to_owned())),
        CitedSource::FirstHand | CitedSource::Web(_) => None,
    });
    links.chain(cited)
}

/// Who links, under which marking, as of which event.
pub(super) struct Linking {
    pub(super) from: Subject,
    pub(super) marking: u32,
    pub(super) position: u64,
}

impl Linking {
    /// Adds what an event tells that takes nothing back.
    pub(super) fn add(&self, event: &Event, rows: &mut Overlay<'_>) {
        for link in told(&event.data) {
            if rows.get(self.open(&link).as_ref()).is_none() {
                self.begin(&link, self.position, rows);
            }
        }
    }

    /// Goes from the links that there were, under the marking that was, to those that there are.
    pub(super) fn change(
        &self,
        (marking, before): (u32, &BTreeSet<Link>),
        record: &Record,
        rows: &mut Overlay<'_>,
    ) {
        let stood = Self { marking, ..*self };
        let after = of(record);
        for link in before {
            let stays = after.contains(link);
            if stays && marking == self.marking {
                continue;
            }
            let Some(since) = stood.end(link, rows) else { continue };
            if stays {
                self.begin(link, since, rows);
            } else if since < self.position {
                let key = self.key(CLOSED, link).position(since);
                rows.mark(Key::table(CLOSED_OF).subject(&self.from).bytes(key.as_ref()));
                rows.put(key, self.position.to_be_bytes()).expect("a number fits");
            }
        }
        after.difference(before).for_each(|link| self.begin(link, self.position, rows));
        if marking != self.marking || record.is_disposed() {
            self.move_closed(record.is_disposed(), rows);
        }
    }

    /// Moves the links that ended under the marking; those of a record that was disposed of go.
    fn move_closed(&self, goes: bool, rows: &mut Overlay<'_>) {
        /// A letter and a subject.
        const BEFORE_MARKING: usize = 1 + 17;
        let list = Key::table(CLOSED_OF).subject(&self.from);
        let listed = rows.scan_prefix(list.as_ref()).map(|(key, _)| key.to_vec()).collect::<Vec<_>>();
        for entry in listed {
            let key = entry[list.as_ref().len()..].to_vec();
            let row = rows.get(&key);
            rows.remove(key.clone());
            rows.remove(entry);
            if let Some(row) = row.filter(|_| !goes) {
                let (to, from) = (&key[..BEFORE_MARKING], &key[BEFORE_MARKING + 4..]);
                let key = [to, &self.marking.to_be_bytes(), from].concat();
                rows.mark(list.clone().bytes(&key));
                rows.put(key, row).expect("it fitted before");
            }
        }
    }

    fn begin(&self, link: &Link, since: u64, rows: &mut Overlay<'_>) {
        rows.put(self.open(link), since.to_be_bytes()).expect("a number fits");
        self.count(link, 1, rows);
    }

    /// Since when the link was there, if it was.
    fn end(&self, link: &Link, rows: &mut Overlay<'_>) -> Option<u64> {
        let key = self.open(link);
        let since = Parts(&rows.get(key.as_ref())?).position();
        rows.remove(key);
        self.count(link, -1, rows);
        since
    }

    fn count(&self, (to, rel): &Link, change: i32, rows: &mut Overlay<'_>) {
        if rel != CITES {
            return;
        }
        let key = Key::table(CITING).subject(to).version(self.marking);
        let count = rows.get(key.as_ref()).and_then(|row| Parts(&row).version()).unwrap_or(0);
        match count.saturating_add_signed(change) {
            0 => rows.remove(key),
            count => rows.put(key, count.to_be_bytes()).expect("a number fits"),
        }
    }

    fn open(&self, link: &Link) -> Key {
        self.key(OPEN, link)
    }

    fn key(&self, table: u8, (to, rel): &Link) -> Key {
        Key::table(table).subject(to).version(self.marking).subject(&self.from).text(rel)
    }
}

/// Who links to a record and how, as far as the reader may see it: now, or as of a position.
pub(super) fn to(
    to: &Subject,
    at: Option<u64>,
    visible: &Visible<'_>,
    rows: &impl Rows,
) -> BTreeSet<(Subject, String)> {
    let tables = [(OPEN, false), (CLOSED, true)].into_iter().filter(|(_, closed)| at.is_some() || !closed);
    let mut found = BTreeSet::new();
    for (table, closed) in tables {
        let prefix = Key::table(table).subject(to);
        for marking in markings(&prefix, rows).into_iter().filter(|marking| visible.has(*marking)) {
            let prefix = prefix.clone().version(marking);
            let rows = rows.scan_prefix(prefix.as_ref());
            let links = rows.filter_map(|(key, value)| {
                let mut parts = Parts(key.get(prefix.as_ref().len()..)?);
                let from = parts.subject()?;
                let (rel, mut since) = parts.text()?;
                let value = Parts(&value).position()?;
                let stands = match at {
                    None => true,
                    Some(at) if closed => since.position()? <= at && at < value,
                    Some(at) => value <= at,
                };
                stands.then_some((from, rel))
            });
            found.extend(links.take(MOST));
        }
    }
    found
}

/// The markings of what links to a record, each found by a step.
fn markings(prefix: &Key, rows: &impl Rows) -> Vec<u32> {
    let (mut found, mut range) = (vec![], Range::prefix(prefix.as_ref()));
    while let Some((key, _)) = rows.scan(&range, readmodel::Direction::Ascending).next() {
        let Some(marking) = key.get(prefix.as_ref().len()..).and_then(|rest| Parts(rest).version()) else {
            break;
        };
        found.push(marking);
        let Some(next) = marking.checked_add(1) else { break };
        range.start = prefix.clone().version(next).into();
    }
    found
}

/// How many records that the reader may see cite a source.
pub(super) fn citing(source: &Subject, visible: &Visible<'_>, rows: &impl Rows) -> u64 {
    let prefix = Key::table(CITING).subject(source);
    let counts = rows.scan_prefix(prefix.as_ref()).filter_map(|(key, count)| {
        let marking = Parts(key.get(prefix.as_ref().len()..)?).version()?;
        visible.has(marking).then(|| Parts(&count).version())?
    });
    counts.map(u64::from).sum()
}
