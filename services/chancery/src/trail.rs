//! `chancery trail`: who did what to a record, when, by which authority, and what proves it.

use serde_json::{Value, json};

use crate::access::Access;
use crate::failure::Failure;
use crate::filters::{Amount, Fresh, Parameters, push};
use crate::history::recorder;
use crate::ink::Ink;
use crate::known::Known;
use crate::named::Named;
use crate::page::Items;
use crate::{out, table, words};

/// Show who did what to a record, when, in whose name, and which checkpoint covers it
///
///   chancery trail engagement/~us-congress-visit-2025-04
///   chancery trail engagement/~us-congress-visit-2025-04 --action corrected --from 2025-06-01
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Trail {
    /// Which record: engagement/UUID, or engagement/~KEY with your own key
    #[arg(value_name = "RECORD")]
    record: Named,

    /// What was done: the name of an event, such as corrected
    #[arg(long, value_name = "EVENT", help_heading = "Which")]
    action: Option<String>,

    #[command(flatten)]
    who: Who,

    #[command(flatten)]
    amount: Amount,

    #[command(flatten)]
    known: Known,

    #[command(flatten)]
    fresh: Fresh,

    #[command(flatten)]
    access: Access,
}

/// By whom, and when.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Which")]
pub(crate) struct Who {
    /// Who did it: the subject of a token
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,

    /// Of which agency
    #[arg(long, value_name = "URI")]
    agency: Option<String>,

    /// At this time or later: a time such as 2025-08-01T12:00:00Z, or a day
    #[arg(long, value_name = "TIME")]
    from: Option<String>,

    /// At this time or earlier
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

impl Who {
    pub(crate) fn add_to(&self, query: &mut Parameters) {
        for (name, value) in
            [("actor", &self.actor), ("agency", &self.agency), ("from", &self.from), ("until", &self.until)]
        {
            push(query, name, value.as_ref());
        }
    }
}

impl Trail {
    /// Prints the trail, oldest first.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let client = self.access.open()?;
        let mut query = Parameters::new();
        push(&mut query, "action", self.action.as_ref());
        self.who.add_to(&mut query);
        self.known.add_to(&mut query);
        self.fresh.add_to(&mut query);
        let path = format!("v1/audit/trail/{}", self.record.address());
        let found = Items::fetch(&client, &path, &query, self.amount.limit).await?;
        if self.access.json {
            return out::say_json(&found.json());
        }
        if !found.items.is_empty() {
            let headings = ["v", "recorded", "by", "what was done and event", "leaf", "checkpoint"];
            out::say(&table::table(&headings, found.items.iter().map(row)))?;
        }
        out::say(&found.footer("event", "events", &self.known.said(found.position)))
    }
}

fn row(item: &Value) -> Vec<String> {
    let field = |name: &str| words::plain(&item[name]);
    vec![
        field("version"),
        words::moment(&item["recordedtime"]),
        recorder(item),
        format!("{}\n{}", done(item), Ink::Faint.on(&field("uid"))),
        field("index"),
        field("checkpoint"),
    ]
}

/// What was done, by which authority, what it changed, and on what it relies.
fn done(item: &Value) -> String {
    let field = |name: &str| words::plain(&item[name]);
    let mut lines =
        vec![format!("{}{}", field("action"), words::changes(&json!({"changes": item["changed"]})))];
    let said = [
        ("authority", "by authority of "),
        ("requester", "asked for by "),
        ("reason", "because: "),
        ("marking", "marked "),
        ("anomalies", "doubts: "),
        ("sources", "sources: "),
    ];
    for (name, label) in said {
        let value = field(name);
        if !value.is_empty() {
            lines.push(format!("{label}{value}"));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_told_with_its_grounds() {
        let item = json!({
            "action": "corrected", "reason": "A slip", "authority": "The Director", "marking": "OFFICIAL",
            "changed": [{"pointer": "/title", "old": "a", "new": "b"}],
        });
        let expected =
            "corrected /title: a → b\nby authority of The Director\nbecause: A slip\nmarked OFFICIAL";
        assert_eq!(done(&item), expected);
    }
}
