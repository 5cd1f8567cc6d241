//! Events as a registrar records them, without one: read, admitted, folded and put into an envelope.

use contract::{Facets, Recorded, Salt};
use domain::read::{Context, Issue};
use domain::{Anomaly, Event, EventKind, Kind, Marking, Record, Subject, Vocabulary};
use eventlog::Append;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::value::to_raw_value;

/// Who records.
#[derive(Clone, Copy, Debug)]
pub struct Author {
    /// The agency, which is the source too.
    pub agency: &'static str,
    /// Its party, an ISO 3166-1 alpha-2 code.
    pub party: &'static str,
    /// The officer.
    pub actor: &'static str,
    /// The language of what names none.
    pub language: &'static str,
}

/// What is proposed as the next event of a record.
#[derive(Clone, Debug)]
pub struct Proposal<'p> {
    /// Unique within the agency.
    pub id: String,
    /// What happened.
    pub kind: EventKind,
    /// Who says so.
    pub author: Author,
    /// The marking of a record that begins.
    pub marking: &'p Marking,
    /// When it is recorded.
    pub recorded: Timestamp,
    /// What is recorded, loose.
    pub data: &'p Value,
    /// Of the envelope.
    pub salts: [Salt; 2],
}

/// A record while events are added to it.
#[derive(Debug)]
pub struct Recording {
    record: Record,
    last: u64,
}

impl Recording {
    /// A record of which nothing is known yet.
    #[must_use]
    pub fn new(subject: Subject) -> Self {
        Self { record: Record::new(subject), last: 0 }
    }

    /// The record as it stands.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// Records the next event at this position of the log; what the rules find implausible in it is said too.
    ///
    /// # Errors
    /// What cannot be read, or every rule that it breaks; then nothing is recorded.
    pub fn take(
        &mut self,
        proposal: &Proposal<'_>,
        position: u64,
        vocabulary: &Vocabulary,
    ) -> Result<(Append, Vec<Anomaly>), Vec<Issue>> {
        let mut event = self.event(proposal, position, vocabulary)?;
        let anomalies = self.record.admit(&event, vocabulary)?;
        event.anomalies.clone_from(&anomalies);
        let subject = self.record.subject();
        let payload = envelope(proposal, &event, subject);
        let (kind, version) = (event.kind.to_string(), event.version);
        self.record.apply(event);
        let (facets, expected) = (facets(&self.record), self.last);
        self.last = position;
        Ok((Append { subject, expected, kind, version, facets, payload: payload.into() }, anomalies))
    }

    fn event(
        &self,
        proposal: &Proposal<'_>,
        position: u64,
        vocabulary: &Vocabulary,
    ) -> Result<Event, Vec<Issue>> {
        let Author { agency, party, actor, language } = proposal.author;
        let context = Context {
            source: agency.to_owned(),
            party: party.to_owned(),
            language: Some(language.to_owned()),
        };
        let (data, _) = domain::read_data(proposal.kind, proposal.data, &context, vocabulary)?;
        let begins = self.record.version() == 0;
        Ok(Event {
            uid: domain::event_uid(agency, &proposal.id),
            version: self.record.version() + 1,
            position,
            kind: Kind::Known(proposal.kind),
            time: proposal.recorded,
            recorded: proposal.recorded,
            source: agency.to_owned(),
            agency: agency.to_owned(),
            actor: actor.to_owned(),
            on_behalf_of: None,
            marking: if begins { proposal.marking } else { self.record.marking() }.clone(),
            anomalies: Vec::new(),
            data,
        })
    }
}

fn envelope(proposal: &Proposal<'_>, event: &Event, subject: Subject) -> Vec<u8> {
    let [datasalt, proposalhash] = proposal.salts;
    let recorded = Recorded {
        specversion: "1.0".to_owned(),
        id: proposal.id.clone(),
        source: event.source.clone(),
        kind: event.kind.to_string(),
        subject,
        time: event.time,
        datacontenttype: "application/json".to_owned(),
        recordedtime: event.recorded,
        agency: event.agency.clone(),
        actor: event.actor.clone(),
        onbehalfof: None,
        marking: event.marking.to_string(),
        anomalies: Recorded::anomalies_text(&event.anomalies),
        datasalt,
        proposalhash,
        correlationid: None,
        causationid: None,
        traceparent: None,
        data: to_raw_value(&event.data).expect("data is strings, numbers, lists and objects"),
    };
    serde_json::to_vec(&recorded).expect("an envelope is strings and raw JSON")
}

fn facets(record: &Record) -> Facets {
    let facets = record.facets();
    Facets {
        parties: facets.parties.into_iter().collect(),
        countries: facets.countries.into_iter().collect(),
        topics: facets.topics.into_iter().collect(),
        kind: facets.kind,
        marking: record.marking().to_string(),
    }
}
