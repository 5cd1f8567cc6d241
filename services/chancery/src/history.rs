//! `chancery history`: who recorded what of a record, when, and what has become of it since.

use serde_json::Value;

use crate::access::Access;
use crate::failure::Failure;
use crate::out;
use crate::page::{Items, Named, push};
use crate::words;

/// Show who recorded what of a record, and what was corrected
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct History {
    /// Which record: engagement/UUID, or engagement/~KEY with your own key
    #[arg(value_name = "RECORD")]
    record: Named,

    /// How many events at most
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 500)]
    limit: usize,

    /// Wait until the register has worked through the log up to here
    #[arg(long, value_name = "POSITION")]
    min_position: Option<u64>,

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
        let mut query = Vec::new();
        push(&mut query, "min_position", self.min_position.as_ref());
        let path = format!("{}/events", self.record.path());
        let found = Items::fetch(&client, &path, &query, self.limit).await?;
        if self.access.json {
            return out::say_json(&found.json());
        }
        if !found.items.is_empty() {
            let headings = ["v", "position", "recorded", "what happened", "by", "event", "since"];
            out::say(&out::table(&headings, found.items.iter().map(row)))?;
        }
        out::say(&found.footer("events"))
    }
}

fn row(item: &Value) -> Vec<String> {
    let event = &item["event"];
    vec![
        words::plain(&item["version"]),
        words::plain(&item["position"]),
        words::moment(&event["recordedtime"]),
        format!("{}{}", words::short_type(&event["type"]), words::changes(&event["data"])),
        words::plain(&event["actor"]),
        words::plain(&item["uid"]),
        standing(item),
    ]
}

/// What later events did to this one.
fn standing(item: &Value) -> String {
    let done = [("retracted", "retracted_by"), ("corrected", "corrected_by"), ("contested", "contested_by")];
    let done =
        done.iter().filter(|(_, field)| !words::plain(&item[*field]).is_empty()).map(|(word, _)| *word);
    done.collect::<Vec<_>>().join(", ")
}
