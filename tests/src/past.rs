//! Recording as if at a time gone by: past the registrar, whose clock is today's.

use std::collections::BTreeMap;

use contract::Salt;
use domain::{Anomaly, Marking, Record, Subject, Vocabulary};
use eventlog::{Append, Batch, EventLog};
use jiff::Timestamp;
use serde_json::Value;

use crate::recording::{Author, Proposal, Recording};

/// Records as they grow, in a log that has nothing else.
#[derive(Default)]
pub struct Past {
    records: BTreeMap<Subject, Recording>,
    vocabulary: Vocabulary,
    position: u64,
}

impl Past {
    /// Takes a submission: a list of events, each with `id`, `type`, `subject` and, where it begins a record that is
    /// not open to all, `marking`. Gives what is to be appended, with what the rules find implausible.
    ///
    /// # Panics
    /// When an event is refused.
    pub fn take(&mut self, author: Author, at: &str, events: &Value) -> Vec<(Append, Vec<Anomaly>)> {
        let recorded = at.parse::<Timestamp>().expect("a time");
        let events = events.as_array().expect("a list of events").iter();
        events.map(|event| self.one(author, recorded, event)).collect()
    }

    fn one(&mut self, author: Author, recorded: Timestamp, event: &Value) -> (Append, Vec<Anomaly>) {
        let text = |field: &str| event[field].as_str().unwrap_or_else(|| panic!("no {field}: {event}"));
        let subject = Subject::resolve(text("subject"), author.agency).expect("a subject");
        let marking = event["marking"].as_str().unwrap_or("OFFICIAL").parse::<Marking>();
        self.position += 1;
        let proposal = Proposal {
            id: text("id").to_owned(),
            kind: text("type").parse().expect("a type of the vocabulary"),
            author,
            marking: &marking.expect("a marking"),
            recorded,
            data: &event["data"],
            // No two envelopes are the same.
            salts: [Salt(u128::from(self.position).to_be_bytes()); 2],
        };
        let recording = self.records.entry(subject).or_insert_with(|| Recording::new(subject));
        let taken = recording.take(&proposal, self.position, &self.vocabulary);
        taken.unwrap_or_else(|issues| panic!("{} is refused: {issues:#?}", proposal.id))
    }

    /// The same, appended; gives the position of the last event.
    ///
    /// # Panics
    /// When the log does not take it.
    pub async fn record(&mut self, log: &EventLog, author: Author, at: &str, events: &Value) -> u64 {
        let taken = self.take(author, at, events).into_iter().map(|(append, _)| append);
        let batch = Batch::new(taken.collect()).expect("the log could take it");
        log.append(batch).await.expect("nobody else records").last
    }

    /// The records.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.values().map(Recording::record)
    }
}
