//! Addresses of records, left out of what a reader is shown where the reader may not see the record.
//!
//! Wherever an address is a text of its own (a link, a cited source, a party's `id`, `merged_into`,
//! `superseded_by`, a value that a correction or a contest quotes), in records as served and in events:
//!
//! - the address is left out of what it stands in: a citation keeps its locator, quote, chain and grade, a party
//!   its name, a correction its place;
//! - a link without its end is left out, and so is what has nothing left but the event that it is from;
//! - of an event its `data` stays, even when it is empty.
//!
//! A record that is not there counts as one that may not be seen: a difference would tell of it. Not looked for
//! is what the recorder wrote in words: an address inside a longer text, or a producer's own key.
//!
//! JSON without a hidden address, nearly all, is passed on as it is stored: one pass over its bytes finds the
//! addresses, and nothing is read.

use std::collections::BTreeSet;

use domain::{Aggregate, Subject};
use serde_json::{Map, Value};

/// No address is shorter, and none that is written in escapes.
const SHORTEST: usize = "party/".len() + 32;

/// The JSON object without the addresses that are not to be shown.
pub(crate) fn shown(json: Vec<u8>, is_shown: impl Fn(&Subject) -> bool) -> Vec<u8> {
    if within(&json).is_some_and(|found| found.iter().all(&is_shown)) {
        return json;
    }
    // What cannot be looked through, nested too deeply for one, is not shown.
    let mut members = serde_json::from_slice::<Map<String, Value>>(&json).unwrap_or_default();
    hide(&mut members, is_shown);
    serde_json::to_vec(&members).expect("JSON is JSON")
}

/// Takes out of a JSON object the addresses that are not to be shown.
pub(crate) fn hide(members: &mut Map<String, Value>, is_shown: impl Fn(&Subject) -> bool) {
    members.retain(|name, value| keep(value, &is_shown) || name == "data");
}

/// The addresses in a JSON text; nothing if some of them may be written in escapes.
pub(crate) fn within(json: &[u8]) -> Option<BTreeSet<Subject>> {
    let mut found = BTreeSet::new();
    // Between quotes: every text that contains none, and what is between texts.
    for piece in json.split(|byte| *byte == b'"').filter(|piece| piece.len() >= SHORTEST) {
        if piece.contains(&b'\\') && piece.windows(2).any(|pair| matches!(pair, b"\\/" | b"\\u")) {
            return None;
        }
        let begins = |aggregate: Aggregate| {
            piece.strip_prefix(aggregate.as_str().as_bytes()).is_some_and(|rest| rest.first() == Some(&b'/'))
        };
        if Aggregate::ALL.into_iter().any(begins) {
            found.extend(std::str::from_utf8(piece).ok().and_then(address));
        }
    }
    Some(found)
}

fn address(text: &str) -> Option<Subject> {
    text.parse().ok()
}

/// Takes out what is not to be shown; says whether what is left still says something.
fn keep(value: &mut Value, is_shown: &impl Fn(&Subject) -> bool) -> bool {
    let shows = |text: &str| address(text).is_none_or(|subject| is_shown(&subject));
    match value {
        Value::String(text) => shows(text),
        Value::Array(items) => {
            let all = items.len();
            items.retain_mut(|item| keep(item, is_shown));
            items.len() == all || !items.is_empty()
        }
        Value::Object(members) => {
            let all = members.len();
            members.retain(|name, member| shows(name) && keep(member, is_shown));
            let is_link_to_nowhere = members.contains_key("rel") && !members.contains_key("to");
            members.len() == all || !is_link_to_nowhere && members.keys().any(|name| name != "event")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn without(hidden: Subject, value: &Value) -> Value {
        let json = serde_json::to_vec(value).unwrap();
        serde_json::from_slice(&shown(json, |subject| *subject != hidden)).unwrap()
    }

    #[test]
    fn a_hidden_address_takes_with_it_what_is_nothing_without() {
        let hidden = Subject::of_key("s", Aggregate::Source, "hidden");
        let seen = Subject::of_key("s", Aggregate::Source, "seen");
        let value = json!({
            "citations": [{"source": hidden, "event": "e"}, {"source": hidden, "locator": "p. 3"}, {"source": seen}],
            "links": [{"rel": "about", "to": hidden, "event": "e"}],
            "merged_into": {"record": hidden, "event": "e"},
            "superseded_by": hidden,
            "contests": [{"pointer": "/by", "standing": {"event": "e", "value": {(hidden.to_string()): 1}}}],
            "empty": [], "data": {"record": hidden},
            "title": format!("on {hidden}"),
        });
        let expected = json!({
            "citations": [{"locator": "p. 3"}, {"source": seen}],
            "contests": [{"pointer": "/by"}],
            "empty": [], "data": {},
            "title": format!("on {hidden}"),
        });
        assert_eq!(without(hidden, &value), expected);
    }

    #[test]
    fn what_has_no_hidden_address_is_passed_on_byte_for_byte() {
        let seen = Subject::of_key("s", Aggregate::Source, "seen");
        let json = format!(r#"{{ "to":"{seen}",  "a":"say \"{seen}\" and \n"}}"#).into_bytes();
        assert_eq!(shown(json.clone(), |subject| *subject == seen), json);
    }

    #[test]
    fn what_cannot_be_looked_through_is_not_shown() {
        let hidden = Subject::of_key("s", Aggregate::Source, "hidden");
        let json = format!(r#"{{"a":{}"{hidden}"{}}}"#, "[".repeat(200), "]".repeat(200)).into_bytes();
        assert_eq!(shown(json, |subject| *subject != hidden), b"{}");
    }

    #[test]
    fn escapes_hide_no_address() {
        let hidden = Subject::of_key("s", Aggregate::Source, "hidden");
        let text = hidden.to_string();
        for escaped in [text.replace('/', "\\/"), text.replacen('s', "\\u0073", 1), text.to_uppercase()] {
            let escaped = escaped.replacen("SOURCE", "source", 1);
            let json = format!(r#"{{"a":1,"b":"{escaped}"}}"#).into_bytes();
            assert_eq!(shown(json, |subject| *subject != hidden), br#"{"a":1}"#);
        }
    }
}
