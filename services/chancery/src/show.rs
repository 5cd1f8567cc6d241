//! `chancery show`: a record as it stands.

use serde_json::{Map, Value};

use crate::access::Access;
use crate::failure::Failure;
use crate::filters::{Fresh, Parameters};
use crate::ink::Ink;
use crate::known::Known;
use crate::named::Named;
use crate::{out, table, words};

/// Show a record as it stands, with what was corrected and what is contested
///
///   chancery show engagement/~us-congress-visit-2025-04
///   chancery show engagement/~us-congress-visit-2025-04 --known-at 2025-06-15
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Show {
    /// Which record: engagement/UUID, or engagement/~KEY with your own key
    #[arg(value_name = "RECORD")]
    record: Named,

    #[command(flatten)]
    known: Known,

    #[command(flatten)]
    fresh: Fresh,

    #[command(flatten)]
    access: Access,
}

impl Show {
    /// Prints the record.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let client = self.access.open()?;
        let mut query = Parameters::new();
        self.known.add_to(&mut query);
        self.fresh.add_to(&mut query);
        let answer = client.get(&self.record.path(), &query).await?;
        if self.access.json {
            return out::say_json(&answer.body);
        }
        match answer.body {
            Value::Object(record) => {
                out::say(&text(&record))?;
                let at = self.known.said(answer.position);
                if self.known.is_given() { out::say(&format!("\n{}", at.trim_start())) } else { Ok(()) }
            }
            other => out::say_json(&other),
        }
    }
}

/// What the heading says already.
const IN_HEADING: [&str; 6] = ["title", "subject", "id", "aggregate", "version", "status"];

fn text(record: &Map<String, Value>) -> String {
    let field = |name: &str| record.get(name).map(words::plain).unwrap_or_default();
    let about = format!("{}  version {}  {}", field("subject"), field("version"), field("status"));
    let heading = [Ink::Bold.on(&field("title")), about];
    let mut fields =
        record.iter().filter(|(name, _)| !IN_HEADING.contains(&name.as_str())).collect::<Vec<_>>();
    fields.sort_by_key(|(name, _)| place(name));
    let rows = fields
        .into_iter()
        .map(|(name, value)| vec![Ink::Faint.on(&name.replace('_', " ")), told(name, value)]);
    let rows = rows.filter(|row| !row[1].is_empty());
    format!("{}\n\n{}", heading.join("\n").trim(), table::table(&[], rows))
}

/// What a reader looks for first, and what last. The rest stands between.
const FIRST: [&str; 16] = [
    "kind",
    "strength",
    "text",
    "occurred",
    "window",
    "first_window",
    "due",
    "place",
    "mode",
    "participants",
    "parties",
    "owners",
    "beneficiaries",
    "topics",
    "series",
    "situation",
];
const LAST: [&str; 14] = [
    "utterances",
    "notes",
    "links",
    "linked",
    "contests",
    "accounts",
    "corrections",
    "retractions",
    "anomalies",
    "citations",
    "course",
    "marking",
    "agency",
    "recorded",
];

fn place(name: &str) -> usize {
    let first = FIRST.iter().position(|first| *first == name);
    let last = || LAST.iter().position(|last| *last == name).map(|at| FIRST.len() + 1 + at);
    first.or_else(last).unwrap_or(FIRST.len())
}

/// A field; lists of values that are more than a word have a line for each.
fn told(name: &str, value: &Value) -> String {
    match value {
        Value::Array(items) if items.iter().any(Value::is_object) => {
            grouped(items.iter().map(|item| one(name, item))).join("\n")
        }
        Value::Object(_) => one(name, value),
        other => words::plain(other),
    }
}

/// Equal lines once, with their number.
fn grouped(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut groups = Vec::<(String, usize)>::new();
    for line in lines {
        match groups.iter_mut().find(|(known, _)| *known == line) {
            Some((_, count)) => *count += 1,
            None => groups.push((line, 1)),
        }
    }
    let told = |(line, count)| if count == 1 { line } else { format!("{line} ({count} times)") };
    groups.into_iter().map(told).collect()
}

fn one(name: &str, value: &Value) -> String {
    let field = |field: &str| words::plain(&value[field]);
    match name {
        "corrections" => {
            let reason = value.get("reason").map(|_| format!(" ({})", field("reason"))).unwrap_or_default();
            format!("{}: {} → {}{reason}", field("pointer"), field("old"), field("new"))
        }
        "retractions" => {
            let reason = value.get("reason").map(|_| format!(" ({})", field("reason"))).unwrap_or_default();
            format!("{} {}{reason}", words::short_type(&value["type"]), field("retracts"))
        }
        "standing" => words::standing(value),
        "course" => format!("{} {}", words::plain(value), field("event")),
        "anomalies" => format!("{} {} {}", field("code"), field("pointer"), field("detail")),
        "contests" | "accounts" => contest(value),
        "recorded" => format!("{} to {}", words::moment(&value["first"]), words::moment(&value["last"])),
        _ => words::plain(value),
    }
}

fn contest(value: &Value) -> String {
    let alternatives = value["alternatives"].as_array();
    let alternatives = alternatives.into_iter().flatten().map(|other| words::plain(&other["value"]));
    let alternatives = alternatives.collect::<Vec<_>>().join(" | ");
    format!(
        "{}: {} or {alternatives}",
        words::plain(&value["pointer"]),
        words::plain(&value["standing"]["value"])
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_citations_are_one_line() {
        let cited = json!([{"source": "first-hand", "event": "a"}, {"source": "first-hand", "event": "b"}, {"source": "x"}]);
        assert_eq!(told("citations", &cited), "first-hand (2 times)\nx");
    }

    #[test]
    fn a_retraction_says_what_of() {
        let retraction =
            json!({"type": "chancery.engagement.held.v1", "retracts": "u", "event": "v", "recorded": "x"});
        assert_eq!(one("retractions", &retraction), "engagement.held u");
    }
}
