//! Setting a subscription up, and changing it.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{Chosen, say};
use crate::access::Access;
use crate::failure::Failure;
use crate::tail;

/// Set up a subscription: events go, signed, to an address of yours
///
/// Its secret is shown this once; whoever has it can verify what comes (Standard Webhooks 1.0):
///
///   chancery subscriptions create https://hooks.example/visits --name visits --party CA --kind visit
///   chancery subscriptions create https://hooks.example/all --payload thin --scheme v1a
///   chancery subscriptions create --feed 30 --name all
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Create {
    /// Where events go: https://…
    #[arg(value_name = "URL", required_unless_present = "feed")]
    to: Option<String>,

    /// Into a stream instead, that you read with a NATS credential of your own: for how many days events stay there
    #[arg(long, value_name = "DAYS", conflicts_with_all = ["to", "scheme"])]
    feed: Option<u16>,

    /// What you call it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// What is sent of an event: full, or thin: where it is and of which type
    #[arg(long, value_name = "WHAT")]
    payload: Option<String>,

    /// By what deliveries are signed: v1 (HMAC, both sides hold a secret) or v1a (Ed25519, the receiver holds a public
    /// key) [default: v1]
    #[arg(long, value_name = "SCHEME")]
    scheme: Option<String>,

    /// Begin after this position; 0: with the first event [default: the present end]
    #[arg(long, value_name = "POSITION")]
    after: Option<u64>,

    /// Begin at rest, until it is resumed
    #[arg(long)]
    paused: bool,

    #[command(flatten)]
    events: tail::Which,

    #[command(flatten)]
    access: Access,
}

/// Change a subscription; what is not named stays
///
/// Filters that are given take the place of those of the same name; --any ends one:
///
///   chancery subscriptions change visits --to https://hooks.example/new
///   chancery subscriptions change visits --party CA --party US --any kind
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Change {
    #[command(flatten)]
    which: Chosen,

    /// Where events go from now on: https://…
    #[arg(long, value_name = "URL")]
    to: Option<String>,

    /// What you call it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// What is sent of an event: full or thin
    #[arg(long, value_name = "WHAT")]
    payload: Option<String>,

    #[command(flatten)]
    events: tail::Which,

    /// A filter that is to narrow no more, such as kind; repeatable
    #[arg(long, value_name = "FILTER")]
    any: Vec<String>,

    #[command(flatten)]
    access: Access,
}

impl Create {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let client = self.access.open()?;
        say(&client.change(Method::POST, "v1/subscriptions", Some(&self.wanted())).await?, self.access.json)
    }

    fn wanted(&self) -> Value {
        let channel = match self.feed {
            Some(days) => json!({"type": "feed", "days": days}),
            None => json!({"type": "webhook", "url": self.to}),
        };
        let mut wanted = json!({"channel": channel});
        put(&mut wanted, "name", self.name.clone());
        put(&mut wanted, "payload", self.payload.clone());
        put(&mut wanted, "scheme", self.scheme.clone());
        put(&mut wanted, "after", self.after);
        put(&mut wanted, "paused", self.paused.then_some(true));
        put(&mut wanted, "filter", filter(&self.events));
        wanted
    }
}

impl Change {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let patch = self.patch();
        if patch == json!({}) {
            return Err(Failure::Usage("nothing is to be changed: see --help".to_owned()));
        }
        let client = self.access.open()?;
        let path = self.which.path(&client).await?;
        say(&client.change(Method::PATCH, &path, Some(&patch)).await?, self.access.json)
    }

    fn patch(&self) -> Value {
        let mut patch = json!({});
        put(&mut patch, "channel", self.to.as_ref().map(|url| json!({"url": url})));
        put(&mut patch, "name", self.name.clone());
        put(&mut patch, "payload", self.payload.clone());
        let mut members = filter(&self.events).unwrap_or_default();
        members.extend(self.any.iter().map(|name| (name.clone(), Value::Null)));
        put(&mut patch, "filter", Some(members).filter(|members| !members.is_empty()));
        patch
    }
}

fn put(into: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        into[name] = value.into();
    }
}

/// What was given of a filter, if anything was.
fn filter(events: &tail::Which) -> Option<Map<String, Value>> {
    let mut members = Map::new();
    for (name, word) in events.query() {
        let words = members.entry(name).or_insert_with(|| json!([]));
        words.as_array_mut().into_iter().for_each(|words| words.push(word.clone().into()));
    }
    (!members.is_empty()).then_some(members)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    enum Line {
        Create(Create),
        Change(Change),
    }

    fn said(line: &str) -> Value {
        match Line::parse_from(format!("chancery {line}").split(' ')) {
            Line::Create(create) => create.wanted(),
            Line::Change(change) => change.patch(),
        }
    }

    #[test]
    fn what_is_not_said_is_left_to_the_register() {
        let channel = json!({"type": "webhook", "url": "https://a.example/"});
        assert_eq!(said("create https://a.example/"), json!({"channel": channel}));
        let all = "create https://a.example/ --name ours --payload thin --scheme v1a --after 0 --paused \
                   --party CA --party PK --type engagement.held";
        let expected = json!({
            "channel": channel, "name": "ours", "payload": "thin", "scheme": "v1a", "after": 0, "paused": true,
            "filter": {"party": ["CA", "PK"], "type": ["engagement.held"]},
        });
        assert_eq!(said(all), expected);
        assert_eq!(said("create --feed 30"), json!({"channel": {"type": "feed", "days": 30}}));
    }

    #[test]
    fn a_change_names_what_changes() {
        assert_eq!(said("change ours"), json!({}));
        let expected = json!({
            "channel": {"url": "https://b.example/"}, "filter": {"topic": ["trade"], "kind": null},
        });
        assert_eq!(said("change ours --to https://b.example/ --topic trade --any kind"), expected);
    }
}
