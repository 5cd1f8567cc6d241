//! The body of a submission: in which mode it is, and the events in it.

use contract::{InputError, Problem, ProblemKind, Proposed};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use serde_json::value::RawValue;

use super::envelope::{Form, Given, propose};
use crate::accept::{CLOUDEVENT, CLOUDEVENTS, JSON};
use crate::refusal::Refusal;

/// How many events a submission holds: as many as one atomic batch of the log.
const MOST: usize = 1000;

/// How deep JSON may be nested.
const DEEPEST: usize = 64;

/// How a submission is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Plain,
    Binary,
    Structured,
    Batch,
}

impl Mode {
    /// What the headers say.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let kind = media(headers)?;
        let is_event = headers.contains_key("ce-specversion") || headers.contains_key("ce-type");
        match kind.as_str() {
            CLOUDEVENT => Ok(Self::Structured),
            CLOUDEVENTS => Ok(Self::Batch),
            "" if is_event => Ok(Self::Binary),
            json if is_json(json) && is_event => Ok(Self::Binary),
            JSON => Ok(Self::Plain),
            "" => Err(untyped()),
            other => {
                let detail = format!("{other} is not read: expected {JSON}, {CLOUDEVENT} or {CLOUDEVENTS}");
                Err(unsupported(detail))
            }
        }
    }
}

/// The media type of a body that can be read as it stands.
fn media(headers: &HeaderMap) -> Result<String, Refusal> {
    if let Some(encoding) = headers.get(CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
        return Err(unsupported(format!("the encoding {encoding:?} is not read: send the body as it is")));
    }
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = text.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    let charset =
        parts.find_map(|part| part.to_ascii_lowercase().strip_prefix("charset=").map(str::to_owned));
    if let Some(charset) = charset.filter(|charset| charset.trim_matches('"') != "utf-8") {
        return Err(unsupported(format!("the character set {charset} is not read: JSON is UTF-8")));
    }
    Ok(kind)
}

/// Refuses a body that is no JSON by what its headers say.
pub(crate) fn expect_json(headers: &HeaderMap) -> Result<(), Refusal> {
    match media(headers)?.as_str() {
        "" => Err(untyped()),
        kind if is_json(kind) => Ok(()),
        other => Err(unsupported(format!("{other} is not read: expected {JSON}"))),
    }
}

fn untyped() -> Refusal {
    unsupported(format!("there is no Content-Type: expected {JSON}"))
}

fn unsupported(detail: String) -> Refusal {
    Refusal::new(ProblemKind::UnsupportedMediaType, detail)
}

/// `application/json`, `text/json` and whatever ends in `+json`.
pub(super) fn is_json(kind: &str) -> bool {
    matches!(kind, JSON | "text/json") || kind.ends_with("+json")
}

/// The events of a submission.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) events: Vec<Proposed>,
    /// Whether a list was sent: pointers then begin with the index.
    pub(crate) listed: bool,
}

/// Reads the events; every mistake in any envelope is named at once.
pub(crate) fn read(mode: Mode, headers: &HeaderMap, body: &[u8]) -> Result<Submission, Refusal> {
    let text = std::str::from_utf8(body)
        .map_err(|error| malformed(format!("the body is no UTF-8 from byte {} on", error.valid_up_to())))?;
    if is_deeper(body, DEEPEST) {
        return Err(malformed(format!("the body is nested deeper than {DEEPEST}")));
    }
    let mut mistakes = Vec::new();
    let (events, listed) = if mode == Mode::Binary {
        (vec![binary(headers, text, &mut mistakes)?], false)
    } else {
        let all = serde_json::from_str::<&RawValue>(text).map_err(syntax)?;
        let listed = all.get().starts_with('[');
        match mode {
            Mode::Batch if !listed => mistakes.push(input("", "expected a list of events")),
            Mode::Structured if listed => mistakes.push(input("", "expected one event, not a list")),
            _ => {}
        }
        let form = if mode == Mode::Plain { Form::Plain } else { Form::CloudEvent };
        if listed {
            let items = serde_json::from_str::<Vec<&RawValue>>(text).map_err(syntax)?;
            if items.len() > MOST {
                let detail = format!("a submission holds at most {MOST} events, this one {}", items.len());
                return Err(Refusal::new(ProblemKind::TooLarge, detail));
            }
            let each = items.iter().enumerate();
            (each.map(|(i, item)| json(item, &format!("/{i}"), form, &mut mistakes)).collect(), true)
        } else {
            (vec![json(all, "", form, &mut mistakes)], false)
        }
    };
    if mistakes.is_empty() {
        return Ok(Submission { events: events.into_iter().flatten().collect(), listed });
    }
    Err(Problem::invalid(mistakes).into())
}

