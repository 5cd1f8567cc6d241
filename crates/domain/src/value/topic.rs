//! What it was about: dotted codes under a fixed set of top levels.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::scalar::textual;
use super::words::words;
use super::{Expected, Name};
use crate::read::{Reader, Shape};

words! {
    /// How much of it there was.
    #[derive(Default)]
    pub enum Weight {
        /// What it was mainly about.
        Main => "main",
        /// Came up.
        #[default]
        Mentioned => "mentioned",
    }
}

/// A topic. Shorthand: its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// What it is.
    pub code: TopicCode,
    /// What the source calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Name>,
    /// How much of it there was.
    pub weight: Weight,
}

impl Shape for Topic {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        if input.is_string() {
            let code = TopicCode::read(input, reader)?;
            return Some(Self { code, label: None, weight: Weight::default() });
        }
        reader.object(input, |topic| {
            let code = topic.required("code");
            let label = topic.optional("label");
            let weight = topic.optional("weight").unwrap_or_default();
            Some(Self { code: code?, label, weight })
        })?
    }
}

/// A dotted lower-case code: `security.counterterrorism`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicCode(Box<str>);

impl TopicCode {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its first part: `security`.
    #[must_use]
    pub fn top(&self) -> &str {
        self.0.split_once('.').map_or(&*self.0, |(top, _)| top)
    }

    /// Whether it is `other` or below it.
    #[must_use]
    pub fn is_within(&self, other: &str) -> bool {
        self.0.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl FromStr for TopicCode {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        if text.len() <= 100 && text.split('.').all(part) {
            Ok(Self(text.into()))
        } else {
            Err(Expected::new("expected a dotted lower-case code such as trade or security.counterterrorism"))
        }
    }
}

impl fmt::Display for TopicCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

textual!(TopicCode);

/// The top levels that are known. A topic under another is recorded with an anomaly.
#[derive(Clone, Debug)]
pub struct Topics(BTreeMap<String, String>);

impl Topics {
    /// The top levels and what each covers, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(top, covers)| (top.as_str(), covers.as_str()))
    }

    /// Whether the topic's top level is known.
    #[must_use]
    pub fn knows(&self, topic: &TopicCode) -> bool {
        self.0.contains_key(topic.top())
    }

    /// Adds the top levels of a text in the form of the shipped one: a code and what it covers on each line.
    ///
    /// # Errors
    /// What was expected, for a line that does not begin with a code without dots.
    pub fn extend(&mut self, lines: &str) -> Result<(), Expected> {
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (top, covers) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let code = top.parse::<TopicCode>()?;
            if code.top() != top {
                return Err(Expected::new(format!("expected a top level, found “{top}”")));
            }
            self.0.insert(top.to_owned(), covers.trim().to_owned());
        }
        Ok(())
    }
}

impl Default for Topics {
    /// The top levels shipped.
    fn default() -> Self {
        let mut topics = Self(BTreeMap::new());
        topics.extend(include_str!("../../data/topics.txt")).expect("the shipped file is tested");
        topics
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::reading::{mistakes, normal};

    #[test]
    fn a_code_alone_is_a_topic_that_came_up() {
        assert_eq!(normal::<Topic>(&json!("mining")), json!({"code": "mining", "weight": "mentioned"}));
        let main = json!({"code": "trade.agriculture.oilseeds", "label": "canola", "weight": "main"});
        assert_eq!(normal::<Topic>(&main), main);
    }

    #[test]
    fn codes_are_dotted_and_lower_case() {
        for wrong in ["", "Trade", "trade.", ".trade", "trade..oil", "trade and investment", "1a", "a-b"] {
            assert_eq!(mistakes::<Topic>(&json!(wrong)).len(), 1, "{wrong}");
        }
    }

    #[test]
    fn a_code_is_within_those_above_it() {
        let code = "trade.agriculture".parse::<TopicCode>().unwrap();
        assert!(code.is_within("trade") && code.is_within("trade.agriculture"));
        assert!(!code.is_within("trade.agri") && !code.is_within("trade.agriculture.oilseeds"));
    }

    #[test]
    fn the_shipped_top_levels_are_known_and_can_be_extended() {
        let mut topics = Topics::default();
        assert!(topics.iter().count() >= 25);
        assert!(topics.iter().all(|(_, covers)| !covers.is_empty()));
        let fishing = "fishing.rights".parse().unwrap();
        assert!(topics.knows(&"security.counterterrorism".parse().unwrap()) && !topics.knows(&fishing));
        topics.extend("# ours\nfishing  Boats and quotas\n").unwrap();
        assert!(topics.knows(&fishing));
        assert!(topics.extend("fishing.rights").is_err());
    }
}
