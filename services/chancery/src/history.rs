//! `chancery history`: who recorded what of a record, when, and what has become of it since.

use serde_json::Value;

use crate::access::Access;
use crate::failure::Failure;
use crate::filters::{Fresh, Parameters};
use crate::ink::Ink;
use crate::known::Known;
use crate::named::Named;
use crate::page::Items;
use crate::{out, table, words};

/// Show who recorded what of a record, and what was corrected
///
///   chancery history engagement/~us-congress-visit-2025-04
///   chancery history engagement/~us-congress-visit-2025-04 --known-at 2025-06-15
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct History {
    /// Which record: engagement/UUID, or engagement/~KEY with your own key
    #[arg(value_name = "RECORD")]
    record: Named,

    /// How many events at most
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 500)]
    limit: usize,

    #[command(flatten)]
    known: Known,

    #[command(flatten)]
    fresh: Fresh,

    #[command(flatten)]
    access: Access,
}

impl History {
    /// Prints the history, oldest first.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let client = self.access.open()?;
        let mut query = Parameters::new();
        self.known.add_to(&mut query);
        self.fresh.add_to(&mut query);
        let path = format!("{}/events", self.record.path());
        let found = Items::fetch(&client, &path, &query, self.limit).await?;
        if self.access.json {
            return out::say_json(&found.json());
        }
        if !found.items.is_empty() {
            let headings = ["v", "position", "recorded", "by", "what happened and event"];
            let rows = found.items.iter().map(|item| row(item, &found.items));
            out::say(&table::table(&headings, rows))?;
        }
        out::say(&found.footer("event", "events", &self.known.said(found.position)))
    }
}

fn row(item: &Value, all: &[Value]) -> Vec<String> {
    let event = &item["event"];
    let field = |name: &str| words::plain(&item[name]);
    let what = format!("{}{}", words::short_type(&event["type"]), said(&event["data"], all));
    let since = standing(item);
    let what = if since.is_empty() { what } else { format!("{what} ({since} since)") };
    vec![
        field("version"),
        field("position"),
        words::moment(&event["recordedtime"]),
        recorder(event),
        format!("{what}\n{}", Ink::Faint.on(&field("uid"))),
    ]
}

/// Who recorded it, in whose name, and as whose word if that is another's.
pub(crate) fn recorder(event: &Value) -> String {
    let [actor, agency, source, principal] =
        ["actor", "agency", "source", "onbehalfof"].map(|name| words::plain(&event[name]));
    let mut text = format!("{actor} ({agency})");
    if !principal.is_empty() {
        text.push_str(&format!("\nfor {principal}"));
    }
    if source != agency {
        text.push_str(&format!("\nsource {source}"));
    }
    text
}

/// What an event says that no record shows by itself: what it did to which event, when, and why.
fn said(data: &Value, all: &[Value]) -> String {
    let version = |uid: &Value| {
        let found = all.iter().find(|item| item["uid"] == *uid);
        found.map_or_else(|| words::plain(uid), |item| format!("v{}", words::plain(&item["version"])))
    };
    let told = |(name, label): &(&str, &str)| {
        let value = data.get(*name)?;
        let value = if REFERENCES.contains(name) { version(value) } else { words::plain(value) };
        (!value.is_empty()).then(|| format!("{label}{value}"))
    };
    let told = SAID.iter().filter_map(told).collect::<Vec<_>>().join(", ");
    let told = if told.is_empty() { told } else { format!(" {told}") };
    let reason = words::plain(&data["reason"]);
    let reason = if reason.is_empty() { reason } else { format!(" ({reason})") };
    format!("{told}{}{reason}", words::changes(data))
}

/// Fields that hold an event of the record.
const REFERENCES: [&str; 4] = ["event", "hold", "restates", "chosen"];

/// What is said of an event here, with what stands before it. Dates first.
const SAID: [(&str, &str); 17] = [
    ("occurred", ""),
    ("window", ""),
    ("event", "of "),
    ("restates", "restates "),
    ("pointer", "at "),
    ("alternative", "should be "),
    ("chosen", "chosen: "),
    ("record", ""),
    ("level", "level "),
    ("caveats", "caveats "),
    ("to", "to "),
    ("review_on", "review on "),
    ("hold", "hold of "),
    ("class", "class "),
    ("action", "then "),
    ("how", ""),
    ("authority", "by authority of "),
];

/// What later events did to this one.
fn standing(item: &Value) -> String {
    let done = [("retracted", "retracted_by"), ("corrected", "corrected_by"), ("contested", "contested_by")];
    let done =
        done.iter().filter(|(_, field)| !words::plain(&item[*field]).is_empty()).map(|(word, _)| *word);
    done.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_done_to_a_record_is_said_in_a_line() {
        let all = [json!({"uid": "u1", "version": 1})];
        let cases = [
            (json!({"occurred": {"edtf": "2025-06"}}), " 2025-06"),
            (json!({"to": ["CA", "US"], "reason": "Agreed"}), " to CA, US (Agreed)"),
            (json!({"level": "SECRET", "review_on": {"edtf": "2027"}}), " level SECRET, review on 2027"),
            (json!({"event": "u1", "reason": "Wrong record"}), " of v1 (Wrong record)"),
            (
                json!({"event": "u1", "changes": [{"pointer": "/title", "old": "a", "new": "b"}]}),
                " of v1 /title: a → b",
            ),
        ];
        for (data, expected) in cases {
            assert_eq!(said(&data, &all), expected);
        }
    }

    #[test]
    fn a_recorder_is_named_with_the_agency() {
        let mut event = json!({"actor": "officer", "agency": "urn:agency:pk", "source": "urn:agency:pk"});
        assert_eq!(recorder(&event), "officer (urn:agency:pk)");
        event["source"] = json!("urn:agency:pk/desk");
        assert_eq!(recorder(&event), "officer (urn:agency:pk)\nsource urn:agency:pk/desk");
    }
}
