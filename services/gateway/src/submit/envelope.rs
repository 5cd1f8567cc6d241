//! One event's envelope, read strictly: every attribute by its rule, every mistake by its pointer.

use std::collections::BTreeSet;

use contract::{InputError, Proposed};
use jiff::Timestamp;
use serde_json::Value;
use serde_json::value::RawValue;

use super::body::is_json;

/// The longest text of an attribute, in bytes: with `data` it must fit the 65,535 bytes of a recorded event.
const LONGEST: usize = 1024;

/// The longest name of an attribute (CloudEvents 1.0.2, naming conventions).
const LONGEST_NAME: usize = 20;

/// What the register alone says of an event.
const OURS: &[&str] = &[
    "sequence",
    "recordedtime",
    "actor",
    "agency",
    "anomalies",
    "datasalt",
    "datahash",
    "sealeddata",
    "sealedhash",
    "proposalhash",
    "position",
    "uid",
];

/// What a producer may say of an event.
const THEIRS: &str = "specversion, id, source, type, subject, time, datacontenttype, dataschema, data, \
                      expectedversion, marking, sealed, onbehalfof, correlationid, causationid or traceparent";

/// By which rules an envelope is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Nothing is demanded but the type, and unknown attributes are mistakes.
    Plain,
    /// `specversion` is demanded, and extensions are let pass.
    CloudEvent,
}

/// An event's attributes as they were sent.
#[derive(Debug, Default)]
pub(crate) struct Given {
    attributes: Vec<(String, Value)>,
    data: Vec<Box<RawValue>>,
}

impl Given {
    pub(crate) fn put(&mut self, name: String, value: Value) {
        self.attributes.push((name, value));
    }

    pub(crate) fn put_data(&mut self, data: Box<RawValue>) {
        self.data.push(data);
    }
}

/// Reads an envelope; `at` is the pointer to it. `None` after a mistake.
pub(crate) fn propose(
    given: Given,
    at: &str,
    form: Form,
    mistakes: &mut Vec<InputError>,
) -> Option<Proposed> {
    let before = mistakes.len();
    let mut reader = Reader { at, mistakes };
    // What calls itself a CloudEvent is one, whatever the Content-Type says.
    let is_event = form == Form::CloudEvent || given.attributes.iter().any(|(name, _)| name == "specversion");
    let mut proposed = Proposed::default();
    let mut seen = BTreeSet::new();
    for (name, value) in given.attributes {
        if !seen.insert(name.clone()) {
            reader.expected(&name, "expected once");
        }
        reader.attribute(&mut proposed, &name, value, is_event);
    }
    if is_event && !seen.contains("specversion") {
        reader.expected("specversion", "is required: expected “1.0”");
    }
    if !seen.contains("type") {
        reader.expected("type", "is required, such as engagement.held");
    }
    proposed.data = reader.data(given.data);
    (mistakes.len() == before).then_some(proposed)
}

struct Reader<'m> {
    at: &'m str,
    mistakes: &'m mut Vec<InputError>,
}

impl Reader<'_> {
    fn attribute(&mut self, proposed: &mut Proposed, name: &str, value: Value, is_event: bool) {
        match name {
            "specversion" => {
                if value != "1.0" {
                    self.expected(name, "expected “1.0”");
                }
            }
            "type" => proposed.kind = self.text(name, value).unwrap_or_default(),
            "id" => proposed.id = self.text(name, value),
            "source" => proposed.source = self.text(name, value),
            "subject" => proposed.subject = self.text(name, value),
            "marking" => proposed.marking = self.text(name, value),
            "onbehalfof" => proposed.onbehalfof = self.text(name, value),
            "correlationid" => proposed.correlationid = self.text(name, value),
            "causationid" => proposed.causationid = self.text(name, value),
            "traceparent" => proposed.traceparent = self.text(name, value),
            "time" => proposed.time = self.time(value),
            "expectedversion" => proposed.expectedversion = self.version(value),
            "sealed" => proposed.sealed = self.truth(name, &value),
            // The vocabulary says what data is; a producer's own schema changes nothing.
            "dataschema" => drop(self.text(name, value)),
            "datacontenttype" => self.content_type(value),
            "data_base64" => self.expected(name, "expected JSON in data"),
            ours if OURS.contains(&ours) => self.expected(name, "is for the register to say"),
            other => self.extension(other, &value, is_event),
        }
    }

    fn expected(&mut self, name: &str, detail: impl Into<String>) {
        let name = name.replace('~', "~0").replace('/', "~1");
        self.mistakes.push(InputError { pointer: format!("{}/{name}", self.at), detail: detail.into() });
    }

    fn text(&mut self, name: &str, value: Value) -> Option<String> {
        let wrong = match &value {
            Value::String(text) if text.is_empty() => "expected a text that is not empty".to_owned(),
            Value::String(text) if text.len() > LONGEST => format!("expected at most {LONGEST} bytes"),
            Value::String(text) if text.chars().any(char::is_control) => {
                "expected no control characters".to_owned()
            }
            Value::String(_) => String::new(),
            _ => "expected a text".to_owned(),
        };
        match value {
            Value::String(text) if wrong.is_empty() => return Some(text),
            _ => self.expected(name, wrong),
        }
        None
    }

    fn time(&mut self, value: Value) -> Option<Timestamp> {
        let time = self.text("time", value)?.parse().ok();
        if time.is_none() {
            self.expected("time", "expected a time with its offset (RFC 3339), such as 2025-04-13T09:30:00Z");
        }
        time
    }

    /// A number, or its digits: binary mode has only text.
    fn version(&mut self, value: Value) -> Option<u32> {
        let number = match &value {
            Value::String(digits) => digits.parse().ok(),
            other => other.as_u64(),
        };
        let version = number.and_then(|number| u32::try_from(number).ok());
        if version.is_none() {
            self.expected("expectedversion", "expected a whole number from 0 on");
        }
        version
    }

    /// A truth value, or its word: binary mode has only text.
    fn truth(&mut self, name: &str, value: &Value) -> Option<bool> {
        let truth = match value {
            Value::String(word) => word.parse().ok(),
            other => other.as_bool(),
        };
        if truth.is_none() {
            self.expected(name, "expected true or false");
        }
        truth
    }

    fn content_type(&mut self, value: Value) {
        let Some(text) = self.text("datacontenttype", value) else { return };
        let kind = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !is_json(&kind) {
            self.expected("datacontenttype", "expected application/json");
        }
    }

    fn extension(&mut self, name: &str, value: &Value, is_event: bool) {
        let is_name = (1..=LONGEST_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !is_event {
            self.expected(name, format!("unknown attribute; expected one of {THEIRS}"));
        } else if !is_name {
            let form = format!("expected a name of at most {LONGEST_NAME} lower-case letters and digits");
            self.expected(name, form);
        } else if matches!(value, Value::Array(_) | Value::Object(_) | Value::Null) {
            self.expected(name, "expected a text, a number or a truth value");
        }
    }

    /// An object; absent and `null` are an empty one.
    fn data(&mut self, mut given: Vec<Box<RawValue>>) -> Option<Box<RawValue>> {
        if given.len() > 1 {
            self.expected("data", "expected once");
        }
        let data = given.pop().filter(|data| data.get() != "null")?;
        match serde_json::from_str::<Value>(data.get()) {
            Ok(Value::Object(_)) => return Some(data),
            Ok(_) => self.expected("data", "expected an object"),
            // Its form is checked: what is left are numbers and characters beyond what can be held.
            Err(error) => self.expected("data", format!("cannot be read: {error}")),
        }
        None
    }
}
