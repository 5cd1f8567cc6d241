//! `chancery show`: a record as it stands.

use serde_json::{Map, Value};

use crate::access::Access;
use crate::failure::Failure;
use crate::out;
use crate::page::{Named, push};
use crate::words;

/// Show a record as it stands, with what was corrected and what is contested
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Show {
    /// Which record: engagement/UUID, or engagement/~KEY with your own key
    #[arg(value_name = "RECORD")]
    record: Named,

    /// Wait until the register has worked through the log up to here
    #[arg(long, value_name = "POSITION")]
    min_position: Option<u64>,

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
        let mut query = Vec::new();
        push(&mut query, "min_position", self.min_position.as_ref());
        let answer = client.get(&self.record.path(), &query).await?;
        if self.access.json {
            return out::say_json(&answer.body);
        }
        match answer.body {
            Value::Object(record) => out::say(&text(&record)),
            other => out::say_json(&other),
        }
    }
}

/// What the heading says already.
const IN_HEADING: [&str; 6] = ["title", "subject", "id", "aggregate", "version", "status"];

fn text(record: &Map<String, Value>) -> String {
    let field = |name: &str| record.get(name).map(words::plain).unwrap_or_default();
    let heading =
        [field("title"), format!("{}  version {}  {}", field("subject"), field("version"), field("status"))];
    let mut fields =
        record.iter().filter(|(name, _)| !IN_HEADING.contains(&name.as_str())).collect::<Vec<_>>();
    fields.sort_by_key(|(name, _)| place(name));
    let rows = fields.into_iter().map(|(name, value)| vec![name.replace('_', " "), told(name, value)]);
    let rows = rows.filter(|row| !row[1].is_empty());
    format!("{}\n\n{}", heading.join("\n").trim(), out::table(&[], rows))
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
            items.iter().map(|item| one(name, item)).collect::<Vec<_>>().join("\n")
        }
        Value::Object(_) => one(name, value),
        other => words::plain(other),
    }
}

fn one(name: &str, value: &Value) -> String {
    let field = |field: &str| words::plain(&value[field]);
    match name {
        "corrections" => {
            let reason = value.get("reason").map(|_| format!(" ({})", field("reason"))).unwrap_or_default();
            format!("{}: {} → {}{reason}", field("pointer"), field("old"), field("new"))
        }
        "retractions" => format!("{} ({})", words::short_type(&value["type"]), field("reason")),
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
