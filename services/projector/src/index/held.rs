//! The index in memory: a shard for each marking.

use std::collections::{BTreeMap, HashMap};

use domain::Subject;
use readmodel::Memory;
use smallvec::SmallVec;

use super::shard::{Row, Shard};
use super::{Entry, Index, Posting, Said};

/// Where everything stands and stood, as its rows say.
pub(crate) struct Held {
    tables: [u8; 1],
    pub(super) shards: BTreeMap<u32, Shard>,
    records: HashMap<Subject, Home>,
}

/// Where a record is: in which shard, under which number.
#[derive(Clone, Copy)]
struct Home {
    marking: u32,
    record: u32,
}

impl Held {
    pub(crate) fn of(index: Index) -> Box<dyn Memory> {
        Box::new(Self { tables: [index.rows], shards: BTreeMap::new(), records: HashMap::new() })
    }

    fn post(&mut self, subject: Subject, since: u64, row: &[u8]) {
        let Some((marking, facets)) = Posting::read(row) else { return };
        let mut home = self.home(subject, marking);
        // The latest tells the marking, and it comes last.
        if home.marking != marking
            && self.shard(home.marking).latest(home.record).is_none_or(|last| last <= since)
        {
            home = self.moved(subject, home, marking);
        }
        self.shard(home.marking).stand(home.record, since, facets);
    }

    fn home(&mut self, subject: Subject, marking: u32) -> Home {
        if let Some(home) = self.records.get(&subject) {
            return *home;
        }
        let home = Home { marking, record: self.shard(marking).begin(subject) };
        self.records.insert(subject, home);
        home
    }

    fn moved(&mut self, subject: Subject, from: Home, marking: u32) -> Home {
        let mut shard = self.shards.remove(&from.marking).expect("a record is where it is");
        let home = Home { marking, record: shard.move_to(from.record, self.shard(marking)) };
        if !shard.is_empty() {
            self.shards.insert(from.marking, shard);
        }
        self.records.insert(subject, home);
        home
    }

    fn shard(&mut self, marking: u32) -> &mut Shard {
        self.shards.entry(marking).or_default()
    }

    /// Takes away something of a record, and the record with the last.
    fn take_away(&mut self, subject: Subject, of: impl FnOnce(&mut Shard, u32)) {
        let Some(Home { marking, record }) = self.records.get(&subject).copied() else { return };
        let shard = self.shard(marking);
        of(shard, record);
        if shard.is_nothing(record) {
            shard.end_record(record);
            if shard.is_empty() {
                self.shards.remove(&marking);
            }
            self.records.remove(&subject);
        }
    }
}

impl Memory for Held {
    fn tables(&self) -> &[u8] {
        &self.tables
    }

    fn take(&mut self, key: &[u8], value: Option<&[u8]>) {
        match (Said::read(key), value) {
            (Some(Said::Posting(subject, since)), Some(row)) => self.post(subject, since, row),
            (Some(Said::Posting(subject, since)), None) => {
                self.take_away(subject, |shard, record| shard.leave(record, since));
            }
            (Some(Said::Entry(target, since)), Some(row)) => {
                let Some((tags, last, places)) = Entry::read(row) else { return };
                let (number, places) = (target.number, places.collect::<SmallVec<_>>());
                // What an entry is of has been posted: those rows come first.
                let Some(home) = self.records.get(&target.subject).copied() else { return };
                self.shard(home.marking).place(home.record, Row { number, since, tags, last, places });
            }
            (Some(Said::Entry(target, since)), None) => {
                self.take_away(target.subject, |shard, record| shard.displace(record, target.number, since));
            }
            (None, _) => {}
        }
    }
}
