//! What is kept of a record to find it by, and to show where words were found.

use std::collections::BTreeSet;

use domain::{Aggregate, Subject};
use jiff::civil::Date;
use readmodel::{Overlay, Rows};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::key::Key;

/// Record → what it is found by.
const TEXTS: u8 = b'd';

/// A row has 64 KiB at most: so many bytes of texts as JSON, and a few fields.
const MOST_OF_TEXTS: usize = 60_000;

/// What of a record its head does not say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Texts {
    /// Each text under the field it is of, titles and names first.
    pub(super) texts: Vec<(String, String)>,
    /// Of an engagement that was foreseen: what became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<String>,
    /// The last day on which it was still to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_day: Option<Date>,
}

impl Texts {
    /// Of a record as it is served.
    pub(super) fn of(subject: &Subject, view: &Value) -> Self {
        let Some(view) = view.as_object().filter(|view| view.get("status") != Some(&"disposed".into()))
        else {
            return Self::default();
        };
        let foreseen = subject.aggregate == Aggregate::Engagement;
        let foreseen = foreseen && (view.contains_key("window") || view.contains_key("first_window"));
        Self {
            texts: gathered(view),
            outcome: foreseen.then(|| outcome(view).to_owned()),
            last_day: view.get("window").filter(|_| foreseen).and_then(latest),
        }
    }

    pub(super) fn get(subject: &Subject, rows: &impl Rows) -> Option<Self> {
        serde_json::from_slice(&rows.get(Key::table(TEXTS).subject(subject).as_ref())?).ok()
    }

    pub(super) fn put(&self, subject: &Subject, rows: &mut Overlay<'_>) {
        let key = Key::table(TEXTS).subject(subject);
        let json = serde_json::to_vec(self).expect("texts are JSON");
        if rows.get(key.as_ref()).as_deref() != Some(json.as_slice()) {
            rows.put(key, json).expect("it was cut to fit");
        }
    }
}

/// What became of what was foreseen, as far as that can be said without knowing the day.
fn outcome(view: &Map<String, Value>) -> &'static str {
    let slip = view.get("slip_days").and_then(Value::as_i64);
    match (view.get("status").and_then(Value::as_str).unwrap_or_default(), slip) {
        ("held", Some(0)) => "held_in_time",
        ("held", Some(days)) if days > 0 => "held_late",
        ("held", Some(_)) => "held_early",
        ("held", None) => "held",
        ("cancelled", _) => "cancelled",
        ("not_held", _) => "not_held",
        ("postponed", _) => "postponed",
        ("retracted" | "merged", _) => "withdrawn",
        _ => "open",
    }
}

/// The last day of a time as it is served.
fn latest(when: &Value) -> Option<Date> {
    let edtf = when.get("edtf")?.as_str()?;
    domain::Edtf::parse(edtf).ok()?.bounds().latest
}

/// Every text once, titles and names first, as long as they fit.
fn gathered(view: &Map<String, Value>) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for (name, value) in view.iter().filter(|(name, _)| !UNREAD.contains(&name.as_str())) {
        gather(name, name, value, &mut texts);
    }
    texts.sort_by_key(|(field, _)| FIRST.iter().position(|first| first == field).unwrap_or(FIRST.len()));
    let mut seen = BTreeSet::new();
    texts.retain(|(field, text)| seen.insert((field.clone(), text.clone())));
    let mut left = MOST_OF_TEXTS;
    texts.retain(|(field, text)| {
        let length = serde_json::to_string(text).map_or(usize::MAX, |json| json.len() + field.len() + 6);
        let fits = length <= left;
        if fits {
            left -= length;
        }
        fits
    });
    texts
}

/// What is shown and cut last.
const FIRST: &[&str] = &["title", "aliases", "names", "topics", "text", "description", "utterances", "notes"];

/// How the register came to say it, and addresses.
const UNREAD: &[&str] = &[
    "subject",
    "id",
    "aggregate",
    "version",
    "status",
    "marking",
    "agency",
    "recorded",
    "corrections",
    "retractions",
    "anomalies",
    "links",
    "retention",
];

/// Whose texts go by the name of the whole.
const WHOLES: &[&str] = &["title", "aliases", "topics", "utterances", "citations", "notes"];

/// Fields that hold titles, names and texts, not codes, identifiers and dates.
const TEXTUAL: &[&str] = &[
    "title",
    "name",
    "names",
    "aliases",
    "text",
    "label",
    "description",
    "notes",
    "subject_matter",
    "quote",
    "conditions",
    "finding",
    "post",
    "organisation",
    "publisher",
    "edition",
    "reason",
    "dateline",
    "credits",
    "about",
    "side",
    "declarations",
    "form",
    "step",
];

fn gather(whole: &str, name: &str, value: &Value, texts: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if TEXTUAL.contains(&name) => {
            let field = match name {
                _ if WHOLES.contains(&whole) => whole,
                "name" | "names" | "side" => "names",
                other => other,
            };
            texts.push((field.to_owned(), text.clone()));
        }
        // What a topic is called, if nobody says it, is in its code.
        Value::String(code) if (whole, name) == ("topics", "code") => {
            texts.push((whole.to_owned(), code.replace(['.', '_'], " ")));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(whole, name, item, texts)),
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| gather(whole, name, value, texts));
        }
        _ => {}
    }
}
