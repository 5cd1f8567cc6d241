//! Plausibility rules: an event that does not meet one is recorded all the same, with the anomaly.

use super::state::find;
use super::view::Telling;
use super::{Record, engagement, instrument, party};
use crate::accounts::is_one_party;
use crate::value::{Attendance, Bounds, Participant, When};
use crate::vocabulary::{
    BINDING, CONSENT_KIND, ConsentKind, DUE, ENGAGEMENT_KIND, EVENT, INSTRUMENT_KIND, OCCURRED, PARTICIPANTS,
    PARTY, PARTY_KIND, RELEASE_TO, RESTATES, STRENGTH, TOPICS, Vocabulary,
};
use crate::{Aggregate, Anomaly, Event, EventKind, EventName};

/// What the rules find implausible in the record's next event.
pub(super) fn doubts(record: &Record, candidate: &Event, vocabulary: &Vocabulary) -> Vec<Anomaly> {
    let Some(kind) = candidate.kind.known() else { return Vec::new() };
    let mut doubts = Doubts { record, told: record.telling(), candidate, kind, found: Vec::new() };
    if kind.event().is_control() {
        doubts.of_control();
        return doubts.found;
    }
    doubts.topics(vocabulary);
    doubts.future();
    let restates = record.state.restated(&record.entries, kind, &candidate.data).is_some();
    if !restates {
        doubts.order();
        doubts.dates();
    }
    if candidate
        .data
        .get(&RESTATES)
        .is_some_and(|event| find(&record.entries, event.0).is_some_and(|at| !record.entries[at].stands()))
    {
        doubts.at("restates-retracted", "/restates", "the event that it restates was retracted");
    }
    match kind.aggregate() {
        Aggregate::Engagement => doubts.of_engagement(),
        Aggregate::Instrument => doubts.of_instrument(),
        Aggregate::Commitment => doubts.of_commitment(),
        Aggregate::Matter => doubts.of_matter(),
        Aggregate::Party => doubts.of_party(),
        Aggregate::Source => doubts.of_source(),
    }
    doubts.found
}

struct Doubts<'r> {
    record: &'r Record,
    told: Telling<'r>,
    candidate: &'r Event,
    kind: EventKind,
    found: Vec<Anomaly>,
}

