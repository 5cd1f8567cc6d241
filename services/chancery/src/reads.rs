//! `chancery reads`: who was shown marked material, and what left the register.

use serde_json::Value;

use crate::access::Access;
use crate::failure::Failure;
use crate::filters::{Amount, Parameters, push};
use crate::named::Named;
use crate::page::Items;
use crate::trail::Who;
use crate::{out, table, words};

/// Records of an entry that are named in the table.
const MOST_NAMED: usize = 3;

/// Show who was shown marked material and what left the register, the latest first; for auditors
///
///   chancery reads --subject engagement/018f0000-0000-7000-8000-000000000002
///   chancery reads --actor officer --outcome refused --from 2025-06-01
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Reads {
    /// This record was shown: engagement/UUID
    #[arg(long, value_name = "RECORD", help_heading = "Which")]
    subject: Option<Named>,

    /// What sort of entry: read, export or audit
    #[arg(long, value_name = "KIND", help_heading = "Which")]
    kind: Option<String>,

    /// What became of it: shown, unchanged, refused or failed
    #[arg(long, value_name = "OUTCOME", help_heading = "Which")]
    outcome: Option<String>,

    #[command(flatten)]
    who: Who,

    #[command(flatten)]
    amount: Amount,

    #[command(flatten)]
    access: Access,
}

impl Reads {
    /// Prints entries, the latest first.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let client = self.access.open()?;
        let mut query = Parameters::new();
        push(&mut query, "subject", self.subject.as_ref());
        push(&mut query, "kind", self.kind.as_ref());
        push(&mut query, "outcome", self.outcome.as_ref());
        self.who.add_to(&mut query);
        let found = Items::fetch(&client, "v1/audit/reads", &query, self.amount.limit).await?;
        if self.access.json {
            return out::say_json(&found.json());
        }
        if !found.items.is_empty() {
            let headings = ["logged", "who", "kind", "outcome", "marking", "what was asked and record"];
            out::say(&table::table(&headings, found.items.iter().map(row)))?;
        }
        out::say(&found.footer("entry", "entries", ""))?;
        // It is shown all the same: what was altered has to be looked at.
        found.unproved.map_or(Ok(()), |why| Err(Failure::Unproved(format!("NOT PROVED: {why}"))))
    }
}

fn row(item: &Value) -> Vec<String> {
    let field = |name: &str| words::plain(&item[name]);
    let who =
        format!("{} ({}) for {}\nfrom {}", field("actor"), field("agency"), field("party"), field("peer"));
    let records = item["records"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut what = vec![field("asked")];
    what.extend(records.iter().take(MOST_NAMED).map(words::plain));
    if records.len() > MOST_NAMED {
        what.push(format!("and {}", words::count(records.len() - MOST_NAMED, "more record")));
    }
    vec![
        words::moment(&item["logged"]),
        who,
        field("kind"),
        format!("{} ({})", field("outcome"), field("status")),
        field("marking"),
        what.join("\n"),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_is_a_row() {
        let item = json!({
            "logged": "2025-08-01T12:00:00.123Z", "actor": "officer", "agency": "urn:agency:pk", "party": "PK",
            "peer": "127.0.0.1:5", "kind": "read", "outcome": "shown", "status": 200, "marking": "SECRET",
            "asked": "GET /v1/engagements", "records": ["a", "b", "c", "d", "e"],
        });
        let row = row(&item);
        assert_eq!(row[0], "2025-08-01 12:00:00Z");
        assert_eq!(row[1], "officer (urn:agency:pk) for PK\nfrom 127.0.0.1:5");
        assert_eq!(row[3], "shown (200)");
        assert_eq!(row[5], "GET /v1/engagements\na\nb\nc\nand 2 more records");
    }
}
