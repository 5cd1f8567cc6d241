//! `chancery subscriptions`: who is told of which events, and how that goes.
//!
//! - [`terms`] is what an owner decides, as flags.
//! - [`shown`] is a subscription for people.
//! - [`sent`] is what was sent, and sending again.

mod sent;
mod shown;
mod terms;

use std::time::Duration;

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::Access;
use crate::client::Client;
use crate::failure::Failure;
use crate::filters::Amount;
use crate::holder::duration;
use crate::page::Items;
use crate::{out, table};
use sent::{Replay, Sent, Test};
use shown::{row, text};
use terms::{Change, Create};

/// More than an agency may have.
const ALL: usize = 100_000;

/// Manage who is told of events: webhooks of your agency, how they do, and what was sent
///
/// Without a command, all of them are listed. It takes a token with the role subscriber_manager. Wherever a subscription
/// is asked for, its name will do if no other has it:
///
///   chancery subscriptions create https://hooks.example/visits --name visits --party CA --kind visit
///   chancery subscriptions test visits
///   chancery subscriptions
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment, args_conflicts_with_subcommands = true)]
pub(crate) struct Subscriptions {
    #[command(subcommand)]
    what: Option<What>,

    #[command(flatten)]
    list: List,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    List(List),
    Create(Box<Create>),
    Show(One),
    Change(Box<Change>),
    Pause(Pause),
    Resume(Resume),
    Rotate(Rotate),
    Test(Test),
    Replay(Replay),
    Deliveries(Sent),
    DeadLetters(DeadLetters),
    Delete(Delete),
}

/// List the subscriptions of your agency
#[derive(Clone, Debug, clap::Args)]
struct List {
    #[command(flatten)]
    amount: Amount,

    #[command(flatten)]
    access: Access,
}

/// Show one subscription and how it does
#[derive(Clone, Debug, clap::Args)]
struct One {
    #[command(flatten)]
    which: Chosen,

    #[command(flatten)]
    access: Access,
}

/// Which subscription.
#[derive(Clone, Debug, clap::Args)]
struct Chosen {
    /// Which subscription: its id, or its name if no other has it
    #[arg(value_name = "SUBSCRIPTION")]
    subscription: String,
}

/// Send nothing until it is resumed; nothing is lost
#[derive(Clone, Debug, clap::Args)]
struct Pause {
    #[command(flatten)]
    one: One,
}

/// Go on, also where the register has given up
#[derive(Clone, Debug, clap::Args)]
struct Resume {
    #[command(flatten)]
    one: One,
}

/// Show what was given up, the latest first; `replay --position` sends one again
#[derive(Clone, Debug, clap::Args)]
struct DeadLetters {
    #[command(flatten)]
    which: Chosen,

    #[command(flatten)]
    amount: Amount,

    #[command(flatten)]
    access: Access,
}

/// Sign with a new key, and for a while with the old ones too
///
/// The new secret is shown this once. Give it to the receiver before the old one ends:
///
///   chancery subscriptions rotate visits
///   chancery subscriptions rotate visits --scheme v1a --overlap 7d
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
struct Rotate {
    #[command(flatten)]
    which: Chosen,

    /// By what the new key signs: v1 (HMAC, both sides hold a secret) or v1a (Ed25519, the receiver holds a public key)
    /// [default: as before]
    #[arg(long, value_name = "SCHEME")]
    scheme: Option<String>,

    /// For how long the old keys sign, too, at most 7d; 0s ends them at once
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "24h")]
    overlap: Duration,

    /// End the old keys at once without being asked
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    access: Access,
}

/// End a subscription; what was delivered stays on record
#[derive(Clone, Debug, clap::Args)]
struct Delete {
    #[command(flatten)]
    which: Chosen,

    /// Do it: how far it has come, and its keys, are lost
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    access: Access,
}

