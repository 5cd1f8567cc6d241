//! What a registrar knows of one record: enough to decide about its next event.

use std::collections::HashMap;

use contract::Salt;
use domain::{Event, Record, Subject};
use eventlog::Entry;
use jiff::Timestamp;
use sealing::Seal;
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
    /// It has said something that was sealed, something in plain, something that cannot be opened.
    is_sealed: bool,
    has_plain: bool,
    is_closed: bool,
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
            is_sealed: false,
            has_plain: false,
            is_closed: false,
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
        let Some(sealing::Read { recorded, seal }) = sealing::read(entry.envelope()) else {
            self.pass(entry);
            return Ok(());
        };
        let event = recorded.event(entry.version, entry.position);
        let is_closed = seal == Seal::Closed;
        self.is_sealed |= seal != Seal::None;
        self.is_closed |= is_closed;
        self.take(event, (!is_closed).then_some(recorded.proposalhash), entry.payload.len());
        Ok(())
    }

    /// Counts what cannot be read, and stops at nothing: it is in the log for ever.
    fn pass(&mut self, entry: &Entry) {
        let Entry { position, subject, .. } = entry;
        tracing::warn!(position, %subject, "an event cannot be read; its record goes on without it");
        self.unread += 1;
        self.last = *position;
    }

    /// Takes an event that the log has acknowledged. Of one that cannot be opened nobody knows what was proposed.
    pub(crate) fn take(&mut self, event: Event, fingerprint: Option<Salt>, bytes: usize) {
        self.has_plain |=
            !self.is_sealed && !event.kind.known().is_some_and(|kind| kind.event().is_custody());
        self.last = event.position;
        self.recorded = self.recorded.max(event.recorded);
        self.bytes += bytes;
        if let Some(fingerprint) = fingerprint {
            let key = Key { fingerprint, position: event.position, version: event.version };
            // A uid stands once; were it there twice, the first would be the event.
            self.keys.entry(event.uid).or_insert(key);
        }
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

    /// From now on, what it says is sealed.
    pub(crate) fn seal(&mut self) {
        self.is_sealed = true;
    }

    /// Whether what it says is sealed.
    pub(crate) fn is_sealed(&self) -> bool {
        self.is_sealed
    }

    /// Whether it has said something in plain.
    pub(crate) fn has_plain(&self) -> bool {
        self.has_plain
    }

    /// Whether something that it says cannot be known though it was not disposed of: nothing can be decided.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.is_closed && !self.record.is_disposed()
    }

    /// Whether its content is to be forgotten, and is in memory still.
    pub(crate) fn must_be_forgotten(&self) -> bool {
        self.is_sealed && !self.is_closed && self.record.is_disposed()
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
