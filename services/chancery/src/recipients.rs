//! `chancery recipients`: who received an event.

use serde_json::Value;

use crate::access::Access;
use crate::failure::Failure;
use crate::filters::Amount;
use crate::page::Items;
use crate::{named, out, table, words};

/// Show who received an event, when and how; for auditors
///
/// Whatever was sent for subscriptions, then what streams were given. An event is named by its uid.
///
///   chancery recipients 018f0000-0000-7000-8000-000000000002
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Recipients {
    /// The uid of the event, or ~ID for one of your own
    #[arg(value_name = "EVENT")]
    event: String,

    #[command(flatten)]
    amount: Amount,

    #[command(flatten)]
    access: Access,
}

impl Recipients {
    /// Prints receipts.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let client = self.access.open()?;
        let path = format!("v1/events/{}/recipients", named::percent_encoded(&self.event));
        let found = Items::fetch(&client, &path, &[], self.amount.limit).await?;
        if self.access.json {
            return out::say_json(&found.json());
        }
        if !found.items.is_empty() {
            let headings = ["when", "who", "how", "why", "subscription or request"];
            out::say(&table::table(&headings, found.items.iter().map(row)))?;
        }
        out::say(&found.footer("recipient", "recipients", ""))
    }
}

fn row(item: &Value) -> Vec<String> {
    let field = |name: &str| words::plain(&item[name]);
    let of = if item["subscription"].is_null() { "request" } else { "subscription" };
    let how = [field("channel"), field("host")].join(" ");
    let why = match item["because"].as_str() {
        None => "it was wanted".to_owned(),
        Some("notice") => "told that it is recalled".to_owned(),
        Some(because) => because.to_owned(),
    };
    let who = format!("{} ({}) for {}", field("subject"), field("agency"), field("party"));
    vec![words::moment(&item["at"]), who, how.trim_end().to_owned(), why, field(of)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_receipt_is_a_row() {
        let by_webhook = json!({
            "at": "2025-08-01T12:00:00.123Z", "subject": "officer", "agency": "urn:agency:pk", "party": "PK",
            "channel": "webhook", "host": "hooks.example", "subscription": "s-1", "because": "replay",
        });
        let row_of = |item: &Value| row(item).join("|");
        let officer = "2025-08-01 12:00:00Z|officer (urn:agency:pk) for PK";
        assert_eq!(row_of(&by_webhook), format!("{officer}|webhook hooks.example|replay|s-1"));
        let mut by_stream = by_webhook;
        for (name, value) in [
            ("channel", json!("stream")),
            ("host", json!(null)),
            ("because", json!("notice")),
            ("subscription", json!(null)),
            ("request", json!("r-1")),
        ] {
            by_stream[name] = value;
        }
        assert_eq!(row_of(&by_stream), format!("{officer}|stream|told that it is recalled|r-1"));
    }
}
