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
