//! `chancery timeline`: the events of parties over valid time.

use domain::Aggregate;
use serde_json::Value;

use crate::access::Access;
use crate::failure::Failure;
use crate::out;
use crate::page::{Filters, Items, push};
use crate::words;

/// Show what happened, or is to happen, with some parties over time
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Timeline {
    /// Only records of this kind: engagement, instrument, commitment, matter, party or source
    #[arg(long, value_name = "AGGREGATE")]
    aggregate: Option<Aggregate>,

    #[command(flatten)]
    filters: Filters,

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
        let client = self.access.open()?;
        let found = Items::fetch(&client, "v1/timeline", &query, self.filters.limit).await?;
        if self.access.json {
            return out::say_json(&found.json());
        }
        if !found.items.is_empty() {
            let rows = found.items.iter().map(row);
            out::say(&out::table(&["when", "title, event and record"], rows))?;
        }
        out::say(&found.footer("event", "events"))
    }
}

/// One under the other, so that it fits where there are 80 columns.
fn row(item: &Value) -> Vec<String> {
    let field = |name: &str| words::plain(&item[name]);
    let (what, parties) = (words::short_type(&item["type"]), words::parties(item));
    let what = if parties.is_empty() { what } else { format!("{what}: {parties}") };
    vec![words::when_or_undated(&item["when"]), format!("{}\n{what}\n{}", field("title"), field("subject"))]
}
