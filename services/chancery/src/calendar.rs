//! `chancery calendar`: what is to come.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::access::Access;
use crate::agenda::{self, Due};
use crate::client::Client;
use crate::failure::Failure;
use crate::filters::{Amount, Filters, Fresh, Parameter, push};
use crate::known::{Known, Today};
use crate::page::Items;
use crate::{out, table, words};

/// Show what is to come: engagements expected or scheduled, commitments due, periods that run, reviews
///
/// From today on, unless --from says otherwise. A thing expected in June stands between its first and its last day.
///
///   chancery calendar --party CA --to 2026-12
///   chancery calendar --from 2025-06-01 --due commitment,clock
///   chancery calendar --party US --ics --output us.ics
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Calendar {
    #[command(flatten)]
    filters: Filters,

    #[command(flatten)]
    due: Due,

    #[command(flatten)]
    amount: Amount,

    /// Latest first
    #[arg(long, help_heading = "How much")]
    newest: bool,

    #[command(flatten)]
    today: Today,

    #[command(flatten)]
    known: Known,

    #[command(flatten)]
    fresh: Fresh,

    /// As a file for calendar programs (iCalendar, RFC 5545): all of it, whatever --limit says
    #[arg(long, help_heading = "How it is shown", conflicts_with = "json")]
    ics: bool,

    /// Write it to a file
    #[arg(long, short, value_name = "FILE", help_heading = "How it is shown", requires = "ics")]
    output: Option<PathBuf>,

    #[command(flatten)]
    access: Access,
}

impl Calendar {
    /// Prints what is to come, the next first.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let today = self.today.day(&self.known);
        let mut query = self.filters.query();
        self.due.add_to(&mut query);
        self.known.add_to(&mut query);
        self.fresh.add_to(&mut query);
        push(&mut query, "today", Some(&today));
        let client = self.access.open()?;
        if self.ics {
            return self.icalendar(&client, &query).await;
        }
        push(&mut query, "order", self.newest.then_some(&"newest"));
        let found = Items::fetch(&client, "v1/calendar", &query, self.amount.limit).await?;
        if self.access.json {
            let mut answer = found.json();
            answer["today"] = json!(today.to_string());
            return out::say_json(&answer);
        }
        if !found.items.is_empty() {
            let rows = found.items.iter().map(|item| row(item, &agenda::distance(item, today)));
            out::say(&table::table(&["when", "from today", "what and record"], rows))?;
        }
        let at = format!(" as of {today},{}", self.known.said(found.position));
        out::say(&found.footer("entry", "entries", &at))
    }

    /// All of it: a file has no pages.
    async fn icalendar(&self, client: &Client, query: &[Parameter]) -> Result<(), Failure> {
        let text = client.document("v1/calendar.ics", query, "text/calendar").await?;
        out::leave(&text, self.output.as_deref())
    }
}

fn row(item: &Value, distance: &str) -> Vec<String> {
    vec![words::when_or_undated(&item["when"]), distance.to_owned(), agenda::what(item)]
}
