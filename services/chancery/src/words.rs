//! Values of the vocabulary in a few words, for people at a terminal.
//!
//! Values are told apart by the fields they have. What is of no known shape is shown field by field: nothing is
//! left out but the events that a value comes from, which `history` shows.

use std::fmt::Display;

use serde_json::{Map, Value};

use crate::ink::{Ink, clean};

/// Any value in one line; nothing for what is absent.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => clean(text).into_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => object(fields),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A `When`: the date and the words it was stated in.
pub(crate) fn when(value: &Value) -> String {
    let Value::Object(fields) = value else { return plain(value) };
    let stated = text(fields, "as_stated").map(|stated| format!("“{stated}”"));
    let inferred =
        fields.get("inferred").and_then(Value::as_bool).unwrap_or(false).then(|| "(inferred)".to_owned());
    joined([text(fields, "edtf"), stated, text(fields, "tz"), inferred])
}

/// The same, where something must stand.
pub(crate) fn when_or_undated(value: &Value) -> String {
    Some(when(value)).filter(|text| !text.is_empty()).unwrap_or_else(|| "undated".to_owned())
}

/// A moment to the second.
pub(crate) fn moment(value: &Value) -> String {
    let text = plain(value);
    text.parse::<jiff::Timestamp>().map_or(text, |moment| moment.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

/// `engagement.held` of `chancery.engagement.held.v1`.
pub(crate) fn short_type(value: &Value) -> String {
    let text = plain(value);
    let inner = text.strip_prefix("chancery.").and_then(|rest| rest.rsplit_once(".v"));
    inner.map_or(text.clone(), |(short, _)| short.to_owned())
}

/// What a correction changes.
pub(crate) fn changes(data: &Value) -> String {
    let Some(changes) = data["changes"].as_array() else { return String::new() };
    let change = |change: &Value| {
        let [pointer, old, new] = ["pointer", "old", "new"].map(|field| plain(&change[field]));
        format!(" {pointer}: {} → {}", or_nothing(&old), or_nothing(&new))
    };
    changes.iter().map(change).collect()
}

/// What an event is about, from what its data has.
pub(crate) fn gist(data: &Value) -> String {
    let told = ["title", "text", "description", "names", "name", "reason"].map(|field| plain(&data[field]));
    let told = told.into_iter().find(|told| !told.is_empty()).unwrap_or_default();
    format!("{}{}", told, changes(data)).trim().to_owned()
}

/// The parties of an item: their names as stated, else by their keys: `person:jack bergman` is `jack bergman`.
pub(crate) fn parties(item: &Value) -> String {
    let stated = plain(&item["names"]);
    if !stated.is_empty() {
        return stated;
    }
    let names = item["parties"].as_array().into_iter().flatten().map(plain);
    let names = names.map(|key| key.split_once(':').map_or(key.clone(), |(_, name)| name.to_owned()));
    names.collect::<Vec<_>>().join(", ")
}

/// A record's title with its address below, and what else is said of it between them.
pub(crate) fn entry(title: &str, about: &[String], address: &str) -> String {
    let about = about.iter().filter(|line| !line.is_empty()).cloned();
    let title = Some(Ink::Bold.on(title)).filter(|_| !title.is_empty());
    let address = Some(Ink::Faint.on(address)).filter(|_| !address.is_empty());
    title.into_iter().chain(about).chain(address).collect::<Vec<_>>().join("\n")
}

/// Words apart, without those that are missing.
pub(crate) fn apart(words: &[String]) -> String {
    words.iter().filter(|word| !word.is_empty()).cloned().collect::<Vec<_>>().join(" · ")
}

/// A code of a vocabulary as words: `under_negotiation`.
pub(crate) fn code(value: &Value) -> String {
    plain(value).replace('_', " ")
}

/// A number of things, the plural of which ends with an s.
pub(crate) fn count(number: impl Display, thing: &str) -> String {
    let number = number.to_string();
    let plural = if number == "1" { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// A number of days.
pub(crate) fn days(number: i64) -> String {
    count(number, "day")
}

/// Where a party stands towards an instrument, in the order in which that comes about.
pub(crate) fn standing(value: &Value) -> String {
    let steps = [
        ("signed", "signed"),
        ("domestic_steps", "domestic steps"),
        ("consent", "consent"),
        ("provisionally_applied", "provisionally applied"),
        ("in_force", "in force"),
        ("suspended", "suspended"),
        ("withdrawal", "withdrawal"),
    ];
    let told = |(name, label): &(&str, &str)| {
        let step = value.get(*name)?;
        Some(format!("{label} {}", plain(step)).trim_end().to_owned())
    };
    let told = steps.iter().filter_map(told).collect::<Vec<_>>().join("; ");
    let told = if told.is_empty() { "nothing recorded" } else { &told };
    format!("{}: {told}", plain(&value["party"]))
}

/// A name, in which language and since when.
pub(crate) fn spelling(value: &Value) -> String {
    let field = |name: &str| plain(&value[name]);
    let since = Some(when(&value["since"])).filter(|since| !since.is_empty());
    let about = [Some(field("lang")), since.map(|since| format!("since {since}"))];
    let about = about.into_iter().flatten().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ");
    if about.is_empty() { field("name") } else { format!("{} ({about})", field("name")) }
}

/// A post, where, and from when until when.
pub(crate) fn post(value: &Value) -> String {
    let field = |name: &str| plain(&value[name]);
    let (since, left) = (when(&value["since"]), when(&value["left"]));
    let time = match (since.is_empty(), left.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!("since {since}"),
        (true, false) => format!("until {left}"),
        (false, false) => format!("{since} to {left}"),
    };
    let parts = [field("post"), field("organisation"), time];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn or_nothing(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

fn object(fields: &Map<String, Value>) -> String {
    let has = |name: &str| fields.contains_key(name);
    let value = || Value::Object(fields.clone());
    if has("edtf") || has("as_stated") {
        when(&value())
    } else if has("act") && has("text") {
        utterance(fields)
    } else if has("source") {
        citation(fields)
    } else if has("rel") {
        link(fields)
    } else if has("comparator") {
        amount(fields)
    } else if has("code") {
        let label = text(fields, "label").map(|label| format!("({label})"));
        joined([text(fields, "code"), label, text(fields, "weight").filter(|weight| weight == "main")])
    } else if has("name") {
        named(fields)
    } else if has("text") {
        text(fields, "text").unwrap_or_default()
    } else {
        field_by_field(fields)
    }
}

/// Fields whose values say by themselves what they are.
const BARE: [&str; 7] = ["type", "party", "description", "occurred", "window", "form", "issuers"];

fn field_by_field(fields: &Map<String, Value>) -> String {
    let one = |name: &str, value: &Value| match plain(value) {
        told if told.is_empty() || BARE.contains(&name) => told,
        told => format!("{}: {told}", name.replace('_', " ")),
    };
    let first = BARE.iter().filter_map(|name| Some((*name, fields.get(*name)?)));
    let rest = fields.iter().map(|(name, value)| (name.as_str(), value));
    let rest = rest.filter(|(name, _)| !BARE.contains(name) && *name != "event");
    let told = first.chain(rest).map(|(name, value)| one(name, value)).filter(|told| !told.is_empty());
    told.collect::<Vec<_>>().join(", ")
}

/// A link of this record, or of another one to it.
fn link(fields: &Map<String, Value>) -> String {
    let rel = text(fields, "rel").unwrap_or_default().replace('_', " ");
    match text(fields, "from") {
        Some(from) => joined([Some(from), text(fields, "title"), Some(format!("({rel} this)"))]),
        None => joined([Some(rel), text(fields, "to"), text(fields, "title")]),
    }
}

/// A party, a participant with its members, or a place.
fn named(fields: &Map<String, Value>) -> String {
    let about = ["title", "organisation", "country", "kind", "role", "attendance"];
    let usual = ["participant", "attended", "state", "person"];
    let about = about.iter().filter_map(|name| text(fields, name));
    let about = about.filter(|word| !usual.contains(&word.as_str())).collect::<Vec<_>>().join(", ");
    let about = (!about.is_empty()).then(|| format!("({about})"));
    let members = fields.get("members").and_then(Value::as_array).filter(|members| !members.is_empty());
    let members = members.map(|members| {
        let members = members.iter().map(|member| format!("\n  {}", plain(member)));
        format!("with{}", members.collect::<String>())
    });
    joined([text(fields, "name"), about, members])
}

fn utterance(fields: &Map<String, Value>) -> String {
    let speakers = fields.get("speakers").and_then(Value::as_array);
    let names = speakers.into_iter().flatten().map(|speaker| plain(&speaker["name"]));
    let speakers = names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ");
    let said = text(fields, "text").unwrap_or_default();
    let act = text(fields, "act").unwrap_or_default().replace('_', " ");
    joined([Some(speakers).filter(|names| !names.is_empty()), Some(format!("[{act}]")), Some(said)])
}

fn citation(fields: &Map<String, Value>) -> String {
    let via = text(fields, "via").map(|via| format!("via {via}"));
    let quote = text(fields, "quote").map(|quote| format!("“{quote}”"));
    let grade = text(fields, "grade").map(|grade| format!("[{grade}]"));
    joined([text(fields, "source"), text(fields, "locator"), quote, via, grade])
}

fn amount(fields: &Map<String, Value>) -> String {
    let comparator = text(fields, "comparator").map(|word| {
        let signs = [
            ("eq", ""),
            ("gt", ">"),
            ("ge", "≥"),
            ("lt", "<"),
            ("le", "≤"),
            ("about", "about"),
            ("up_to", "up to"),
        ];
        signs.iter().find(|(name, _)| *name == word).map_or(word, |(_, sign)| (*sign).to_owned())
    });
    let unit = text(fields, "currency").or_else(|| text(fields, "unit"));
    joined([comparator.filter(|sign| !sign.is_empty()), text(fields, "value"), unit])
}

fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name).map(plain).filter(|text| !text.is_empty())
}

fn joined<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_is_no_plural() {
        assert_eq!([0_u64, 1, 2].map(|number| count(number, "event")), ["0 events", "1 event", "2 events"]);
    }

    #[test]
    fn values_are_told_by_their_shape() {
        let cases = [
            (json!({"edtf": "2025-06", "inferred": true}), "2025-06 (inferred)"),
            (json!({"as_stated": "Saturday"}), "“Saturday”"),
            (json!({"name": "CA", "kind": "state"}), "CA"),
            (
                json!({"name": "Jack Bergman", "kind": "person", "country": "US", "role": "lead"}),
                "Jack Bergman (US, lead)",
            ),
            (json!({"value": "400", "comparator": "gt", "currency": "USD"}), "> 400 USD"),
            (json!({"code": "mining", "weight": "main"}), "mining main"),
            (
                json!({"speakers": [{"name": "PK"}], "act": "raise_concern", "text": "Late."}),
                "PK [raise concern] Late.",
            ),
            (json!([{"text": "one"}, "two"]), "one, two"),
            (json!({"party": {"name": "PK"}, "odd": 1, "event": "x"}), "PK, odd: 1"),
            (json!({"rel": "part_of", "to": "engagement/1"}), "part of engagement/1"),
        ];
        for (value, expected) in cases {
            assert_eq!(plain(&value), expected);
        }
    }

    #[test]
    fn a_correction_is_shown_with_old_and_new() {
        let data = json!({"changes": [{"pointer": "/title", "old": "a", "new": null}]});
        assert_eq!(changes(&data), " /title: a → nothing");
        assert_eq!(short_type(&json!("chancery.engagement.corrected.v1")), "engagement.corrected");
    }

    #[test]
    fn each_party_s_standing_is_a_line_in_the_order_of_the_steps() {
        let standing = json!([
            {"party": {"name": "Canada", "country": "CA"}, "in_force": {"occurred": {"edtf": "2026"}}, "signed": {}},
            {"party": {"name": "Pakistan"}, "signed": {"occurred": {"edtf": "2025-01"}}},
        ]);
        let expected = "Canada (CA): signed; in force 2026\nPakistan: signed 2025-01";
        assert_eq!(
            standing.as_array().unwrap().iter().map(super::standing).collect::<Vec<_>>().join("\n"),
            expected
        );
    }
}
