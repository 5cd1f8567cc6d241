//! The samples are plausible events of the vocabulary, and the table of facts speaks of them; without a server.

use domain::Record;
use system_tests::{OFFICER, Past, holds, missing, sample};

use crate::facts::{self, Fact};

const SAMPLES: [&str; 9] = [
    "report-a",
    "report-b",
    "stories/per-party-consents",
    "stories/postponed-dialogue",
    "stories/retracted-readout",
    "stories/six-party-summit",
    "stories/trade-flow",
    "stories/two-readouts",
    "stories/urdu-and-french",
];

#[test]
fn every_sample_is_admitted_without_an_anomaly() {
    for name in SAMPLES {
        assert!(!fold(name).is_empty(), "{name}");
    }
}

#[test]
fn every_fact_shows_in_one_of_its_collection() {
    let records = ["report-a", "report-b"].into_iter().flat_map(fold).collect::<Vec<_>>();
    let mut missed = Vec::new();
    for Fact { row, collection, shows, .. } in facts::table() {
        let mut candidates =
            records.iter().filter(|record| record.subject().aggregate.collection() == collection);
        let mut short = Vec::new();
        let found = candidates.any(|record| {
            let view = record.view();
            short.push(format!("{:?} in {view:#}", missing(&view, &shows)));
            holds(&view, &shows)
        });
        if !found {
            missed.push(format!("{row}: {shows}\n{}", short.join("\n")));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// The records of a sample, folded as a registrar would.
fn fold(name: &str) -> Vec<Record> {
    let mut past = Past::default();
    let taken = past.take(OFFICER, "2026-11-24T12:00:00Z", &sample::read(name));
    let doubts = taken.iter().filter(|(_, anomalies)| !anomalies.is_empty()).collect::<Vec<_>>();
    assert!(doubts.is_empty(), "{name}:\n{doubts:#?}");
    past.records().cloned().collect()
}
