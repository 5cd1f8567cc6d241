//! Settings from flags and environment: one clap structure a process, and every mistake named at once.
//!
//! clap stops at the first value that it cannot read. [`parse`] goes on: it notes the mistake, takes that flag's
//! value as it is, reads the line again, and so finds the next. Each mistake is one line on standard error and
//! the process ends with [`USAGE`], so a service declares plain typed fields with value parsers and is done.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use async_nats::ServerAddr;
use clap::builder::ValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Id, Parser};
use tracing_subscriber::EnvFilter;

/// The exit code of a command line that cannot be read (`EX_USAGE` of `sysexits.h`).
pub const USAGE: i32 = 64;

/// What every process has.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Every service")]
pub struct Common {
    /// NATS servers, comma-separated: nats://HOST:PORT or tls://HOST:PORT, with USER:PASSWORD@ or TOKEN@ before it
    #[arg(long, env = "CHANCERY_NATS", hide_env_values = true, value_name = "URL", value_delimiter = ',')]
    pub nats: Vec<Server>,

    /// Token for NATS
    #[arg(long, env = "CHANCERY_NATS_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub nats_token: Option<String>,

    /// Certificates (PEM) to trust NATS by, besides the system's
    #[arg(long, env = "CHANCERY_NATS_CA", value_name = "FILE")]
    pub nats_ca: Option<PathBuf>,

    /// Seconds to wait for NATS at the start; afterwards the process reconnects for ever
    #[arg(long, env = "CHANCERY_NATS_WAIT", value_name = "SECONDS", value_parser = seconds, default_value = "30")]
    pub nats_wait: Duration,

    /// What it has without NATS as well.
    #[command(flatten)]
    pub basics: Basics,
}

/// What a process has that needs no NATS.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Every service")]
pub struct Basics {
    /// Where /live, /ready and /metrics are served; port 0 takes a free one
    #[arg(long, env = "CHANCERY_ADMIN", value_name = "ADDRESS", default_value = "127.0.0.1:9090")]
    pub admin: std::net::SocketAddr,

    /// How log lines are written
    #[arg(long, env = "CHANCERY_LOG", value_enum, default_value_t = LogFormat::Plain)]
    pub log: LogFormat,

    /// What is logged: a level, or directives such as info,gateway=debug
    #[arg(long, env = "CHANCERY_LOG_LEVEL", value_name = "FILTER", value_parser = log_filter, default_value = "info,async_nats=warn")]
    pub log_level: String,

    /// Seconds that a stop may take before what is left is abandoned
    #[arg(long, env = "CHANCERY_STOP_WITHIN", value_name = "SECONDS", value_parser = seconds, default_value = "20")]
    pub stop_within: Duration,

    /// The folder of everything this process keeps
    #[arg(long, env = "CHANCERY_DATA", value_name = "FOLDER", default_value = "var")]
    pub data: PathBuf,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Plain,
    /// One JSON object a line.
    Json,
}

/// The address of a NATS server. What is printed of it holds no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Server(ServerAddr);

impl Server {
    /// The address with what it says of who connects.
    #[must_use]
    pub const fn address(&self) -> &ServerAddr {
        &self.0
    }
}

impl FromStr for Server {
    type Err = std::io::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}://{}:{}", self.0.scheme(), self.0.host(), self.0.port())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Reads a duration in seconds, such as `20` or `0.5`.
///
/// # Errors
/// What was expected instead.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse::<f64>().map_err(|_| "expected a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

fn log_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// Reads the process's command line and environment; on mistakes prints them all and ends with [`USAGE`].
///
/// `--help` and `--version` print and end with 0.
#[must_use]
pub fn parse<C: Parser>() -> C {
    match parse_from(std::env::args_os()) {
        Ok(settings) => settings,
        Err(Mistakes::Help(help)) => help.exit(),
        Err(mistakes @ Mistakes::Found(_)) => {
            #[expect(clippy::print_stderr, reason = "there are no settings yet to say how to log")]
            {
                eprintln!("{mistakes}");
            }
            std::process::exit(USAGE)
        }
    }
}

/// Reads a command line with the process's environment.
///
/// # Errors
/// [`Mistakes`]: every one, or that help was asked for.
pub fn parse_from<C: Parser>(line: impl IntoIterator<Item = OsString>) -> Result<C, Mistakes> {
    let line = line.into_iter().collect::<Vec<_>>();
    match C::try_parse_from(&line) {
        Ok(settings) => Ok(settings),
        Err(first) => Err(every_mistake(C::command(), line, first)),
    }
}

