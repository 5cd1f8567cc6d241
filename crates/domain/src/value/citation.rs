//! What a report relies on.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::scalar::{serde_textual, text};
use super::{Expected, Grade, Name, Text, Url};
use crate::read::{Reader, Shape};
use crate::{Aggregate, Subject};

const FIRST_HAND: &str = "first-hand";

/// A source and where in it. Shorthand: the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The source.
    pub source: CitedSource,
    /// Where in it: “photo caption”, “page 3”.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locator: Option<Name>,
    /// Its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Text>,
    /// Whom the source has it from, and they in turn: the nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<Name>,
    /// The recorder's judgement of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
}

impl Citation {
    /// The source alone.
    #[must_use]
    pub const fn of(source: CitedSource) -> Self {
        Self { source, locator: None, quote: None, via: Vec::new(), grade: None }
    }
}

impl Shape for Citation {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        if input.is_string() {
            return CitedSource::read(input, reader).map(Self::of);
        }
        reader.object(input, |citation| {
            let source = citation.required("source");
            let locator = citation.optional("locator");
            let quote = citation.optional("quote");
            let via = citation.list("via");
            let grade = citation.optional("grade");
            Some(Self { source: source?, locator, quote, via: via?, grade })
        })?
    }
}

/// What is cited.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CitedSource {
    /// The recorder was there: `first-hand`.
    FirstHand,
    /// A source on record: `source/<uuid>`; on input also `source/~KEY`.
    Record(Subject),
    /// A page on the web.
    Web(Url),
}

impl Shape for CitedSource {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        let text = text(input, reader)?.trim();
        if text.starts_with("source/") {
            return Subject::read(input, reader).map(Self::Record);
        }
        text.parse().map_or_else(|expected: Expected| reader.expected(expected), Some)
    }
}

impl FromStr for CitedSource {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == FIRST_HAND {
            return Ok(Self::FirstHand);
        }
        match text.parse::<Subject>() {
            Ok(subject) if subject.aggregate == Aggregate::Source => Ok(Self::Record(subject)),
            _ => text.parse().map(Self::Web).map_err(|_| {
                Expected::new("expected source/<uuid>, source/~KEY, a web address or first-hand")
            }),
        }
    }
}

impl fmt::Display for CitedSource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstHand => out.write_str(FIRST_HAND),
            Self::Record(subject) => subject.fmt(out),
            Self::Web(url) => url.fmt(out),
        }
    }
}

serde_textual!(CitedSource);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::reading::{mistakes, normal, read};

    #[test]
    fn a_text_is_the_source() {
        for source in ["first-hand", "https://www.arabnews.com/node/1"] {
            assert_eq!(normal::<Citation>(&json!(source)), json!({"source": source}));
        }
        let (citation, references) = read::<Citation>(&json!("source/~arab-news")).unwrap();
        assert_eq!(citation.source, CitedSource::Record(references[0].to));
    }

    #[test]
    fn the_chain_and_the_grade_are_kept() {
        let whole = json!({
            "source": "first-hand", "locator": "photo caption", "quote": "“in Rawalpindi”",
            "via": ["ISPR", "the delegation"], "grade": "B2"
        });
        assert_eq!(normal::<Citation>(&whole), whole);
        assert_eq!(
            normal::<Citation>(&json!({"source": "first-hand", "via": "ISPR"}))["via"],
            json!(["ISPR"])
        );
    }

    #[test]
    fn what_is_no_source_is_named() {
        for wrong in ["the papers", "engagement/~visit", "source/", "file:///a"] {
            assert_eq!(mistakes::<Citation>(&json!({"source": wrong})).len(), 1, "{wrong}");
        }
        assert_eq!(mistakes::<Citation>(&json!({"grade": "Z9", "via": [1]})).len(), 3);
    }
}
