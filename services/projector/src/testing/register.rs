//! A log under construction, for tests here and against a real server.

use std::collections::{BTreeSet, HashMap};

use contract::{Facets, Principal, Recorded, Role, Salt};
use domain::read::Context;
use domain::{Aggregate, EventKind, Subject, Vocabulary};
use jiff::Timestamp;
use readmodel::Entry;
use serde_json::Value;
use uuid::Uuid;

pub(crate) const AGENCY: &str = "urn:agency:pk";

/// A log under construction.
#[derive(Clone, Default)]
pub(crate) struct Register {
    pub(crate) entries: Vec<Entry>,
    versions: HashMap<Subject, u32>,
}

impl Register {
    /// Records an event of [`AGENCY`] and gives its uid.
    pub(crate) fn record(&mut self, kind: &str, subject: Subject, marking: &str, data: &Value) -> Uuid {
        let kind = kind.parse::<EventKind>().unwrap();
        let position = self.entries.len() as u64 + 1;
        let context = Context { source: AGENCY.into(), party: "PK".into(), language: None };
        let (data, _) = domain::read_data(kind, data, &context, &Vocabulary::default()).unwrap();
        let recorded = Recorded {
            specversion: "1.0".into(),
            id: position.to_string(),
            source: AGENCY.into(),
            kind: kind.to_string(),
            subject,
            time: time(position),
            datacontenttype: "application/json".into(),
            recordedtime: time(position),
            agency: AGENCY.into(),
            actor: "officer".into(),
            onbehalfof: None,
            marking: marking.into(),
            anomalies: None,
            datasalt: Salt([0; 16]),
            proposalhash: Salt([0; 16]),
            correlationid: None,
            causationid: None,
            traceparent: None,
            data: serde_json::value::to_raw_value(&data).unwrap(),
        };
        let payload = serde_json::to_vec(&recorded).unwrap();
        self.push(subject, &recorded.kind, payload);
        recorded.uid()
    }

    /// Something that nobody can read.
    pub(crate) fn record_garbage(&mut self, subject: Subject) {
        self.push(subject, "chancery.matter.opened.v1", b"no event".to_vec());
    }

    /// Something that says not even which version it is.
    pub(crate) fn record_stray(&mut self, subject: Subject) {
        self.push(subject, "", b"{}".to_vec());
        self.entries.last_mut().unwrap().version = 0;
    }

    /// Appends an envelope as it is.
    pub(crate) fn push(&mut self, subject: Subject, kind: &str, payload: Vec<u8>) {
        let version = self.versions.entry(subject).or_default();
        *version += 1;
        let position = self.entries.len() as u64 + 1;
        self.entries.push(Entry {
            position,
            subject,
            version: *version,
            kind: kind.to_owned(),
            facets: Facets::default(),
            payload: payload.into(),
            opened: None,
            stored: time(position),
        });
    }
}

fn time(position: u64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + position.cast_signed()).unwrap()
}

pub(crate) fn subject(aggregate: Aggregate, key: &str) -> Subject {
    Subject::of_key(AGENCY, aggregate, key)
}

/// A reader of another agency.
pub(crate) fn reader(level: &str, caveats: &[&str], party: &str) -> Principal {
    Principal {
        subject: "reader".into(),
        agency: format!("urn:agency:{}", party.to_lowercase()),
        party: party.into(),
        roles: [Role::Reader].into(),
        level: level.into(),
        caveats: caveats.iter().map(|caveat| (*caveat).to_owned()).collect::<BTreeSet<_>>(),
    }
}

/// One who sees everything.
pub(crate) fn insider() -> Principal {
    Principal { agency: AGENCY.into(), ..reader("TOP SECRET", &["EYES", "NODIS"], "PK") }
}
