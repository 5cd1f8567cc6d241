//! `chancery tail`: follows the log.
//!
//! Takes the register's stream of events. When that breaks off, it asks for what comes behind the last place that it
//! heard of, so nothing is missed and nothing is told twice.

use std::time::Duration;

use contract::following::{Message, Parser};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::access::Access;
use crate::client::Client;
use crate::failure::Failure;
use crate::filters::{Parameters, push};
use crate::out;
use crate::signals;
use crate::words;

/// How long a register may be away before following it ends.
const TRIES: u32 = 30;
const REST: Duration = Duration::from_secs(1);

/// A stream gives a sign of life every 15 seconds, unless the register is told otherwise. One that does not is broken.
const SILENCE: Duration = Duration::from_secs(60);

/// What tells that events which were told are set right by something that may not be seen.
const RECALL: &str = "recall";

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
    which: Which,

    #[command(flatten)]
    access: Access,
}

/// Which events. All filters that are given must hold.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Which; each may be repeated: any of them, but of parties all")]
pub(crate) struct Which {
    /// Who takes part: a state's code or another's name
    #[arg(long, short, value_name = "PARTY")]
    party: Vec<String>,

    /// One of the record's places or parties is of this country (ISO 3166-1 alpha-2)
    #[arg(long, value_name = "CODE")]
    country: Vec<String>,

    /// A topic, or one below it
    #[arg(long, short, value_name = "CODE")]
    topic: Vec<String>,

    /// Records of this sort, such as engagement
    #[arg(long, value_name = "SORT")]
    aggregate: Vec<String>,

    /// The record's kind, such as visit or mou, or one below it
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,

    /// The event's type, such as engagement.held
    #[arg(long = "type", value_name = "TYPE")]
    event: Vec<String>,

    /// One record: engagement/UUID, or engagement/~KEY
    #[arg(long, value_name = "RECORD")]
    subject: Vec<String>,

    /// The record's level, such as OFFICIAL
    #[arg(long, value_name = "LEVEL")]
    level: Vec<String>,
}

impl Which {
    /// As query parameters.
    pub(crate) fn query(&self) -> Parameters {
        let every = [
            ("party", &self.party),
            ("country", &self.country),
            ("topic", &self.topic),
            ("aggregate", &self.aggregate),
            ("kind", &self.kind),
            ("type", &self.event),
            ("subject", &self.subject),
            ("level", &self.level),
        ];
        every
            .into_iter()
            .flat_map(|(name, words)| words.iter().map(move |word| (name, word.clone())))
            .collect()
    }
}

impl Tail {
    /// Prints events until interrupted; with `--json` each as one line.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer any more.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let client = self.access.open()?;
        let interrupted = signals::interrupted()?;
        tokio::select! {
            ended = self.follow(&client) => ended,
            () = interrupted => Ok(()),
        }
    }

    async fn follow(&self, client: &Client) -> Result<(), Failure> {
        let mut query = self.which.query();
        push(&mut query, "after", self.after.as_ref());
        let (mut left, mut last, mut failed) = (self.count.unwrap_or(usize::MAX), String::new(), 0);
        while left > 0 {
            let mut rest = REST;
            match client.stream("v1/stream", &query, &last).await {
                Ok(mut response) => {
                    failed = 0;
                    let mut parser = Parser::default();
                    while left > 0
                        && let Ok(Ok(Some(piece))) = timeout(SILENCE, response.chunk()).await
                    {
                        for message in parser.take(&piece).into_iter().take(left) {
                            self.print(&message)?;
                            left -= 1;
                        }
                    }
                    if !parser.last_id().is_empty() {
                        parser.last_id().clone_into(&mut last);
                    }
                    rest = parser.retry().unwrap_or(rest);
                }
                Err(failure) if failed == TRIES || !is_passing(&failure) => return Err(failure),
                Err(_) => failed += 1,
            }
            if left > 0 {
                sleep(rest).await;
            }
        }
        Ok(())
    }

    fn print(&self, message: &Message) -> Result<(), Failure> {
        let event = serde_json::from_str::<Value>(&message.data).unwrap_or_default();
        let position = message.id.parse::<u64>().unwrap_or_default();
        if message.event == RECALL {
            if self.access.json {
                return out::say_raw(&json!({"position": position, "recalls": event["recalls"]}).to_string());
            }
            return out::say(&recall(position, &event));
        }
        if self.access.json {
            return out::say_raw(&json!({"position": position, "event": event}).to_string());
        }
        out::say(&line(position, &event))
    }
}

/// Events that were told before do not stand any more as they were told; why, the reader may not see.
fn recall(position: u64, event: &Value) -> String {
    format!("{position:>8}  recalled: {}", words::plain(&event["recalls"]))
}

fn is_passing(failure: &Failure) -> bool {
    match failure {
        Failure::Refused(problem) => matches!(problem.status, 429 | 502 | 503 | 504),
        Failure::Unreachable(_) => true,
        _ => false,
    }
}

fn line(position: u64, event: &Value) -> String {
    format!(
        "{position:>8}  {}  {:<32}  {}  {}",
        words::moment(&event["recordedtime"]),
        words::short_type(&event["type"]),
        words::plain(&event["subject"]),
        words::gist(&event["data"]),
    )
    .trim_end()
    .to_owned()
}
