//! The folds that are kept in memory: bounded in size, one submission at a time to each, fresh by the tail.
//!
//! A [`Slot`] is a record's place. Whoever decides about the record holds the slot, so that submissions to one
//! record wait for each other here and not in conflicts. The tail never waits: it leaves what it hears in the
//! slot, and the holder takes it from there. Should a slot be evicted while it is held, a second one for the
//! same record may come to be; the append's condition still admits only one of both.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Subject;
use eventlog::Entry;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::sync::{Mutex as Lock, OwnedMutexGuard};

use crate::fold::{EMPTY, Fold, OutOfStep};

/// What an average fold is taken to weigh, to size the cache's tables.
const AVERAGE_WEIGHT: u64 = 8 * 1024;

/// Every fold in memory.
pub(crate) struct Folds {
    slots: Cache<Subject, Kept, ByWeight>,
}

/// A slot with the weight that the cache counts it by: it must not change while it is there.
#[derive(Clone)]
struct Kept {
    slot: Arc<Slot>,
    weight: u64,
}

#[derive(Clone)]
struct ByWeight;

impl Weighter<Subject, Kept> for ByWeight {
    fn weight(&self, _: &Subject, kept: &Kept) -> u64 {
        kept.weight
    }
}

/// A record's place.
#[derive(Default)]
struct Slot {
    fold: Arc<Lock<Option<Fold>>>,
    heard: Mutex<Vec<Entry>>,
}

impl Folds {
    /// Keeps folds of about so many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        let items = usize::try_from(bytes / AVERAGE_WEIGHT).unwrap_or(usize::MAX).max(16);
        Self { slots: Cache::with_weighter(items, bytes, ByWeight) }
    }

    /// Waits until it holds every one of these records. The order is always the same, so that no two
    /// submissions wait for each other.
    pub(crate) async fn hold(&self, subjects: BTreeSet<Subject>) -> Vec<Held> {
        let mut held = Vec::with_capacity(subjects.len());
        for subject in subjects {
            let slot = self.slot(subject);
            let fold = Arc::clone(&slot.fold).lock_owned().await;
            let mut one = Held { subject, slot, fold, known: 0, suspect: false };
            one.catch_up();
            held.push(one);
        }
        held
    }

    /// Whether anything of the record is in memory.
    pub(crate) fn has(&self, subject: &Subject) -> bool {
        self.slots.peek(subject).is_some()
    }

    /// Takes note of what the log says of a record; of those that are not in memory nothing is kept.
    pub(crate) fn hear(&self, entry: Entry) {
        let Some(Kept { slot, .. }) = self.slots.peek(&entry.subject) else { return };
        slot.heard().push(entry);
        // Held: the holder takes it.
        if let Ok(mut fold) = slot.fold.try_lock() {
            slot.catch_up(&mut fold);
        }
    }

    /// Counts a fold by its present weight, after it was read or has grown.
    pub(crate) fn weigh(&self, held: &Held) {
        let weight = held.fold.as_ref().map_or(EMPTY, Fold::weight);
        self.slots.insert(held.subject, Kept { slot: Arc::clone(&held.slot), weight });
    }

    fn slot(&self, subject: Subject) -> Arc<Slot> {
        let new = || Ok::<_, std::convert::Infallible>(Kept { slot: Arc::default(), weight: EMPTY });
        match self.slots.get_or_insert_with(&subject, new) {
            Ok(kept) => kept.slot,
            Err(never) => match never {},
        }
    }
}

impl Slot {
    fn heard(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What does not follow empties the slot: the log is read again.
    fn catch_up(&self, fold: &mut Option<Fold>) {
        for entry in std::mem::take(&mut *self.heard()) {
            let Some(known) = fold else { return };
            if let Err(reason) = known.follow(&entry) {
                tracing::debug!(subject = %entry.subject, %reason, "a fold is dropped");
                *fold = None;
            }
            forget_destroyed(fold);
        }
    }
}

/// Of a sealed record that was disposed of nothing stays in memory; the log tells what is left.
fn forget_destroyed(fold: &mut Option<Fold>) {
    if fold.as_ref().is_some_and(Fold::must_be_forgotten) {
        *fold = None;
    }
}

/// A record that nobody else in this process decides about meanwhile.
pub(crate) struct Held {
    /// Which.
    pub(crate) subject: Subject,
    slot: Arc<Slot>,
    fold: OwnedMutexGuard<Option<Fold>>,
    /// The log is known to have an event at this position.
    known: u64,
    /// The log may have more than the fold.
    suspect: bool,
}

impl Held {
    /// Its fold, if it is in memory.
    pub(crate) fn fold(&self) -> Option<&Fold> {
        self.fold.as_ref()
    }

    /// Its fold, to take what the log acknowledged.
    pub(crate) fn fold_mut(&mut self) -> Option<&mut Fold> {
        self.fold.as_mut()
    }

    /// Whether there is a fold that nothing speaks against.
    pub(crate) fn is_fresh(&self) -> bool {
        !self.suspect && self.fold().is_some_and(|fold| fold.last() >= self.known)
    }

    /// Forgets its content if it was disposed of.
    pub(crate) fn forget_destroyed(&mut self) {
        forget_destroyed(&mut self.fold);
    }

