//! `chancery list`: the records of a collection that meet every filter.

use domain::Aggregate;
use serde_json::Value;

use crate::access::Access;
use crate::failure::Failure;
use crate::out;
use crate::page::{Filters, Items, push};
use crate::words;

/// List records: engagements, instruments, commitments, matters, parties or sources
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Which collection
    #[arg(value_name = "COLLECTION", value_parser = collection)]
    aggregate: Aggregate,

    #[command(flatten)]
    filters: Filters,

    /// One of its places or parties is of this country (ISO 3166-1 alpha-2)
    #[arg(long, value_name = "CODE")]
    country: Option<String>,

    /// Its kind, such as visit or mou
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,

    /// Its status, such as held or expected
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,

    /// Every one of these words stands in it
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,

    #[command(flatten)]
    access: Access,
}

impl List {
    /// Prints the records.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let mut query = self.filters.query();
        push(&mut query, "country", self.country.as_ref());
        push(&mut query, "kind", self.kind.as_ref());
        push(&mut query, "status", self.status.as_ref());
        push(&mut query, "text", self.text.as_ref());
        let client = self.access.open()?;
        let name = self.aggregate.collection();
        let found = Items::fetch(&client, &format!("v1/{name}"), &query, self.filters.limit).await?;
        if self.access.json {
            return out::say_json(&found.json());
        }
        if !found.items.is_empty() {
            out::say(&out::table(&["when", "status", "title and record"], found.items.iter().map(row)))?;
        }
        out::say(&found.footer(self.aggregate.as_str(), name))
    }
}

fn row(item: &Value) -> Vec<String> {
    let field = |name: &str| words::plain(&item[name]);
    let due = words::when(&item["due"]);
    let due = if due.is_empty() { due } else { format!("due {due}") };
    let lines =
        |lines: [String; 3]| lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    let kind = if item["strength"].is_null() { field("kind") } else { field("strength") };
    let title = lines([field("title"), who(item), field("subject")]);
    vec![words::when_or_undated(&item["when"]), lines([field("status"), kind, due]), title]
}

/// Whose it is, of a commitment; else nobody: the title says who takes part.
fn who(item: &Value) -> String {
    let owners = words::plain(&item["owners"]);
    if owners.is_empty() { owners } else { format!("owed by {owners}") }
}

fn collection(text: &str) -> Result<Aggregate, String> {
    let names = Aggregate::ALL.map(Aggregate::collection).join(", ");
    let found = Aggregate::from_collection(text).or_else(|| text.parse().ok());
    found.ok_or_else(|| format!("expected one of {names}"))
}
