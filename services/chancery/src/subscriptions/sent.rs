//! What was sent, and sending again.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Chosen, One, say};
use crate::access::Access;
use crate::failure::Failure;
use crate::filters::{Amount, Parameter, Parameters, push};
use crate::ink::Ink;
use crate::page::Items;
use crate::{out, table, words};

/// Show what was sent and what became of it, the latest first
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Sent {
    #[command(flatten)]
    which: Chosen,

    /// What became of it: delivered, failed or dead
    #[arg(long, value_name = "OUTCOME", help_heading = "Which")]
    outcome: Option<String>,

    /// The attempts of one event, by its uid
    #[arg(long, value_name = "UID", help_heading = "Which")]
    event: Option<String>,

    #[command(flatten)]
    amount: Amount,

    #[command(flatten)]
    access: Access,
}

/// Send one signed message of the type test now, and say what became of it
///
/// It fails (exit code 1) when the receiver did not take it.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Test {
    #[command(flatten)]
    one: One,
}

/// Tell again what was recorded, with the ids that it had
///
///   chancery subscriptions replay visits --after 1200 --through 1300
///   chancery subscriptions replay visits --from 2025-08-01T12:00:00Z
///   chancery subscriptions replay visits --position 1234
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Replay {
    #[command(flatten)]
    which: Chosen,

    /// What is behind this position
    #[arg(long, value_name = "POSITION", required_unless_present_any = ["from", "position"])]
    after: Option<u64>,

    /// Up to this position [default: the present end]
    #[arg(long, value_name = "POSITION", requires = "after")]
    through: Option<u64>,

    /// What was recorded at this time or later
    #[arg(long, value_name = "TIME", conflicts_with = "after")]
    from: Option<String>,

    /// What was recorded by this time [default: now]
    #[arg(long, value_name = "TIME", requires = "from")]
    until: Option<String>,

    /// The one event at this position, such as one that was given up
    #[arg(long, value_name = "POSITION", conflicts_with_all = ["after", "from"], value_parser = clap::value_parser!(u64).range(1..))]
    position: Option<u64>,

    #[command(flatten)]
    access: Access,
}

impl Sent {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let mut query = Parameters::new();
        push(&mut query, "outcome", self.outcome.as_ref());
        push(&mut query, "event", self.event.as_ref());
        print(&self.which, "deliveries", &query, &self.amount, &self.access).await
    }
}

/// Prints attempts.
pub(super) async fn print(
    which: &Chosen,
    what: &str,
    query: &[Parameter],
    amount: &Amount,
    access: &Access,
) -> Result<(), Failure> {
    let client = access.open()?;
    let path = format!("{}/{what}", which.path(&client).await?);
    let found = Items::fetch(&client, &path, query, amount.limit).await?;
    if access.json {
        return out::say_json(&found.json());
    }
    if !found.items.is_empty() {
        let headings = ["when", "what became of it", "attempt", "took", "position", "what", "event"];
        out::say(&table::table(&headings, found.items.iter().map(row)))?;
    }
    out::say(&found.footer("attempt", "attempts", ""))
}

fn row(item: &Value) -> Vec<String> {
    let field = |name: &str| words::plain(&item[name]);
    let outcome = field("outcome");
    let ink = if outcome == "delivered" { Ink::Good } else { Ink::Bad };
    let status = field("status");
    let status = if status.is_empty() { status } else { format!(" ({status})") };
    // What a receiver that took it answered besides is seldom of interest.
    let response = if outcome == "delivered" { String::new() } else { field("response") };
    let because = field("because");
    let mut what = vec![words::short_type(&item["type"])];
    what.extend(Some(because).filter(|because| !because.is_empty()));
    vec![
        words::moment(&item["time"]),
        [format!("{}{status}", ink.on(&outcome)), response].join("\n").trim_end().to_owned(),
        field("number"),
        format!("{} ms", field("took_ms")),
        field("position"),
        what.join("\n"),
        field("event"),
    ]
}

impl Test {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let client = self.one.access.open()?;
        let path = format!("{}/test", self.one.which.path(&client).await?);
        let tried = client.change(Method::POST, &path, None).await?;
        if self.one.access.json {
            out::say_json(&tried)?;
        } else {
            out::say(&told(&tried))?;
        }
        // It was said what is wrong.
        if tried["delivered"] == true { Ok(()) } else { Err(Failure::Unproved(String::new())) }
    }
}

fn told(tried: &Value) -> String {
    let field = |name: &str| words::plain(&tried[name]);
    let (ink, word) =
        if tried["delivered"] == true { (Ink::Good, "delivered") } else { (Ink::Bad, "not delivered") };
    let status = field("status");
    let status = if status.is_empty() { status } else { format!(" (status {status})") };
    format!("{}{status} in {} ms\n{}", ink.on(word), field("took_ms"), field("response"))
        .trim_end()
        .to_owned()
}

impl Replay {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let client = self.access.open()?;
        let path = format!("{}/replay", self.which.path(&client).await?);
        say(&client.change(Method::POST, &path, Some(&self.span())).await?, self.access.json)
    }

    fn span(&self) -> Value {
        if let Some(position) = self.position {
            return json!({"after": position - 1, "through": position});
        }
        let mut span = json!({});
        let members = [
            ("after", self.after.map(Value::from)),
            ("through", self.through.map(Value::from)),
            ("from", self.from.clone().map(Value::from)),
            ("until", self.until.clone().map(Value::from)),
        ];
        for (name, value) in members {
            if let Some(value) = value {
                span[name] = value;
            }
        }
        span
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::ink::rendered;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        replay: Replay,
    }

    #[test]
    fn a_replay_is_of_positions_of_times_or_of_one_event() {
        let span = |line: &str| {
            let line = Line::try_parse_from(format!("chancery visits {line}").trim().split(' '));
            line.ok().map(|line| line.replay.span())
        };
        assert_eq!(span("--position 7"), Some(json!({"after": 6, "through": 7})));
        assert_eq!(span("--after 0"), Some(json!({"after": 0})));
        assert_eq!(span("--from a --until b"), Some(json!({"from": "a", "until": "b"})));
        for wrong in
            ["", "--through 3", "--until b", "--position 0", "--after 1 --from a", "--position 7 --after 1"]
        {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_attempt_is_a_row() {
        let item = json!({
            "time": "2025-08-01T12:00:00Z", "outcome": "failed", "status": 503, "response": "busy", "number": 2,
            "took_ms": 31, "position": 7, "type": "chancery.engagement.held.v1", "event": "u", "because": "replay",
        });
        let row = row(&item).iter().map(|cell| rendered(cell, false)).collect::<Vec<_>>();
        let expected =
            ["2025-08-01 12:00:00Z", "failed (503)\nbusy", "2", "31 ms", "7", "engagement.held\nreplay", "u"];
        assert_eq!(row, expected);
    }

    #[test]
    fn a_test_says_what_became_of_it() {
        let text = told(&json!({"delivered": false, "took_ms": 3, "response": "127.0.0.1 is not public"}));
        assert_eq!(rendered(&text, false), "not delivered in 3 ms\n127.0.0.1 is not public");
        let text = told(&json!({"delivered": true, "status": 204, "took_ms": 3}));
        assert_eq!(rendered(&text, false), "delivered (status 204) in 3 ms");
    }
}
