//! A subscription for people.

use serde_json::Value;

use crate::ink::Ink;
use crate::{table, words};

/// A row of the list.
pub(super) fn row(item: &Value) -> Vec<String> {
    let health = &item["health"];
    vec![
        words::entry(&words::plain(&item["name"]), &[], &words::plain(&item["id"])),
        status(item),
        address(item),
        filter(item),
        words::plain(&health["delivered"]),
        words::plain(&health["dead"]).trim_start_matches('0').to_owned(),
        words::plain(&health["behind"]),
    ]
}

/// All of it.
pub(super) fn text(body: &Value) -> String {
    let field = |name: &str| words::plain(&body[name]);
    let health = &body["health"];
    let reader = &body["reader"];
    let cleared = words::plain(&reader["caveats"]);
    let cleared = if cleared.is_empty() { cleared } else { format!(" and {cleared}") };
    let rows = [
        ("status", status(body)),
        ("to", address(body)),
        ("events", filter(body)),
        ("payload", field("payload")),
        (
            "told",
            format!(
                "what {} sees with {}{cleared}",
                words::plain(&reader["party"]),
                words::plain(&reader["level"])
            ),
        ),
        ("signed by", keys(body)),
        ("delivered", words::plain(&health["delivered"])),
        ("given up", words::plain(&health["dead"])),
        (
            "has come to",
            format!(
                "{} (at most {} behind)",
                words::plain(&health["through"]),
                words::plain(&health["behind"])
            ),
        ),
        ("next attempt", pending(&health["pending"])),
        ("failing since", words::moment(&health["failing_since"])),
        ("replay", replay(body)),
        ("set up", format!("{} by {}", words::moment(&body["created"]), field("created_by"))),
        ("changed", words::moment(&body["changed"])),
    ];
    let rows = rows.into_iter().filter(|(_, told)| !told.is_empty());
    let rows = rows.map(|(name, told)| vec![Ink::Faint.on(name), told]);
    let heading = words::entry(&field("name"), &[], &field("id"));
    let mut text = format!("{heading}\n\n{}", table::table(&[], rows));
    if let Some(secret) = body["secret"].as_str() {
        text.push_str(&format!("\n\nThe secret, shown this once:\n{}", Ink::Bold.on(secret)));
    }
    text
}

/// In a word, and why.
fn status(item: &Value) -> String {
    let word = words::plain(&item["status"]);
    let ink = match word.as_str() {
        "active" => Ink::Good,
        "paused" => Ink::Soon,
        _ => Ink::Bad,
    };
    let halted = &item["health"]["halted"];
    let why = if word == "halted" { words::plain(&halted["detail"]) } else { String::new() };
    let since = if word == "halted" { words::moment(&halted["at"]) } else { String::new() };
    [ink.on(&word), since, why].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("\n")
}

fn address(item: &Value) -> String {
    let channel = &item["channel"];
    let days = channel["days"].as_i64().unwrap_or_default();
    match channel["url"].as_str() {
        Some(_) => words::plain(&channel["url"]),
        None => format!("{}\nfor {}", words::plain(&item["stream"]), words::days(days)),
    }
}

fn filter(item: &Value) -> String {
    let members = item["filter"].as_object().into_iter().flatten();
    let told = members.map(|(name, value)| format!("{name}: {}", words::plain(value))).collect::<Vec<_>>();
    if told.is_empty() { "all".to_owned() } else { told.join("\n") }
}

/// A line for each key: what verifies it, where that is no secret, and until when it signs.
fn keys(body: &Value) -> String {
    let one = |key: &Value| {
        let until = words::moment(&key["until"]);
        let until = if until.is_empty() { until } else { format!("until {until}") };
        let parts = [words::plain(&key["scheme"]), words::plain(&key["public_key"]), until];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    };
    body["keys"].as_array().into_iter().flatten().map(one).collect::<Vec<_>>().join("\n")
}

fn pending(pending: &Value) -> String {
    if pending.is_null() {
        return String::new();
    }
    let attempts = pending["attempts"].as_u64().unwrap_or_default();
    let next = words::moment(&pending["next"]);
    format!("{next} of {}, after {}", words::plain(&pending["position"]), words::count(attempts, "attempt"))
}

/// The last replay that was asked for, and how far it has come.
fn replay(body: &Value) -> String {
    let (asked, came) = (&body["replay"], &body["health"]["replay"]);
    if asked.is_null() {
        return String::new();
    }
    let span = format!("{} to {}", words::plain(&asked["after"]), words::plain(&asked["through"]));
    match came {
        came if came["number"] != asked["number"] => format!("{span}, to begin"),
        came if came["done"] == true => format!("{span}, done"),
        came => format!("{span}, has come to {}", words::plain(&came["through"])),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ink::rendered;

    fn subscription() -> Value {
        json!({
            "id": "018f0000-0000-7000-8000-000000000007", "name": "visits", "status": "halted", "payload": "full",
            "channel": {"type": "webhook", "url": "https://hooks.example/visits"},
            "filter": {"party": ["CA"], "kind": ["visit"]}, "after": 3,
            "reader": {"party": "PK", "level": "SECRET", "caveats": ["CRYPTO"]},
            "keys": [{"scheme": "v1", "until": "2025-08-02T12:00:00Z"}, {"scheme": "v1a", "public_key": "whpk_AA=="}],
            "replay": {"number": 2, "after": 0, "through": 9}, "created": "2025-08-01T12:00:00Z",
            "created_by": "officer", "changed": "2025-08-01T13:00:00Z",
            "health": {
                "through": 12, "behind": 4, "delivered": 7, "dead": 0, "failing_since": "2025-08-01T12:30:00Z",
                "pending": {"position": 13, "attempts": 2, "next": "2025-08-01T14:00:00Z"},
                "halted": {"at": "2025-08-01T13:30:00Z", "reason": "gone", "detail": "the endpoint answered 410", "resumed": 0},
                "replay": {"number": 2, "through": 5, "done": false},
            },
        })
    }

    #[test]
    fn everything_that_matters_is_said() {
        insta::assert_snapshot!(rendered(&text(&subscription()), false));
    }

    #[test]
    fn a_secret_is_said_where_it_is_told() {
        let mut told = subscription();
        told["secret"] = "whsec_AA==".into();
        assert!(rendered(&text(&told), false).ends_with("The secret, shown this once:\nwhsec_AA=="));
        assert!(!text(&subscription()).contains("secret"));
    }

    #[test]
    fn a_row_says_why_it_does_not_go_on() {
        let row = row(&subscription());
        assert_eq!(rendered(&row[1], false), "halted\n2025-08-01 13:30:00Z\nthe endpoint answered 410");
        assert_eq!((row[3].as_str(), row[5].as_str()), ("kind: visit\nparty: CA", ""));
    }
}
