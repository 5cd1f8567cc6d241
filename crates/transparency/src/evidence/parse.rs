//! Reading a bundle, with every mistake by its place.

use super::{Bundle, Event, FORMAT, Fault, Problem, VERSION, keys};
use crate::canonical::{self, Json};
use crate::checkpoint::Signed;
use crate::proof::Proof;
use crate::tokens;

type Members = Vec<(String, Json)>;

impl Bundle {
    /// Reads a bundle. Nothing is verified.
    ///
    /// # Errors
    /// Every [`Fault`] that keeps it from being one.
    pub fn parse(file: &[u8]) -> Result<Self, Vec<Fault>> {
        let fault = |problem| vec![Fault { place: String::new(), version: None, problem }];
        let json = canonical::value(file).map_err(|error| fault(Problem::Json(error)))?;
        let Json::Object(mut members) = json else { return Err(fault(Problem::Format)) };
        let format = (Json::take(&mut members, "format"), number(Json::take(&mut members, "version")));
        if format != (Some(Json::String(FORMAT.into())), Some(VERSION)) {
            return Err(fault(Problem::Format));
        }
        let mut reading = Reading { faults: Vec::new() };
        let bundle = reading.bundle(members);
        match bundle {
            Some(bundle) if reading.faults.is_empty() => Ok(bundle),
            _ => Err(reading.faults),
        }
    }
}

struct Reading {
    faults: Vec<Fault>,
}

impl Reading {
    fn fault(&mut self, place: impl Into<String>, version: Option<u64>, problem: Problem) {
        self.faults.push(Fault { place: place.into(), version, problem });
    }

    /// A member, or a fault where it is not what was expected.
    fn expect<T>(&mut self, place: &str, found: Option<T>, expected: &'static str) -> Option<T> {
        if found.is_none() {
            self.fault(place, None, Problem::Expected(expected));
        }
        found
    }

    fn nothing_else(&mut self, place: &str, version: Option<u64>, members: Members) {
        for (name, _) in members {
            let name = name.replace('~', "~0").replace('/', "~1");
            self.fault(format!("{place}/{name}"), version, Problem::Unknown);
        }
    }

    fn bundle(&mut self, mut members: Members) -> Option<Bundle> {
        let mut take = |name| Json::take(&mut members, name);
        let (_, subject, versions) = (take("about"), text(take("subject")), number(take("versions")));
        let (named, checkpoint, events) = (take("keys"), text(take("checkpoint")), take("events"));
        let timestamps = take("timestamps");
        self.nothing_else("", None, members);
        let timestamps = self.expect(
            "/timestamps",
            tokens::read(timestamps),
            "a list of time stamps in base64, not empty",
        );
        let subject = self.expect("/subject", subject, "the record, <aggregate>/<uuid>");
        let versions = self.expect("/versions", versions, "how many events the record has");
        let checkpoint = self.expect("/checkpoint", checkpoint, "a checkpoint");
        let checkpoint = checkpoint.and_then(|text| match Signed::parse(text.as_bytes()) {
            Ok(signed) => Some(signed),
            Err(error) => {
                self.fault("/checkpoint", None, Problem::Unreadable(chain(&error)));
                None
            }
        });
        if let Some(signed) = &checkpoint {
            let keys = Json::Array(keys(signed).into_iter().map(Json::String).collect());
            if named != Some(keys) {
                self.fault("/keys", None, Problem::Keys);
            }
        }
        let events = match events {
            Some(Json::Array(events)) => Some(events),
            _ => None,
        };
        let events = self.expect("/events", events, "a list of events")?;
        let events = events.into_iter().enumerate().filter_map(|(place, event)| self.event(place, event));
        let events = events.collect();
        let (subject, versions, checkpoint) = (subject?, versions?, checkpoint?);
        Some(Bundle { subject, versions, checkpoint, timestamps: timestamps?, events })
    }

    fn event(&mut self, place: usize, event: Json) -> Option<Event> {
        let place = format!("/events/{place}");
        let Json::Object(mut members) = event else {
            self.fault(place, None, Problem::Expected("an event with its proof"));
            return None;
        };
        let mut take = |name| Json::take(&mut members, name);
        let (version, position) = (number(take("version")), number(take("position")));
        let (leaf, proof, event) = (take("leaf"), text(take("proof")), take("event"));
        self.nothing_else(&place, version, members);
        let version_of = version;
        let version = self.expect(&format!("{place}/version"), version, "a version, from 1");
        let position = self.expect(&format!("{place}/position"), position, "a position, from 1");
        let leaf = leaf.filter(|leaf| matches!(leaf, Json::Object(_)));
        let leaf = self.expect(&format!("{place}/leaf"), leaf, "a leaf, an object");
        let proof = self.expect(&format!("{place}/proof"), proof, "a tlog-proof");
        let proof = proof.and_then(|text| match Proof::parse(text.as_bytes()) {
            Ok(proof) => Some(proof),
            Err(error) => {
                self.fault(format!("{place}/proof"), version_of, Problem::Unreadable(chain(&error)));
                None
            }
        })?;
        let of_proof = proof.index.saturating_add(1);
        if position.is_some_and(|position| position != of_proof) {
            self.fault(format!("{place}/position"), version_of, Problem::Position(of_proof));
        }
        let event = event.map(|event| event.to_string());
        Some(Event { version: version?, leaf: leaf?.to_string(), proof, event })
    }
}

fn text(json: Option<Json>) -> Option<String> {
    match json {
        Some(Json::String(text)) => Some(text),
        _ => None,
    }
}

fn number(json: Option<Json>) -> Option<u64> {
    // As text it has no fraction and no exponent, and below 2^53 none is taken for another.
    json.filter(|json| matches!(json, Json::Number(_)))?.to_string().parse().ok()
}

/// An error with its causes, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
