//! What was counted is not counted again: a segment never changes but for documents that leave it.
//!
//! Who counts the same again, as whoever keeps an eye on a register does, is told of what has changed since: new
//! segments are counted, and of those that lost documents these are taken off. If nothing has changed, it is known.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tantivy::SegmentReader;
use tantivy::fastfield::AliveBitSet;
use tantivy::index::SegmentId;

use super::counting::{Counts, Question};

/// Groups that are kept of all questions together: about 64 MiB.
const GROUPS_AT_HAND: u64 = 300_000;

/// Questions that are kept.
const QUESTIONS_AT_HAND: usize = 256;

/// What was counted, by what was asked.
pub(super) struct Tallied(Cache<Question, Arc<Tally>, OfGroups>);

/// What was counted for one question.
pub(super) struct Tally {
    pub(super) segments: Vec<OfSegment>,
    pub(super) all: Arc<Counts>,
}

/// What was counted in one segment.
#[derive(Clone)]
pub(super) struct OfSegment {
    id: SegmentId,
    /// The documents that were counted; none: all of it.
    alive: Option<AliveBitSet>,
    documents: u32,
    pub(super) counts: Arc<Counts>,
}

#[derive(Clone)]
struct OfGroups;

impl Weighter<Question, Arc<Tally>> for OfGroups {
    fn weight(&self, _: &Question, tally: &Arc<Tally>) -> u64 {
        let of_segments = tally.segments.iter().map(|segment| segment.counts.size());
        1 + tally.all.size() + of_segments.sum::<u64>()
    }
}

impl Default for Tallied {
    fn default() -> Self {
        Self(Cache::with_weighter(QUESTIONS_AT_HAND, GROUPS_AT_HAND, OfGroups))
    }
}

impl Tallied {
    pub(super) fn of(&self, question: &Question) -> Option<Arc<Tally>> {
        self.0.get(question)
    }

    pub(super) fn keep(&self, question: Question, tally: Arc<Tally>) {
        self.0.insert(question, tally);
    }
}

impl Tally {
    /// Whether it is of these segments as they are.
    pub(super) fn is_of(&self, segments: &[SegmentReader]) -> bool {
        self.segments.len() == segments.len()
            && self.segments.iter().zip(segments).all(|(counted, segment)| counted.is_of(segment))
    }

    /// What was counted in a segment when it had at least the documents that it has.
    pub(super) fn in_segment(&self, segment: &SegmentReader) -> Option<&OfSegment> {
        let same = self.segments.iter().find(|counted| counted.id == segment.segment_id());
        same.filter(|counted| counted.documents >= segment.num_docs())
    }
}

impl OfSegment {
    pub(super) fn new(segment: &SegmentReader, counts: Counts) -> Self {
        Self {
            id: segment.segment_id(),
            alive: segment.alive_bitset().cloned(),
            documents: segment.num_docs(),
            counts: Arc::new(counts),
        }
    }

    /// Documents only ever leave a segment: as many are the same.
    pub(super) fn is_of(&self, segment: &SegmentReader) -> bool {
        self.id == segment.segment_id() && self.documents == segment.num_docs()
    }

    pub(super) fn has_counted(&self, document: u32) -> bool {
        self.alive.as_ref().is_none_or(|alive| alive.is_alive(document))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use contract::By;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::search::columns::Admitted;
    use crate::search::index::{Changed, Changes, Snapshot, Writer};
    use crate::search::texts::Texts;

    /// A record as it is counted.
    #[derive(Clone, Debug)]
    struct Made {
        marking: u32,
        parties: Vec<&'static str>,
        status: &'static str,
        topic: Option<&'static str>,
        day: Option<&'static str>,
    }

    fn made() -> impl Strategy<Value = Made> {
        let parties = prop::sample::subsequence(vec!["CA", "PK", "US"], 0..=3);
        let status = prop::sample::select(vec!["open", "fulfilled", "withdrawn"]);
        let topic = prop::option::of(prop::sample::select(vec!["trade", "trade.agriculture", "energy"]));
        let day = prop::option::of(prop::sample::select(vec!["2025-04-01", "2025-04-30", "2025-06-15"]));
        (0..2_u32, parties, status, topic, day).prop_map(|(marking, parties, status, topic, day)| Made {
            marking,
            parties,
            status,
            topic,
            day,
        })
    }

    fn changed(first: u64, Made { marking, parties, status, topic, day }: &Made) -> Changed {
        let id = uuid::Uuid::from_u128(first.into());
        let head = json!({"marking": marking, "first": first, "countries": [], "summary": {
            "subject": format!("commitment/{id}"), "id": id, "aggregate": "commitment", "title": "",
            "status": status, "strength": "agreed", "parties": parties, "names": parties,
            "topics": topic.iter().collect::<Vec<_>>(), "earliest": day, "latest": day, "version": 1,
            "marking": "OFFICIAL"}});
        let head = serde_json::from_value(head).unwrap();
        Changed { head, texts: Texts::default(), position: first }
    }

    /// As if nothing had been counted before.
    fn anew(question: &Question, index: &Snapshot) -> Counts {
        let mut index = index.clone();
        index.tallied = Arc::default();
        Counts::clone(&question.count(&index).unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_is_known_already_and_what_has_changed_are_what_is_counted_anew(
            rounds in prop::collection::vec(prop::collection::vec((1..30_u64, made()), 0..12), 1..6),
        ) {
            let question = Question {
                sought: crate::search::parse::Sought::default(),
                facets: crate::search::matching::Facets::default(),
                admitted: Admitted { markings: vec![true, false], from: None, to: None },
                by: vec![By::Month, By::Party, By::Topic, By::Status, By::Strength],
                today: None,
            };
            let folder = tempfile::tempdir().unwrap();
            let mut writer = Writer::open(folder.path(), "memory").unwrap();
            let (mut snapshots, mut records) = (vec![], BTreeMap::new());
            for round in rounds {
                let changes = round.iter().map(|(first, made)| changed(*first, made)).collect();
                writer.take(&Changes { records: changes, seen: 0, complete: Some(0) }).unwrap();
                writer.commit().unwrap();
                records.extend(round);
                let snapshot = writer.snapshot().unwrap();
                let counts = question.count(&snapshot).unwrap();
                let there = records.values().filter(|made| made.marking == 0).count() as u64;
                prop_assert_eq!(counts.total, there);
                prop_assert_eq!(&*counts, &anew(&question, &snapshot));
                prop_assert!(Arc::ptr_eq(&counts, &question.count(&snapshot).unwrap()), "it is known");
                snapshots.push(snapshot);
            }
            // Somebody may still be answered from an earlier commit.
            for snapshot in snapshots {
                prop_assert_eq!(&*question.count(&snapshot).unwrap(), &anew(&question, &snapshot));
            }
        }
    }
}