    /// Takes the record to have no events yet.
    pub(crate) fn begin(&mut self) {
        *self.fold = Some(Fold::new(self.subject));
    }

    /// Takes what was read from the log after the fold's last event, and what was heard meanwhile.
    pub(crate) fn read(&mut self, entries: &[Entry]) -> Result<(), OutOfStep> {
        let mut fold = self.fold.take().unwrap_or_else(|| Fold::new(self.subject));
        entries.iter().try_for_each(|entry| fold.read(entry))?;
        *self.fold = Some(fold);
        self.suspect = false;
        self.catch_up();
        Ok(())
    }

    /// The record's last event stands at `position`. Says whether the fold knew it: a decision from one that
    /// learns it only now does not count.
    pub(crate) fn must_reach(&mut self, position: u64) -> bool {
        let knew = self.is_fresh() && self.fold().map(Fold::last) == Some(position);
        self.catch_up();
        if self.fold().is_some_and(|fold| fold.last() > position) {
            // It knows what the log did not have.
            *self.fold = None;
        }
        self.known = position;
        knew
    }

    /// The log may have more than the fold.
    pub(crate) fn suspect(&mut self) {
        self.suspect = true;
    }

    /// Takes what was heard meanwhile.
    pub(crate) fn catch_up(&mut self) {
        self.slot.catch_up(&mut self.fold);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use contract::{Facets, Recorded};
    use domain::Aggregate;
    use jiff::Timestamp;
    use serde_json::json;
    use tokio::time::timeout;

    use super::*;

    fn subject(key: &str) -> Subject {
        Subject::of_key("urn:agency:pk", Aggregate::Engagement, key)
    }

    fn entry(subject: Subject, version: u32, position: u64) -> Entry {
        let zeros = "0".repeat(32);
        let envelope = json!({
            "specversion": "1.0", "id": position.to_string(), "source": "urn:agency:pk",
            "type": "chancery.engagement.held.v1", "subject": subject, "time": Timestamp::UNIX_EPOCH,
            "datacontenttype": "application/json", "recordedtime": Timestamp::UNIX_EPOCH,
            "agency": "urn:agency:pk", "actor": "officer", "marking": "OFFICIAL", "datasalt": zeros,
            "proposalhash": zeros, "data": {"kind": "call"},
        });
        let payload = envelope.to_string();
        assert!(Recorded::parse(payload.as_bytes()).is_ok());
        Entry {
            position,
            subject,
            version,
            kind: "chancery.engagement.held.v1".into(),
            facets: Facets::default(),
            payload: payload.into(),
            opened: None,
            stored: Timestamp::UNIX_EPOCH,
        }
    }

    async fn hold(folds: &Folds, key: &str) -> Held {
        folds.hold([subject(key)].into()).await.remove(0)
    }

    #[tokio::test]
    async fn what_is_heard_is_known_whether_held_or_not() {
        let folds = Folds::new(1 << 20);
        let mut held = hold(&folds, "a").await;
        held.begin();
        folds.hear(entry(subject("a"), 1, 7));
        // What was decided before it was heard was decided from too little.
        assert!(!held.must_reach(7));
        assert!(held.is_fresh() && held.must_reach(7));
        drop(held);
        folds.hear(entry(subject("a"), 2, 9));
        let mut held = hold(&folds, "a").await;
        assert_eq!(held.fold().map(Fold::last), Some(9));
        // Its own event comes again by the tail.
        folds.hear(entry(subject("a"), 2, 9));
        assert!(held.must_reach(9));
    }

    #[tokio::test]
    async fn what_does_not_follow_drops_the_fold() {
        let folds = Folds::new(1 << 20);
        hold(&folds, "a").await.begin();
        folds.hear(entry(subject("a"), 2, 9));
        let mut held = hold(&folds, "a").await;
        assert!(held.fold().is_none() && !held.is_fresh());
        held.read(&[entry(subject("a"), 1, 8), entry(subject("a"), 2, 9)]).unwrap();
        assert!(held.must_reach(9));
        assert!(!held.must_reach(12) && held.fold().is_some());
        held.read(&[entry(subject("a"), 3, 12)]).unwrap();
        assert!(held.is_fresh());
        assert!(!held.must_reach(11) && held.fold().is_none());
    }

    #[tokio::test]
    async fn one_at_a_time_decides_about_a_record() {
        let folds = Folds::new(1 << 20);
        let held = hold(&folds, "a").await;
        let both = folds.hold([subject("a"), subject("b")].into());
        assert!(timeout(Duration::from_millis(20), both).await.is_err());
        drop(held);
        assert_eq!(folds.hold([subject("a"), subject("b")].into()).await.len(), 2);
    }

    #[tokio::test]
    async fn memory_is_bounded_whatever_is_asked_for() {
        let folds = Folds::new(64 * EMPTY);
        for key in 0..1_000 {
            hold(&folds, &key.to_string()).await.begin();
        }
        assert!(folds.slots.len() <= 64);
        let mut held = hold(&folds, "a").await;
        held.begin();
        folds.hear(entry(subject("a"), 1, 1));
        held.catch_up();
        folds.weigh(&held);
        assert!(folds.slots.weight() <= 64 * EMPTY);
    }
}
