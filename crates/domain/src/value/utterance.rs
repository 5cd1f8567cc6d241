//! What somebody said.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::words::words;
use super::{Lang, Name, PartyRef, Text};
use crate::read::{Reader, Shape};

words! {
    /// What was done by saying it.
    #[derive(Default)]
    pub enum Act {
        /// Said.
        #[default]
        State => "state",
        /// Stressed, underscored.
        Emphasise => "emphasise",
        /// Praised.
        Commend => "commend",
        /// Granted that it is so.
        Acknowledge => "acknowledge",
        /// Thanked.
        Thank => "thank",
        /// Welcomed.
        Welcome => "welcome",
        /// Expressed sympathy.
        Condole => "condole",
        /// Voiced a concern.
        RaiseConcern => "raise_concern",
        /// Said that it is not so.
        Deny => "deny",
    }
}

words! {
    /// Whose words they are.
    #[derive(Default)]
    pub enum Quote {
        /// The speaker's own.
        Direct => "direct",
        /// The recorder's or the source's.
        #[default]
        Indirect => "indirect",
    }
}

/// What somebody said. An undertaking or a wish is a commitment, an invitation an engagement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Utterance {
    /// Who said it; never empty.
    pub speakers: Vec<PartyRef>,
    /// What was done by saying it.
    pub act: Act,
    /// What was said.
    pub text: Text,
    /// Whose words they are.
    pub quote: Quote,
    /// What it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Name>,
    /// Its language; when read, the recorder's unless stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<Lang>,
}

impl Shape for Utterance {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        let lang = Lang::of_context(reader);
        reader.object(input, |utterance| {
            let speakers = utterance.list("speakers");
            let act = utterance.optional("act").unwrap_or_default();
            let text = utterance.required("text");
            let quote = utterance.optional("quote").unwrap_or_default();
            let about = utterance.optional("about");
            let lang = utterance.optional("lang").or(lang);
            let speakers: Vec<PartyRef> = speakers?;
            if speakers.is_empty() {
                return utterance.reader().within("speakers", |reader| {
                    reader.expected("expected who said it; a remark of nobody in particular is a note")
                });
            }
            Some(Self { speakers, act, text: text?, quote, about, lang })
        })?
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::reading::{mistakes, normal};

    #[test]
    fn what_is_left_out_is_filled_in() {
        assert_eq!(
            normal::<Utterance>(&json!({"speakers": "CA", "text": "it leads in mining services"})),
            json!({
                "speakers": [{"name": "Canada", "kind": "state", "country": "CA"}],
                "act": "state", "text": "it leads in mining services", "quote": "indirect", "lang": "en"
            })
        );
    }

    #[test]
    fn somebody_says_something() {
        assert_eq!(
            mistakes::<Utterance>(&json!({})),
            [
                "/text: is required",
                "/speakers: expected who said it; a remark of nobody in particular is a note"
            ]
        );
    }
}
