//! The samples are plausible events of the vocabulary, and the table of facts speaks of them; without a server.

use std::collections::BTreeMap;

use contract::Salt;
use domain::{Record, Subject, Vocabulary};
use jiff::Timestamp;
use system_tests::{AGENCY, Author, Proposal, Recording, holds, missing, sample};

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
    let author = Author { agency: AGENCY, party: "PK", actor: "officer", language: "en" };
    let (vocabulary, marking) = (Vocabulary::default(), "OFFICIAL".parse().expect("a marking"));
    let recorded = "2026-11-24T12:00:00Z".parse::<Timestamp>().expect("a time");
    let (mut records, mut refused) = (BTreeMap::<Subject, Recording>::new(), Vec::new());
    for (event, position) in sample::read(name).as_array().expect("a list of events").iter().zip(1..) {
        let text =
            |field: &str| event[field].as_str().unwrap_or_else(|| panic!("{name}: no {field}: {event}"));
        let subject = Subject::resolve(text("subject"), AGENCY).expect("a subject");
        let proposal = Proposal {
            id: text("id").to_owned(),
            kind: text("type").parse().expect("a type of the vocabulary"),
            author,
            marking: &marking,
            recorded,
            data: &event["data"],
            salts: [Salt([0; 16]); 2],
        };
        let recording = records.entry(subject).or_insert_with(|| Recording::new(subject));
        match recording.take(&proposal, position, &vocabulary) {
            Ok((_, anomalies)) if anomalies.is_empty() => {}
            other => refused.push(format!("{}: {other:#?}", proposal.id)),
        }
    }
    assert!(refused.is_empty(), "{name}:\n{}", refused.join("\n"));
    records.into_values().map(|recording| recording.record().clone()).collect()
}