/// Why there are no settings.
#[derive(Debug)]
pub enum Mistakes {
    /// Help or the version was asked for.
    Help(clap::Error),
    /// Every mistake, each a line.
    Found(Vec<String>),
}

impl fmt::Display for Mistakes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Help(help) => help.fmt(out),
            Self::Found(mistakes) => {
                mistakes.iter().try_for_each(|mistake| writeln!(out, "error: {mistake}"))?;
                out.write_str("For more information, try '--help'.")
            }
        }
    }
}

impl std::error::Error for Mistakes {}

fn every_mistake(mut command: Command, mut line: Vec<OsString>, first: clap::Error) -> Mistakes {
    let mut found = Vec::new();
    let mut next = Some(first);
    while let Some(error) = next {
        if !error.use_stderr() {
            return Mistakes::Help(error);
        }
        found.push(in_one_line(&error));
        let cause = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(argument)) => argument.clone(),
            _ => break,
        };
        match error.kind() {
            ErrorKind::ValueValidation | ErrorKind::InvalidValue => command = relaxed(command, &cause),
            ErrorKind::UnknownArgument => {
                let before = line.len();
                line.retain(|word| !word.to_string_lossy().starts_with(&cause));
                if line.len() == before {
                    break;
                }
            }
            _ => break,
        }
        // Every turn relaxes an argument or shortens the line; what repeats itself ends it all the same.
        if found.len() > 1 && found[..found.len() - 1].contains(&found[found.len() - 1]) {
            found.pop();
            break;
        }
        next = command.clone().try_get_matches_from(&line).err();
    }
    Mistakes::Found(found)
}

/// The same command with any value taken for the argument that is shown as `shown`.
fn relaxed(command: Command, shown: &str) -> Command {
    // An argument shows itself in full only once its command is built.
    let mut built = command.clone();
    built.build();
    let ids = ids(&built, shown);
    relax(command, &ids)
}

fn ids(command: &Command, shown: &str) -> Vec<Id> {
    let here = command.get_arguments().filter(|argument| argument.to_string() == shown);
    let inner = command.get_subcommands().flat_map(|inner| ids(inner, shown));
    here.map(|argument| argument.get_id().clone()).chain(inner).collect()
}

fn relax(command: Command, known: &[Id]) -> Command {
    let take = |argument: clap::Arg| {
        let any = ValueParser::os_string();
        if known.contains(argument.get_id()) { argument.value_parser(any) } else { argument }
    };
    command.mut_args(take).mut_subcommands(|inner| relax(inner, known))
}

/// clap's first paragraph, without its label and on one line.
fn in_one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let words = paragraph.trim_start_matches("error:").split_whitespace().collect::<Vec<_>>();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        common: Common,
        #[command(subcommand)]
        verb: Option<Verb>,
    }

    #[derive(Debug, clap::Subcommand)]
    enum Verb {
        Serve {
            #[arg(long, default_value_t = 1)]
            in_flight: u16,
        },
    }

    fn read(line: &[&str]) -> Result<Line, Mistakes> {
        parse_from(std::iter::once("chancery").chain(line.iter().copied()).map(OsString::from))
    }

    fn mistakes(line: &[&str]) -> Vec<String> {
        match read(line) {
            Err(Mistakes::Found(found)) => found,
            other => panic!("expected mistakes, got {other:?}"),
        }
    }

    #[test]
    fn defaults_need_no_flag() {
        let line = read(&[]).unwrap();
        assert_eq!(line.common.basics.stop_within, Duration::from_secs(20));
        assert!(line.verb.is_none());
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let wrong = ["--admin", "nowhere", "--nats", "ftp://x", "--frob", "serve", "--in-flight", "many"];
        let found = mistakes(&wrong);
        assert_eq!(found.len(), 4, "{found:#?}");
        for flag in ["--admin", "--nats", "--frob", "--in-flight"] {
            assert!(found.iter().any(|mistake| mistake.contains(flag)), "{flag}: {found:#?}");
        }
    }

    #[test]
    fn help_is_no_mistake() {
        assert!(matches!(read(&["--help"]), Err(Mistakes::Help(_))));
    }

    #[test]
    fn a_server_prints_without_its_password() {
        let line = read(&["--nats", "nats://who:secret@127.0.0.1,nats://token@[::1]:4333"]).unwrap();
        assert_eq!(format!("{:?}", line.common.nats), "[nats://127.0.0.1:4222, nats://::1:4333]");
    }
}
