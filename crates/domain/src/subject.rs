//! Which record an event belongs to: the aggregate and its identifier.
//!
//! Identifiers that follow from other identifiers are UUIDv5 (RFC 9562, section 5.5) in the register's own
//! namespace, so a producer can compute them, and a retry arrives at the same one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// Namespace of every derived identifier: the UUIDv5 of `chancery` in the DNS namespace of RFC 9562.
const NAMESPACE: Uuid = Uuid::from_u128(0x0089_e5a8_2303_5fb7_b663_ef0c_613e_bc68);

/// The six kinds of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aggregate {
    /// A visit, meeting, call, dialogue, conference.
    Engagement,
    /// A treaty, memorandum, declaration.
    Instrument,
    /// Something undertaken or wished for.
    Commitment,
    /// An issue, trade flow, project, programme, indicator or background.
    Matter,
    /// A state, organisation, person or group.
    Party,
    /// What a report relies on.
    Source,
}

impl Aggregate {
    /// Every aggregate, in the order of the vocabulary.
    pub const ALL: [Self; 6] =
        [Self::Engagement, Self::Instrument, Self::Commitment, Self::Matter, Self::Party, Self::Source];

    /// The singular, as in subjects and event types: `engagement`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Engagement => "engagement",
            Self::Instrument => "instrument",
            Self::Commitment => "commitment",
            Self::Matter => "matter",
            Self::Party => "party",
            Self::Source => "source",
        }
    }

    /// The plural, as in routes: `engagements`.
    #[must_use]
    pub const fn collection(self) -> &'static str {
        match self {
            Self::Engagement => "engagements",
            Self::Instrument => "instruments",
            Self::Commitment => "commitments",
            Self::Matter => "matters",
            Self::Party => "parties",
            Self::Source => "sources",
        }
    }

    /// The aggregate of a route's plural.
    #[must_use]
    pub fn from_collection(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aggregate| aggregate.collection() == name)
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Aggregate {
    type Err = InvalidSubject;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|aggregate| aggregate.as_str() == text)
            .ok_or_else(|| InvalidSubject::Aggregate(text.to_owned()))
    }
}

/// One record: `engagement/0191d3c2-…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// The kind of record.
    pub aggregate: Aggregate,
    /// Its identifier.
    pub id: Uuid,
}

impl Subject {
    /// The record that a producer calls `key`: the UUIDv5 of (`source`, aggregate, `key`).
    #[must_use]
    pub fn of_key(source: &str, aggregate: Aggregate, key: &str) -> Self {
        Self { aggregate, id: derive(&[source, aggregate.as_str(), key]) }
    }

    /// The record of an event that names none: derived from the event's own (`source`, `id`), so that a retry
    /// meets what the first try made.
    #[must_use]
    pub fn of_event(source: &str, id: &str, aggregate: Aggregate) -> Self {
        Self { aggregate, id: derive(&[source, aggregate.as_str(), "", id]) }
    }

    /// Reads `<aggregate>/<uuid>` or the producer's own `<aggregate>/~KEY`.
    ///
    /// # Errors
    /// [`InvalidSubject`] when the text has neither form.
    pub fn resolve(text: &str, source: &str) -> Result<Self, InvalidSubject> {
        match text.split_once("/~") {
            Some((_, "")) => Err(InvalidSubject::Form(text.to_owned())),
            Some((aggregate, key)) => Ok(Self::of_key(source, aggregate.parse()?, key)),
            None => text.parse(),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.aggregate, self.id)
    }
}

impl FromStr for Subject {
    type Err = InvalidSubject;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (aggregate, id) = text.split_once('/').ok_or_else(|| InvalidSubject::Form(text.to_owned()))?;
        let aggregate = aggregate.parse()?;
        let id = Uuid::try_parse(id).map_err(|_| InvalidSubject::Form(text.to_owned()))?;
        Ok(Self { aggregate, id })
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The register's identifier of an event: the UUIDv5 of (`source`, `id`).
#[must_use]
pub fn event_uid(source: &str, id: &str) -> Uuid {
    derive(&["event", source, id])
}

/// Each part is preceded by its length in bytes, so that no two lists of parts share a name.
fn derive(parts: &[&str]) -> Uuid {
    let name = parts.iter().map(|part| format!("{}:{part}", part.len())).collect::<String>();
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

/// Why a text names no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSubject {
    /// The part before the slash is none of the six.
    #[error("“{0}” is no aggregate: expected engagement, instrument, commitment, matter, party or source")]
    Aggregate(String),
    /// Not `<aggregate>/<uuid>` or `<aggregate>/~KEY`.
    #[error("“{0}” is no subject: expected <aggregate>/<uuid> or <aggregate>/~KEY")]
    Form(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespace_is_the_one_it_claims_to_be() {
        assert_eq!(NAMESPACE, Uuid::new_v5(&Uuid::NAMESPACE_DNS, b"chancery"));
    }

    #[test]
    fn a_subject_reads_back_as_it_prints() {
        let subject = Subject::of_key("urn:agency:pk", Aggregate::Engagement, "visit-1");
        assert_eq!(subject.to_string().parse(), Ok(subject));
        assert_eq!(Subject::resolve("engagement/~visit-1", "urn:agency:pk"), Ok(subject));
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(event_uid("a", "bc"), event_uid("ab", "c"));
    }

    #[test]
    fn what_is_no_subject_says_why() {
        assert_eq!("visit/1".parse::<Subject>(), Err(InvalidSubject::Aggregate("visit".into())));
        assert_eq!("engagement".parse::<Subject>(), Err(InvalidSubject::Form("engagement".into())));
        assert!(Subject::resolve("engagement/~", "s").is_err());
    }
}
