//! `chancery timeline`: the events of parties over valid time.

use domain::Aggregate;
use serde_json::Value;

use crate::access::Access;
use crate::failure::Failure;
use crate::filters::{Amount, Filters, Fresh, push};
use crate::known::Known;
use crate::page::Items;
use crate::{out, table, words};

/// Show what happened, or is to happen, with some parties over time
///
///   chancery timeline --party PK --party CA --oldest
///   chancery timeline --topic security --from 2025-04 --known-at 2025-06-15
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Timeline {
    /// Only records of this kind: engagement, instrument, commitment, matter, party or source
    #[arg(long, value_name = "AGGREGATE", help_heading = "Which")]
    aggregate: Option<Aggregate>,

    #[command(flatten)]
    filters: Filters,

    #[command(flatten)]
    amount: Amount,

    /// Earliest first
    #[arg(long, help_heading = "How much")]
    oldest: bool,

    #[command(flatten)]
    known: Known,

    #[command(flatten)]
    fresh: Fresh,

    #[command(flatten)]
    access: Access,
}

impl Timeline {
    /// Prints the events.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let mut query = self.filters.query();
        push(&mut query, "aggregate", self.aggregate.as_ref());
        push(&mut query, "order", self.oldest.then_some(&"oldest"));
        self.known.add_to(&mut query);
        self.fresh.add_to(&mut query);
        let client = self.access.open()?;
        let found = Items::fetch(&client, "v1/timeline", &query, self.amount.limit).await?;
        if self.access.json {
            return out::say_json(&found.json());
        }
        if !found.items.is_empty() {
            let rows = found.items.iter().map(row);
            out::say(&table::table(&["when", "title, event and record"], rows))?;
        }
        out::say(&found.footer("event", "events", &self.known.said(found.position)))
    }
}

/// One under the other, so that it fits where there are 80 columns.
fn row(item: &Value) -> Vec<String> {
    let field = |name: &str| words::plain(&item[name]);
    let (what, parties) = (words::short_type(&item["type"]), words::parties(item));
    let what = if parties.is_empty() { what } else { format!("{what}: {parties}") };
    vec![words::when_or_undated(&item["when"]), words::entry(&field("title"), &[what], &field("subject"))]
}
