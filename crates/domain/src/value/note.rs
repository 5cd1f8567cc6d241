//! Remarks of the recorder.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Lang, Text};
use crate::read::{Reader, Shape};

/// A remark. Shorthand: its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What is remarked.
    pub text: Text,
    /// Its language; when read, the recorder's unless stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<Lang>,
}

impl Shape for Note {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        let lang = Lang::of_context(reader);
        if input.is_string() {
            return Some(Self { text: Text::read(input, reader)?, lang });
        }
        reader.object(input, |note| {
            let text = note.required("text");
            let lang = note.optional("lang").or(lang);
            Some(Self { text: text?, lang })
        })?
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::reading::{mistakes, normal};

    #[test]
    fn a_text_is_a_note_in_the_recorders_language() {
        assert_eq!(normal::<Note>(&json!("tea was served")), json!({"text": "tea was served", "lang": "en"}));
        let french = json!({"text": "du thé", "lang": "fr"});
        assert_eq!(normal::<Note>(&french), french);
        assert_eq!(mistakes::<Note>(&json!({"lang": "fr"})), ["/text: is required"]);
    }
}