impl Subscriptions {
    /// Does what was asked.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        match &self.what {
            None => self.list.run().await,
            Some(What::List(list)) => list.run().await,
            Some(What::Create(create)) => create.run().await,
            Some(What::Show(one)) => one.run().await,
            Some(What::Change(change)) => change.run().await,
            Some(What::Pause(Pause { one })) => one.patch(&json!({"paused": true})).await,
            Some(What::Resume(Resume { one })) => one.patch(&json!({"paused": false})).await,
            Some(What::Rotate(rotate)) => rotate.run().await,
            Some(What::Test(test)) => test.run().await,
            Some(What::Replay(replay)) => replay.run().await,
            Some(What::Deliveries(sent)) => sent.run().await,
            Some(What::DeadLetters(DeadLetters { which, amount, access })) => {
                sent::print(which, "dead-letters", &[], amount, access).await
            }
            Some(What::Delete(delete)) => delete.run().await,
        }
    }
}

impl List {
    async fn run(&self) -> Result<(), Failure> {
        let client = self.access.open()?;
        let found = Items::fetch(&client, "v1/subscriptions", &[], self.amount.limit).await?;
        if self.access.json {
            return out::say_json(&found.json());
        }
        if !found.items.is_empty() {
            let headings =
                ["name and record", "status", "to", "which events", "delivered", "dead", "at most behind"];
            out::say(&table::table(&headings, found.items.iter().map(row)))?;
        }
        out::say(&found.footer("subscription", "subscriptions", ""))
    }
}

impl One {
    async fn run(&self) -> Result<(), Failure> {
        let client = self.access.open()?;
        let path = self.which.path(&client).await?;
        say(&client.get(&path, &[]).await?.body, self.access.json)
    }

    async fn patch(&self, patch: &Value) -> Result<(), Failure> {
        let client = self.access.open()?;
        let path = self.which.path(&client).await?;
        say(&client.change(Method::PATCH, &path, Some(patch)).await?, self.access.json)
    }
}

impl Chosen {
    /// Where it is.
    async fn path(&self, client: &Client) -> Result<String, Failure> {
        let name = &self.subscription;
        if let Ok(id) = Uuid::try_parse(name) {
            return Ok(format!("v1/subscriptions/{id}"));
        }
        let found = Items::fetch(client, "v1/subscriptions", &[], ALL).await?.items;
        let mut named =
            found.iter().filter(|item| item["name"] == **name).filter_map(|item| item["id"].as_str());
        match (named.next(), named.next()) {
            (Some(id), None) => Ok(format!("v1/subscriptions/{id}")),
            (None, _) => Err(Failure::Usage(format!("no subscription of your agency has the name “{name}”"))),
            _ => Err(Failure::Usage(format!("several subscriptions have the name “{name}”: give an id"))),
        }
    }
}

impl Rotate {
    async fn run(&self) -> Result<(), Failure> {
        if self.overlap.is_zero() && !self.yes {
            return Err(unless("the receiver refuses everything until it has the new key"));
        }
        let client = self.access.open()?;
        let path = format!("{}/secrets", self.which.path(&client).await?);
        let mut wanted = json!({"overlap_seconds": self.overlap.as_secs()});
        if let Some(scheme) = &self.scheme {
            wanted["scheme"] = scheme.clone().into();
        }
        say(&client.change(Method::POST, &path, Some(&wanted)).await?, self.access.json)
    }
}

impl Delete {
    async fn run(&self) -> Result<(), Failure> {
        if !self.yes {
            return Err(unless("how far it has come, and its keys, would be lost"));
        }
        let client = self.access.open()?;
        let path = self.which.path(&client).await?;
        client.change(Method::DELETE, &path, None).await?;
        if self.access.json { out::say_json(&Value::Null) } else { out::say("deleted") }
    }
}

fn unless(what: &str) -> Failure {
    Failure::Usage(format!("{what}: say --yes"))
}

/// One subscription, as it was answered.
fn say(body: &Value, json: bool) -> Result<(), Failure> {
    if json { out::say_json(body) } else { out::say(&text(body)) }
}
