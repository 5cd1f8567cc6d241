//! `chancery tail`: follows the log.
//!
//! Asks for what stands after a position and lets the register hold the question until there is something, so
//! nothing is missed and nothing is asked for twice.

use std::time::Duration;

use contract::ProblemKind;
use serde_json::Value;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;

use crate::access::Access;
use crate::client::{Answer, Client};
use crate::failure::Failure;
use crate::out;
use crate::words;

const PAGE: usize = 500;
/// How long a register may be away before following it ends.
const TRIES: u32 = 30;
const REST: Duration = Duration::from_secs(1);

/// Follow the log: print events as they are recorded
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Tail {
    /// Begin after this position; 0: with the first event [default: the present end]
    #[arg(long, value_name = "POSITION")]
    after: Option<u64>,

    /// Stop after so many events
    #[arg(long, short = 'n', value_name = "COUNT")]
    count: Option<usize>,

    #[command(flatten)]
    access: Access,
}

impl Tail {
    /// Prints events until interrupted; with `--json` each as one line.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer any more.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let client = self.access.open()?;
        let (mut interrupt, mut terminate) =
            (caught(SignalKind::interrupt())?, caught(SignalKind::terminate())?);
        tokio::select! {
            ended = self.follow(&client) => ended,
            _ = interrupt.recv() => Ok(()),
            _ = terminate.recv() => Ok(()),
        }
    }

    async fn follow(&self, client: &Client) -> Result<(), Failure> {
        let mut after = match self.after {
            Some(after) => after,
            None => end(client).await?,
        };
        let mut left = self.count.unwrap_or(usize::MAX);
        while left > 0 {
            let items = next(client, after, left.min(PAGE)).await?;
            for item in &items {
                if self.access.json {
                    out::say_raw(&item.to_string())?;
                } else {
                    out::say(&line(item))?;
                }
                after = item["position"].as_u64().unwrap_or(after + 1);
            }
            left = left.saturating_sub(items.len());
        }
        Ok(())
    }
}

/// The position of the last event that the register has worked through.
async fn end(client: &Client) -> Result<u64, Failure> {
    let answer = client.get("v1/events", &[("limit", "1".to_owned())]).await?;
    Ok(answer.position.unwrap_or_default())
}

/// What stands after the position, as soon as there is something that we may see.
async fn next(client: &Client, after: u64, limit: usize) -> Result<Vec<Value>, Failure> {
    let (mut past, mut failed) = (after, 0);
    loop {
        let query = [
            ("after", after.to_string()),
            ("limit", limit.to_string()),
            ("min_position", (past + 1).to_string()),
        ];
        match client.get("v1/events", &query).await {
            Ok(Answer { position, mut body, .. }) => match body["items"].take() {
                Value::Array(items) if !items.is_empty() => return Ok(items),
                // What is there is hidden from us; wait for what comes after it.
                _ => past = position.unwrap_or_default().max(past),
            },
            Err(Failure::Refused(problem)) if problem.kind == ProblemKind::NotYet => failed = 0,
            Err(Failure::Refused(problem)) if problem.status == 503 && failed < TRIES => {
                failed += 1;
                sleep(REST).await;
            }
            Err(Failure::Unreachable(_)) if failed < TRIES => {
                failed += 1;
                sleep(REST).await;
            }
            Err(failure) => return Err(failure),
        }
    }
}

fn line(item: &Value) -> String {
    let event = &item["event"];
    format!(
        "{:>8}  {}  {:<32}  {}  {}",
        words::plain(&item["position"]),
        words::moment(&event["recordedtime"]),
        words::short_type(&event["type"]),
        words::plain(&event["subject"]),
        words::gist(&event["data"]),
    )
    .trim_end()
    .to_owned()
}

fn caught(kind: SignalKind) -> Result<Signal, Failure> {
    Ok(signal(kind)?)
}
