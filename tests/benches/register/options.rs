//! What can be set.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use service::settings::seconds;
use system_tests::generate::Size;

/// Measures the register against the raw ceilings of this machine and prints one table of ratios.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Options {
    /// Smaller and shorter: minutes become seconds, figures become rough
    #[arg(long, env = "BENCH_QUICK")]
    pub(crate) quick: bool,

    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,

    /// Measure only these parts
    #[arg(long, env = "BENCH_ONLY", value_enum, value_name = "PART", value_delimiter = ',')]
    only: Vec<Part>,

    /// Rounds of each measurement; the median counts [default: 3, quick 1]
    #[arg(long, env = "BENCH_ROUNDS", value_name = "N")]
    rounds: Option<usize>,

    /// Seconds of a round [default: 5, quick 1.5]
    #[arg(long, env = "BENCH_SECONDS", value_name = "SECONDS", value_parser = seconds)]
    seconds: Option<Duration>,

    /// Clients that append at once [default: 1, 16, 64 and 256, quick 1 and 64]
    #[arg(long, env = "BENCH_CLIENTS", value_name = "N", value_delimiter = ',')]
    clients: Vec<usize>,

    /// Connections that query at once [default: 1, 16 and 64, quick 16]
    #[arg(long, env = "BENCH_CONNECTIONS", value_name = "N", value_delimiter = ',')]
    connections: Vec<usize>,

    /// Events of the long log and of the generated register [default: 200000, quick 20000]
    #[arg(long, env = "BENCH_EVENTS", value_name = "N")]
    events: Option<u64>,

    /// Events of the short log that the long one is compared with [default: a twentieth of the long one]
    #[arg(long, env = "BENCH_FEW_EVENTS", value_name = "N")]
    few_events: Option<u64>,

    /// The generated register of the questions in full: 100,000 engagements, 2,000 parties, 1,000,000 events
    #[arg(long, env = "BENCH_FULL")]
    full: bool,

    /// Of the questions only those whose name has one of these words in it
    #[arg(long, env = "BENCH_QUESTION", value_name = "WORDS")]
    question: Vec<String>,

    /// Keep the generated register in this folder, and take it from there the next time
    #[arg(long, env = "BENCH_KEEP", value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,

    // Cargo says it to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,

    #[command(subcommand)]
    pub(crate) role: Option<Role>,
}

/// What the program does when it starts itself.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Role {
    /// Serves a bare route over NATS
    #[command(hide = true)]
    Bare { nats: String, listen: String, body: PathBuf },
}

/// A part of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    Append,
    Replay,
    Query,
    Growth,
    Questions,
    Proofs,
    Following,
    Notifying,
}

impl Options {
    pub(crate) fn measures(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    pub(crate) fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 1 } else { 3 })
    }

    pub(crate) fn length(&self) -> Duration {
        self.seconds.unwrap_or(Duration::from_millis(if self.quick { 1500 } else { 5000 }))
    }

    pub(crate) fn clients(&self) -> Vec<usize> {
        chosen(&self.clients, if self.quick { &[1, 64] } else { &[1, 16, 64, 256] })
    }

    pub(crate) fn connections(&self) -> Vec<usize> {
        chosen(&self.connections, if self.quick { &[16] } else { &[1, 16, 64] })
    }

    pub(crate) fn events(&self) -> u64 {
        self.events.unwrap_or(if self.quick { 20_000 } else { 200_000 })
    }

    pub(crate) fn asks(&self, question: &str) -> bool {
        self.question.is_empty() || self.question.iter().any(|words| question.contains(words))
    }

    /// Of the generated register.
    pub(crate) fn size(&self) -> Size {
        if self.full { Size::FULL } else { Size::of_events(self.events()) }
    }

    pub(crate) fn few_events(&self) -> u64 {
        self.few_events.unwrap_or(self.events() / 20)
    }
}

fn chosen(said: &[usize], otherwise: &[usize]) -> Vec<usize> {
    if said.is_empty() { otherwise } else { said }.to_vec()
}
