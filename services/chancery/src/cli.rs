//! The command line: one file a command.

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::accounts::Accounts;
use crate::brief::Brief;
use crate::calendar::Calendar;
use crate::correct::Correct;
use crate::export::Export;
use crate::failure::Failure;
use crate::history::History;
use crate::keys::Keys;
use crate::list::List;
use crate::listen::Listen;
use crate::overdue::Overdue;
use crate::reads::Reads;
use crate::recipients::Recipients;
use crate::record::Record;
use crate::search::Search;
use crate::serve::Serve;
use crate::show::Show;
use crate::stats::Stats;
use crate::subscriptions::Subscriptions;
use crate::tail::Tail;
use crate::timeline::Timeline;
use crate::token::Token;
use crate::trail::Trail;
use crate::verify::Verify;
use crate::witness::Witness;

/// The register of record for diplomatic engagements
#[derive(Debug, Parser)]
#[command(name = "chancery", version, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(Box<Serve>),
    Witness(Box<Witness>),
    Record(Box<Record>),
    Correct(Box<Correct>),
    Show(Show),
    List(Box<List>),
    History(History),
    Accounts(Accounts),
    Timeline(Box<Timeline>),
    Calendar(Box<Calendar>),
    Overdue(Box<Overdue>),
    Brief(Box<Brief>),
    Search(Box<Search>),
    Stats(Box<Stats>),
    Tail(Tail),
    Listen(Box<Listen>),
    Subscriptions(Box<Subscriptions>),
    Trail(Box<Trail>),
    Reads(Box<Reads>),
    Recipients(Recipients),
    Export(Box<Export>),
    Verify(Box<Verify>),
    Keys(Keys),
    Token(Token),
    /// Print completions for a shell, to be put where it looks for them
    Completions {
        /// Which shell
        shell: Shell,
    },
}

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// How it failed.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Serve(serve) => serve.run().await,
            Command::Witness(witness) => witness.run().await,
            Command::Record(record) => record.run().await,
            Command::Correct(correct) => correct.run().await,
            Command::Show(show) => show.run().await,
            Command::List(list) => list.run().await,
            Command::History(history) => history.run().await,
            Command::Accounts(accounts) => accounts.run().await,
            Command::Timeline(timeline) => timeline.run().await,
            Command::Calendar(calendar) => calendar.run().await,
            Command::Overdue(overdue) => overdue.run().await,
            Command::Brief(brief) => brief.run().await,
            Command::Search(search) => search.run().await,
            Command::Stats(stats) => stats.run().await,
            Command::Tail(tail) => tail.run().await,
            Command::Listen(listen) => listen.run().await,
            Command::Subscriptions(subscriptions) => subscriptions.run().await,
            Command::Trail(trail) => trail.run().await,
            Command::Reads(reads) => reads.run().await,
            Command::Recipients(recipients) => recipients.run().await,
            Command::Export(export) => export.run().await,
            Command::Verify(verify) => verify.run().await,
            Command::Keys(keys) => keys.run(),
            Command::Token(token) => token.run(),
            Command::Completions { shell } => {
                let mut text = Vec::new();
                clap_complete::generate(shell, &mut Self::command(), "chancery", &mut text);
                crate::out::say_raw(String::from_utf8_lossy(&text).trim_end())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    /// The words of a line as a shell would read them; only single quotes are known.
    fn words(line: &str) -> Vec<String> {
        let parts = line.split('\'').enumerate();
        let spaced = |text: &str| text.split(' ').map(ToOwned::to_owned).collect::<Vec<_>>();
        let mut words = vec![String::new()];
        for (index, part) in parts {
            let mut pieces = if index % 2 == 0 { spaced(part) } else { vec![part.to_owned()] }.into_iter();
            words.last_mut().expect("there is one").push_str(&pieces.next().unwrap_or_default());
            words.extend(pieces);
        }
        words.retain(|word| !word.is_empty());
        words
    }

    /// What a command and those below it say of themselves.
    fn helps(command: &mut clap::Command) -> String {
        let own = command.render_long_help().to_string();
        own + &command.get_subcommands_mut().map(helps).collect::<String>()
    }

    #[test]
    fn every_command_that_is_shown_can_be_given() {
        let mut command = Cli::command();
        let helps = command.get_subcommands_mut().map(helps).collect::<String>();
        let readme = include_str!("../../../README.md").replace("\\\n", " ");
        let shown = readme.lines().filter_map(|line| line.strip_prefix("$ target/debug/"));
        let examples = helps
            .lines()
            .filter_map(|line| line.strip_prefix("  chancery "))
            .map(|rest| format!("chancery {rest}"));
        let lines = shown.map(ToOwned::to_owned).chain(examples).collect::<Vec<_>>();
        assert!(lines.len() > 30, "{lines:?}");
        for line in lines {
            if let Err(error) = Cli::try_parse_from(words(&line)) {
                panic!("{line}: {error}");
            }
        }
    }
}
