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
            let headings = ["v", "position", "recorded", "by", "what happened and event"];
            out::say(&out::table(&headings, found.items.iter().map(row)))?;
        }
        out::say(&found.footer("event", "events"))
    }
}

fn row(item: &Value) -> Vec<String> {
    let event = &item["event"];
    let field = |name: &str| words::plain(&item[name]);
    let what = format!("{}{}", words::short_type(&event["type"]), words::changes(&event["data"]));
    let since = standing(item);
    let what = if since.is_empty() { what } else { format!("{what} ({since} since)") };
    vec![
        field("version"),
        field("position"),
        words::moment(&event["recordedtime"]),
        words::plain(&event["actor"]),
        format!("{what}\n{}", field("uid")),
    ]
}

/// What later events did to this one.
fn standing(item: &Value) -> String {
    let done = [("retracted", "retracted_by"), ("corrected", "corrected_by"), ("contested", "contested_by")];
    let done =
        done.iter().filter(|(_, field)| !words::plain(&item[*field]).is_empty()).map(|(word, _)| *word);
    done.collect::<Vec<_>>().join(", ")
}
