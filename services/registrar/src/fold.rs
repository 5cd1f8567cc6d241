//! What a registrar knows of one record: enough to decide about its next event.

use std::collections::HashMap;

use contract::{Recorded, Salt};
use domain::{Event, Record, Subject};
use eventlog::Entry;
use jiff::Timestamp;
use uuid::Uuid;

/// About how many bytes of memory a record takes of which nothing is known.
pub(crate) const EMPTY: u64 = 1024;

/// A record's fold and the keys of its events, as far as the log is known. It may lag behind the log: what is
/// decided from it is guarded by an append's condition or confirmed with the log's leader.
#[derive(Clone)]
pub(crate) struct Fold {
    record: Record,
    /// How many of its events cannot be read: each has a version, and nothing else is known of it.
    unread: u32,
    keys: HashMap<Uuid, Key>,
    last: u64,
    recorded: Timestamp,
    bytes: usize,
}

/// Where an event stands, and what was proposed under its source and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// The hash of the proposal.
    pub(crate) fingerprint: Salt,
    /// In the log.
    pub(crate) position: u64,
    /// In the record.
    pub(crate) version: u32,
}

/// An entry does not follow what is known of its record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutOfStep {
    /// Events in between are missing.
    #[error("version {found} of {subject} does not follow version {known}")]
    Gap { subject: Subject, known: u32, found: u32 },
}

impl Fold {
    /// A record without events.
    pub(crate) fn new(subject: Subject) -> Self {
        Self {
            record: Record::new(subject),
            unread: 0,
            keys: HashMap::new(),
            last: 0,
            recorded: Timestamp::MIN,
            bytes: 0,
        }
    }

    /// All that the log has of a record.
    pub(crate) fn of(subject: Subject, entries: &[Entry]) -> Result<Self, OutOfStep> {
        let mut fold = Self::new(subject);
        entries.iter().try_for_each(|entry| fold.read(entry))?;
        Ok(fold)
    }

    /// Takes what was read from the log after the last event: one that says no version is the next.
    pub(crate) fn read(&mut self, entry: &Entry) -> Result<(), OutOfStep> {
        if entry.version == 0 && entry.position > self.last {
            self.pass(entry);
            return Ok(());
        }
        self.follow(entry)
    }

    /// Takes what the log says next of this record; what is known already is passed over. One that says no
    /// version does not follow: others may be missing before it.
    pub(crate) fn follow(&mut self, entry: &Entry) -> Result<(), OutOfStep> {
        if entry.position <= self.last {
            return Ok(());
        }
        let known = self.version();
        if entry.version != known + 1 {
            return Err(OutOfStep::Gap { subject: entry.subject, known, found: entry.version });
        }
        let Ok(recorded) = Recorded::parse(&entry.payload) else {
            self.pass(entry);
            return Ok(());
        };
        let event = recorded.event(entry.version, entry.position);
        self.take(event, recorded.proposalhash, entry.payload.len());
        Ok(())
    }

    /// Counts what cannot be read, and stops at nothing: it is in the log for ever.
    fn pass(&mut self, entry: &Entry) {
        let Entry { position, subject, .. } = entry;
        tracing::warn!(position, %subject, "an event cannot be read; its record goes on without it");
        self.unread += 1;
        self.last = *position;
    }

    /// Takes an event that the log has acknowledged.
    pub(crate) fn take(&mut self, event: Event, fingerprint: Salt, bytes: usize) {
        self.last = event.position;
        self.recorded = self.recorded.max(event.recorded);
        self.bytes += bytes;
        let key = Key { fingerprint, position: event.position, version: event.version };
        // A uid stands once; were it there twice, the first would be the event.
        self.keys.entry(event.uid).or_insert(key);
        self.record.apply(event);
    }

    /// The folded record.
    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    /// How many events the record has, with those that cannot be read.
    pub(crate) fn version(&self) -> u32 {
        self.record.version() + self.unread
    }

    /// How many of them cannot be read.
    pub(crate) fn unread(&self) -> u32 {
        self.unread
    }

    /// What is known of an event.
    pub(crate) fn key(&self, uid: &Uuid) -> Option<Key> {
        self.keys.get(uid).copied()
    }

    /// The log position of its last event; 0 when it has none.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// When its last event was recorded.
    pub(crate) fn recorded(&self) -> Timestamp {
        self.recorded
    }

    /// About how many bytes of memory it takes: text turned into values takes some four times its size.
    pub(crate) fn weight(&self) -> u64 {
        const KEY: usize = 64;
        EMPTY + (self.keys.len() * KEY + self.bytes * 4) as u64
    }
}