fn json(raw: &RawValue, at: &str, form: Form, mistakes: &mut Vec<InputError>) -> Option<Proposed> {
    let fields = match serde_json::from_str::<Fields<'_>>(raw.get()) {
        Ok(Fields(fields)) => fields,
        Err(_) => {
            mistakes.push(input(at, "expected an event, which is an object"));
            return None;
        }
    };
    let mut given = Given::default();
    for (name, value) in fields {
        if name == "data" {
            given.put_data(value.to_owned());
        } else {
            // Cannot fail for its form, which is checked; a number may still be beyond what can be held.
            given.put(name, serde_json::from_str(value.get()).unwrap_or(Value::Null));
        }
    }
    propose(given, at, form, mistakes)
}

/// `ce-…` headers with percent-encoded values; the body is `data`.
fn binary(
    headers: &HeaderMap,
    text: &str,
    mistakes: &mut Vec<InputError>,
) -> Result<Option<Proposed>, Refusal> {
    let mut given = Given::default();
    for (name, value) in headers {
        let Some(name) = name.as_str().strip_prefix("ce-") else { continue };
        let decoded = value.to_str().ok().and_then(|text| percent_decode_str(text).decode_utf8().ok());
        match decoded {
            _ if name == "datacontenttype" => {
                mistakes.push(input("/datacontenttype", "expected in Content-Type, not in a ce- header"));
            }
            Some(text) => given.put(name.to_owned(), Value::String(text.into_owned())),
            None => mistakes.push(input(&format!("/{name}"), "expected percent-encoded UTF-8")),
        }
    }
    if !text.trim().is_empty() {
        given.put_data(serde_json::from_str::<Box<RawValue>>(text).map_err(syntax)?);
    }
    Ok(propose(given, "", Form::CloudEvent, mistakes))
}

/// An object's fields as they stand, also those that are given twice.
struct Fields<'b>(Vec<(String, &'b RawValue)>);

impl<'de> serde::Deserialize<'de> for Fields<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Fields<'de>;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<M: serde::de::MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// Whether brackets nest deeper than `limit`. Strings are skipped; what is no JSON is found by the parser.
fn is_deeper(body: &[u8], limit: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for &byte in body {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limit {
            return true;
        }
    }
    false
}

fn input(pointer: &str, detail: &str) -> InputError {
    InputError { pointer: pointer.to_owned(), detail: detail.to_owned() }
}

fn malformed(detail: String) -> Refusal {
    Refusal::new(ProblemKind::Malformed, detail)
}

/// serde's message ends with the line and the column.
fn syntax(error: serde_json::Error) -> Refusal {
    malformed(format!("the body is no JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_sent_is_read_or_refused(body in any::<Vec<u8>>(), text in r#"[\[\]{}:,"a\\u0-9. ]{0,40}"#) {
            for mode in [Mode::Plain, Mode::Binary, Mode::Structured, Mode::Batch] {
                let _ = read(mode, &HeaderMap::new(), &body);
                let _ = read(mode, &HeaderMap::new(), text.as_bytes());
            }
        }

        #[test]
        fn what_is_sent_as_data_is_passed_on_to_the_byte(words in vec(r"[^\p{C}]{0,12}", 0..5)) {
            let data = serde_json::json!({"words": words}).to_string().replace(':', " :  ");
            let body = format!(r#"{{"type":"engagement.held","data":{data}}}"#);
            let read = read(Mode::Plain, &HeaderMap::new(), body.as_bytes()).expect("it is an event");
            prop_assert_eq!(read.events[0].data.as_ref().map(|data| data.get()), Some(data.as_str()));
        }
    }

    #[test]
    fn depth_counts_brackets_outside_strings() {
        assert!(!is_deeper(br#"{"a":["[[[["]}"#, 2));
        assert!(!is_deeper(br#"["\"[["]"#, 1));
        assert!(is_deeper(b"[[[", 2));
        assert!(!is_deeper(b"[][][]", 1));
    }
}
