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