impl Doubts<'_> {
    fn add(&mut self, code: &'static str, detail: impl Into<String>) {
        self.found.push(Anomaly::of(code, detail));
    }

    fn at(&mut self, code: &'static str, pointer: &str, detail: impl Into<String>) {
        self.found.push(Anomaly::at(code, pointer, detail));
    }

    fn status(&self) -> Option<&'static str> {
        self.told.course().status
    }

    fn topics(&mut self, vocabulary: &Vocabulary) {
        for (at, topic) in self.candidate.data.list(&TOPICS).iter().enumerate() {
            if !vocabulary.topics.knows(&topic.code) {
                let detail = format!("“{}” is under none of the top levels known", topic.code);
                self.at("unknown-topic", &format!("/topics/{at}"), detail);
            }
        }
    }

    /// What took place did so before it was recorded; a day is left for clocks and zones.
    fn future(&mut self) {
        let recorded = jiff::tz::TimeZone::UTC.to_datetime(self.candidate.recorded).date();
        let occurred = self.candidate.data.get(&OCCURRED).and_then(|when| when.bounds().earliest);
        if occurred.is_some_and(|occurred| recorded.tomorrow().is_ok_and(|tomorrow| occurred > tomorrow)) {
            self.at("occurred-in-the-future", "/occurred", "it took place after it was recorded");
        }
    }

    /// The plausible order of an engagement or instrument.
    fn order(&mut self) {
        let (event, course) = (self.kind.event(), self.told.course());
        let (Some(status), Some(own)) = (course.status, stage(self.kind)) else { return };
        // Where one party stands says nothing about another: accessions follow entry into force.
        let reached = match self.candidate.data.get(&PARTY) {
            None => Some(course.stage),
            Some(_) => self.earlier().filter_map(|(kind, _)| stage(kind)).max(),
        };
        let revived = status == "postponed" && event == EventName::Expected;
        let called_off = status == "cancelled" && event != EventName::Cancelled;
        let ended = self.kind.aggregate() == Aggregate::Engagement && course.stage == 5;
        let behind = reached.is_some_and(|reached| own < reached);
        if !revived && (behind || called_off || ended) {
            self.after(status);
        }
    }

    /// What comes later in the plausible order does not happen earlier.
    fn dates(&mut self) {
        let Some(own) = self.candidate.data.get(&OCCURRED).map(When::bounds) else { return };
        let Some(own_stage) = stage(self.kind) else { return };
        let is_before = |a: Bounds, b: Bounds| a.latest.zip(b.earliest).is_some_and(|(a, b)| a < b);
        let clash = self.earlier().find_map(|(kind, data)| {
            let (other, other_stage) = (data.get(&OCCURRED)?.bounds(), stage(kind)?);
            let early = other_stage < own_stage && is_before(own, other);
            let late = other_stage > own_stage && is_before(other, own);
            (early || late).then_some((kind.event(), if early { "before" } else { "after" }))
        });
        if let Some((other, relation)) = clash {
            let event = self.kind.event();
            let code = format!("{event}-dated-{relation}-{other}").replace('_', "-");
            let detail = format!("{event} is dated {relation} {other}").replace('_', " ");
            self.found.push(Anomaly { code: code.into(), pointer: Some("/occurred".to_owned()), detail });
        }
    }

    /// What is recorded of the whole, or, for an event of one party, of that party and up to the signature.
    fn earlier(&self) -> impl Iterator<Item = (EventKind, &crate::Data)> {
        let party = self.candidate.data.get(&PARTY);
        let accounts = self.record.state.accounts.iter();
        let accounts = accounts.map(|account| (account.kind, account.data(&self.record.entries)));
        accounts.filter(move |(kind, data)| match (party, data.get(&PARTY)) {
            (None, None) => true,
            (Some(a), Some(b)) => is_one_party(a, b),
            (Some(_), None) => stage(*kind).is_some_and(|stage| stage <= instrument::SIGNED),
            (None, Some(_)) => false,
        })
    }

    /// The event is recorded after something that it does not follow.
    fn after(&mut self, status: &str) {
        let event = self.kind.event();
        let code = format!("{event}-after-{status}").replace('_', "-");
        let detail = format!("{event} is recorded after {status}").replace('_', " ");
        self.found.push(Anomaly { code: code.into(), pointer: None, detail });
    }

    fn of_engagement(&mut self) {
        let data = &self.candidate.data;
        if let Some(kind) = data.get(&ENGAGEMENT_KIND)
            && !engagement::KINDS.contains(&kind.top())
        {
            self.at("unknown-kind", "/kind", format!("“{kind}” is none of the usual kinds"));
        }
        let participants = data.list(&PARTICIPANTS);
        let foreseen = engagement::stage(self.kind.event()).is_some_and(|stage| stage < 4);
        for (at, participant) in participants.iter().enumerate() {
            let pointer = format!("/participants/{at}");
            let attended = participant.everybody().any(|one| one.attendance == Some(Attendance::Attended));
            if foreseen && attended {
                self.at("attended-before-held", &pointer, "somebody attended what is yet to be held");
            }
            if is_named_before(participants, at) {
                self.at("named-twice", &pointer, "the participant is named twice");
            }
        }
    }

    fn of_instrument(&mut self) {
        let data = &self.candidate.data;
        let Some(consent) = data.get(&CONSENT_KIND) else { return };
        let binding = data.get(&BINDING).or(self.told.described(&BINDING));
        let kind = self.told.described(&INSTRUMENT_KIND);
        if instrument::is_binding(binding, kind) == Some(false) {
            self.at(
                "consent-to-non-binding",
                "/kind",
                format!("{consent} of an instrument that does not bind"),
            );
        }
        let needs_signature =
            matches!(consent, ConsentKind::Ratification | ConsentKind::Acceptance | ConsentKind::Approval);
        let signed = self.told.of(EventName::Signed).next().is_some();
        if needs_signature && !signed {
            self.at("consent-before-signed", "/kind", format!("{consent} of what is not known to be signed"));
        }
    }

    fn of_commitment(&mut self) {
        let data = &self.candidate.data;
        let event = self.kind.event();
        let ended = self.status().filter(|status| *status != "open");
        if let Some(status) = ended.filter(|_| event != EventName::Made) {
            self.after(status);
        }
        let strength = data.get(&STRENGTH).or(self.told.described(&STRENGTH));
        if event == EventName::Fulfilled && strength.is_some_and(|strength| strength.is_position()) {
            self.add("fulfilled-position", "what was fulfilled is a position, not an undertaking");
        }
        let made = data.get(&OCCURRED).filter(|_| event == EventName::Made).map(When::bounds);
        let due = data.get(&DUE).map(When::bounds);
        let early = made.zip(due).and_then(|(made, due)| made.earliest.zip(due.latest));
        if early.is_some_and(|(made, due)| due < made) {
            self.at("due-before-made", "/due", "it is due before it was made");
        }
    }

    fn of_matter(&mut self) {
        match (self.kind.event(), self.status()) {
            (EventName::DevelopmentRecorded, Some("closed")) => {
                self.add("development-after-closed", "a development is recorded after the matter was closed");
            }
            (EventName::Closed, Some("closed")) => self.add("closed-twice", "the matter is closed already"),
            (EventName::Reopened, Some("open")) => self.add("reopened-while-open", "the matter is open"),
            _ => {}
        }
    }

    fn of_party(&mut self) {
        let data = &self.candidate.data;
        let of_person = matches!(self.kind.event(), EventName::Appointed | EventName::LeftPost);
        let kind = data.get(&PARTY_KIND).or(self.told.described(&PARTY_KIND));
        if of_person && kind.is_some_and(|kind| *kind != crate::value::PartyKind::Person) {
            self.add("post-of-no-person", "only persons hold posts");
        }
        let held = || self.told.of(EventName::Appointed).any(|held| party::is_one_post(held.data(), data));
        if self.kind.event() == EventName::LeftPost && !self.record.state.accounts.is_empty() && !held() {
            self.add("left-post-not-held", "the post was not known to be held");
        }
    }

    fn of_source(&mut self) {
        if self.kind.event() == EventName::Revised && self.status() == Some("withdrawn") {
            self.add("revised-after-withdrawn", "a source is revised after it was withdrawn");
        }
    }

    fn of_control(&mut self) {
        let data = &self.candidate.data;
        match self.kind.event() {
            EventName::Contested => {
                let target = data.get(&EVENT).and_then(|event| find(&self.record.entries, event.0));
                let agency = target.map(|target| &self.record.entries[target].event.agency);
                if agency == Some(&self.candidate.agency) {
                    self.at("contests-own", "/event", "an agency corrects or retracts its own events");
                }
            }
            EventName::HoldLifted if self.record.state.custody.holds.is_empty() => {
                self.add("no-hold", "the record is under no hold");
            }
            EventName::ReleaseAuthorised if self.record.marking().releasable_to.is_none() => {
                self.at("no-limit", &format!("/{}", RELEASE_TO.name), "the record may be released to all");
            }
            EventName::MergedInto if self.record.state.merged_into.is_some() => {
                self.add("merged-twice", "the record was merged before");
            }
            _ => {}
        }
    }
}

/// How far in the plausible order of its aggregate, if that has one.
const fn stage(kind: EventKind) -> Option<u8> {
    match kind.aggregate() {
        Aggregate::Engagement => engagement::stage(kind.event()),
        Aggregate::Instrument => instrument::stage(kind.event()),
        _ => None,
    }
}

fn is_named_before(participants: &[Participant], at: usize) -> bool {
    let same = |other: &Participant| is_one_party(&other.party, &participants[at].party);
    participants[..at].iter().any(same)
}
