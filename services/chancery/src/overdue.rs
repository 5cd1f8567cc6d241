//! `chancery overdue`: what was foreseen and did not come, soon must, or came late.

use clap::builder::PossibleValue;
use serde_json::{Value, json};

use crate::access::Access;
use crate::agenda::{self, Due};
use crate::failure::Failure;
use crate::filters::{Amount, Filters, Fresh, push};
use crate::ink::Ink;
use crate::known::{Known, Today};
use crate::page::Items;
use crate::{out, table, words};

/// Show what is overdue, what soon will be, and what came late
///
/// Something foreseen is overdue when its last day has passed and nothing recorded has ended it.
///
///   chancery overdue --party US --today 2025-08-01
///   chancery overdue --state running_out --within 90
///   chancery overdue --due clock --known-at 2025-08-01
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Overdue {
    #[command(flatten)]
    filters: Filters,

    #[command(flatten)]
    due: Due,

    /// Only what stands so; repeatable
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = states(), help_heading = "Which")]
    state: Vec<String>,

    /// Days ahead within which something runs out [default: 30]
    #[arg(long, value_name = "DAYS", help_heading = "Which")]
    within: Option<u16>,

    #[command(flatten)]
    amount: Amount,

    #[command(flatten)]
    today: Today,

    #[command(flatten)]
    known: Known,

    #[command(flatten)]
    fresh: Fresh,

    #[command(flatten)]
    access: Access,
}

fn states() -> [PossibleValue; 3] {
    [
        PossibleValue::new("overdue").help("Its last day has passed and nothing ended it"),
        PossibleValue::new("running_out")
            .alias("running-out")
            .help("Its last day is near and nothing ended it"),
        PossibleValue::new("late").help("It came after its last day"),
    ]
}

impl Overdue {
    /// Prints a section for each state, what is longest overdue first.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let today = self.today.day(&self.known);
        let mut query = self.filters.query();
        self.due.add_to(&mut query);
        for state in &self.state {
            push(&mut query, "state", Some(&state.replace('-', "_")));
        }
        push(&mut query, "within", self.within.as_ref());
        self.known.add_to(&mut query);
        self.fresh.add_to(&mut query);
        push(&mut query, "today", Some(&today));
        let client = self.access.open()?;
        let found = Items::fetch(&client, "v1/overdue", &query, self.amount.limit).await?;
        if self.access.json {
            let mut answer = found.json();
            answer["today"] = json!(today.to_string());
            return out::say_json(&answer);
        }
        let text = sections(&found.items, out::width());
        if !text.is_empty() {
            out::say(&text)?;
        }
        let at = format!(" as of {today},{}", self.known.said(found.position));
        out::say(&found.footer("entry", "entries", &at))
    }
}

/// A state, its heading, and how its days are said.
type Section = (&'static str, &'static str, fn(&Value) -> String);

const SECTIONS: [Section; 3] = [
    ("overdue", "Overdue", |item| Ink::Bad.on(&format!("{} late", days(item)))),
    ("running_out", "Running out", |item| Ink::Soon.on(&left(item))),
    ("late", "Came late", came),
];

/// Each section with its table, fitted to a width.
fn sections(items: &[Value], width: u16) -> String {
    let section = |(state, heading, said): &Section| {
        let of_it = items.iter().filter(|item| item["state"] == *state).collect::<Vec<_>>();
        let rows = of_it.iter().map(|item| row(item, said(item)));
        let table = table::fitted(width, &["foreseen", "how late", "what and record"], rows);
        (!of_it.is_empty()).then(|| format!("{}\n{table}", Ink::Bold.on(heading)))
    };
    SECTIONS.iter().filter_map(section).collect::<Vec<_>>().join("\n\n")
}

fn row(item: &Value, said: String) -> Vec<String> {
    let first = words::plain(&item["first_window"]);
    let first = if first.is_empty() { first } else { format!("\nfirst {first}") };
    vec![format!("{}{first}", words::when_or_undated(&item["when"])), said, agenda::what(item)]
}

fn days(item: &Value) -> String {
    words::days(item["days"].as_i64().unwrap_or_default())
}

fn left(item: &Value) -> String {
    match item["days"].as_i64() {
        Some(0) => "today is the last day".to_owned(),
        Some(1) => "tomorrow is the last day".to_owned(),
        _ => format!("{} left", days(item)),
    }
}

/// By how much it was late, and when it came.
fn came(item: &Value) -> String {
    let occurred = words::when(&item["occurred"]);
    let on = if occurred.is_empty() { occurred } else { format!("\ncame {occurred}") };
    format!("{} late{on}", days(item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_say_how_late_what_is() {
        let common = json!({"due": "engagement", "aggregate": "engagement", "kind": "dialogue",
            "subject": "engagement/019a0000-0000-7000-8000-000000000000", "names": ["Pakistan", "United States"]});
        let item = |more: Value| {
            let mut item = common.clone();
            item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            item
        };
        let items = [
            item(
                json!({"state": "overdue", "days": 32, "title": "Counterterrorism dialogue", "status": "expected",
                "when": {"edtf": "2025-06", "as_stated": "in June"}}),
            ),
            item(json!({"state": "running_out", "days": 0, "title": "Conference", "status": "scheduled",
                "when": {"edtf": "2025-08-01"}})),
            item(json!({"state": "late", "days": 43, "title": "Consultations", "status": "held",
                "when": {"edtf": "2025-06"}, "occurred": {"edtf": "2025-08-12"}, "slip_days": 43})),
        ];
        insta::assert_snapshot!(crate::ink::rendered(&sections(&items, 100), false));
    }
}
