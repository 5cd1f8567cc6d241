//! How records and events refer to each other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::Expected;
use super::scalar::{serde_textual, text};
use super::words::words;
use crate::read::{Reader, Shape};
use crate::{Subject, event_uid};

words! {
    /// What a record is to another.
    pub enum Relation {
        /// A meeting within a visit.
        PartOf => "part_of",
        /// Earlier than the other.
        Before => "before",
        /// Later than the other.
        After => "after",
        /// Done on the occasion of the other: an instrument signed at a meeting.
        At => "at",
        /// Brought about by the other.
        ArisesFrom => "arises_from",
        /// Concerned with the other.
        About => "about",
        /// Carries out the other.
        Fulfils => "fulfils",
        /// The same source in another language.
        TranslationOf => "translation_of",
    }
}

/// That this record is something to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What it is.
    pub rel: Relation,
    /// The other record.
    pub to: Subject,
}

impl Shape for Link {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        reader.object(input, |link| {
            let (rel, to) = (link.required("rel"), link.required("to"));
            Some(Self { rel: rel?, to: to? })
        })?
    }
}

/// An event, by its uid. On input also `~ID`: the producer's own event of that id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventRef(pub Uuid);

impl Shape for EventRef {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        let text = text(input, reader)?.trim();
        if let Some(id) = text.strip_prefix('~').filter(|id| !id.is_empty()) {
            return Some(Self(event_uid(&reader.context().source, id)));
        }
        text.parse().map_or_else(|expected: Expected| reader.expected(expected), Some)
    }
}

impl FromStr for EventRef {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text)
            .map(Self)
            .map_err(|_| Expected::new("expected the uid of an event, or ~ID for an event of your own"))
    }
}

impl fmt::Display for EventRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

serde_textual!(EventRef);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Aggregate;
    use crate::value::reading::{mistakes, normal, read};

    #[test]
    fn a_link_by_key_is_resolved_and_to_be_checked() {
        let (link, references) = read::<Link>(&json!({"rel": "part_of", "to": "engagement/~visit"})).unwrap();
        let visit = Subject::of_key("urn:agency:pk", Aggregate::Engagement, "visit");
        assert_eq!(link, Link { rel: Relation::PartOf, to: visit });
        assert_eq!((references[0].pointer.as_str(), references[0].to), ("/to", visit));
        let (_, references) = read::<Link>(&json!({"rel": "at", "to": visit.to_string()})).unwrap();
        assert!(references.is_empty());
    }

    #[test]
    fn every_mistake_is_named() {
        let places = mistakes::<Link>(&json!({"rel": "near", "to": "visit/1"}));
        assert!(
            places[0].starts_with("/rel: expected one of part_of, before") && places[1].starts_with("/to: ")
        );
    }

    #[test]
    fn an_event_of_ones_own_is_known_by_its_id() {
        let uid = event_uid("urn:agency:pk", "readout-7");
        assert_eq!(normal::<EventRef>(&json!("~readout-7")), json!(uid.to_string()));
        assert_eq!(mistakes::<EventRef>(&json!("~")).len(), 1);
    }
}
