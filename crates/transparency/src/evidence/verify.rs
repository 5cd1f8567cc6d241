//! What a bundle proves, and what is wrong with one that does not.

use super::parse::chain;
use super::{Bundle, Event, Fault, Problem};
use crate::canonical::{self, Json};
use crate::checkpoint::{Opened, Trust};
use crate::leaf::leaf;
use crate::leaf_hash;
use crate::tree::{Head, verify_inclusion};

/// What was proved by a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved<'k> {
    /// The tree in which the events are.
    pub head: Head,
    /// Who signed its checkpoint.
    pub signed: Opened<'k>,
    /// How many events are shown as they were recorded.
    pub shown: usize,
    /// How many are shown redacted.
    pub redacted: usize,
}

impl Bundle {
    /// Verifies all of it, by public keys alone.
    ///
    /// # Errors
    /// Every [`Fault`], with its place.
    pub fn verify<'k>(&self, trust: &'k Trust) -> Result<Proved<'k>, Vec<Fault>> {
        let mut faults = Vec::new();
        let signed = self.checkpoint.open(trust).map_err(|error| {
            let problem = Problem::Checkpoint(chain(&error));
            faults.push(Fault { place: "/checkpoint".into(), version: None, problem });
        });
        self.check_versions(&mut faults);
        for (place, event) in self.events.iter().enumerate() {
            let mut fault = |member: &str, problem| {
                let place = format!("/events/{place}{member}");
                faults.push(Fault { place, version: Some(event.version), problem });
            };
            self.check(event, &mut fault);
            if place > 0 && self.events[place - 1].proof.index >= event.proof.index {
                fault("", Problem::Order);
            }
        }
        match signed {
            Ok(signed) if faults.is_empty() => {
                let shown = self.events.iter().filter(|event| event.event.is_some()).count();
                let redacted = self.events.len() - shown;
                Ok(Proved { head: self.checkpoint.checkpoint().head(), signed, shown, redacted })
            }
            _ => Err(faults),
        }
    }

    /// That the events are those from 1 to `versions`, each once.
    fn check_versions(&self, faults: &mut Vec<Fault>) {
        let mut versions = self.events.iter().map(|event| event.version).collect::<Vec<_>>();
        versions.sort_unstable();
        let mut next = 1;
        let mut fault = |version, problem| {
            faults.push(Fault { place: "/events".into(), version: Some(version), problem });
        };
        for version in versions {
            if version < next || version > self.versions {
                fault(version, Problem::Surplus);
                continue;
            }
            // However many are claimed: one gap is one fault.
            if version > next {
                fault(next, Problem::Missing(self.versions));
            }
            next = version.saturating_add(1);
        }
        if next <= self.versions {
            fault(next, Problem::Missing(self.versions));
        }
    }

    fn check(&self, event: &Event, fault: &mut impl FnMut(&str, Problem)) {
        let Event { leaf: text, proof, event, .. } = event;
        if proof.checkpoint != self.checkpoint {
            fault("/proof", Problem::OtherCheckpoint);
        }
        let head = self.checkpoint.checkpoint().head();
        let is_proved = |leaf: &[u8]| verify_inclusion(&leaf_hash(leaf), proof.index, &head, &proof.hashes);
        let made = event.as_ref().map(|event| leaf(event.as_bytes()));
        if let Err(error) = is_proved(text.as_bytes()) {
            match &made {
                Some(Ok(made)) if is_proved(made).is_ok() => fault("/leaf", Problem::Leaf),
                _ => fault("/leaf", Problem::NotInLog(error)),
            }
            return;
        }
        let stated = members(text.as_bytes());
        match stated.iter().find(|(name, _)| name == "subject") {
            Some((_, Json::String(subject))) if *subject == self.subject => {}
            Some((_, Json::String(subject))) => fault("/leaf/subject", Problem::OtherRecord(subject.clone())),
            _ => fault("/leaf/subject", Problem::Expected("the record")),
        }
        match made {
            Some(Ok(made)) if made != text.as_bytes() => compare(&stated, &members(&made), fault),
            Some(Err(error)) => fault("/event", Problem::NoEvent(chain(&error))),
            _ => {}
        }
    }
}

fn members(leaf: &[u8]) -> Vec<(String, Json)> {
    match canonical::value(leaf) {
        Ok(Json::Object(members)) => members,
        _ => Vec::new(),
    }
}

/// Names each member of an event that is not as the proved leaf has it.
fn compare(proved: &[(String, Json)], made: &[(String, Json)], fault: &mut impl FnMut(&str, Problem)) {
    let place = |name: &str| match name {
        "datahash" => "/event/data".to_owned(),
        name => format!("/event/{}", name.replace('~', "~0").replace('/', "~1")),
    };
    let called = |name: &str| match name {
        // The three are hashed together.
        "datahash" => "data (or datasalt or proposalhash)".to_owned(),
        name => name.to_owned(),
    };
    let find = |members: &[(String, Json)], name: &str| {
        members.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
    };
    for (name, value) in made {
        match find(proved, name) {
            Some(other) if other == *value => {}
            Some(_) => fault(&place(name), Problem::Altered(called(name))),
            None => fault(&place(name), Problem::Added(called(name))),
        }
    }
    for (name, _) in proved.iter().filter(|(name, _)| find(made, name).is_none()) {
        fault(&place(name), Problem::Removed(called(name)));
    }
}
