//! `chancery brief`: what a desk needs before two parties meet.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::NonEmptyStringValueParser;

use crate::access::Access;
use crate::failure::Failure;
use crate::filters::{Fresh, push};
use crate::known::{Known, Today};
use crate::named::percent_encoded;
use crate::{markdown, out};

/// Brief us on them: what was last discussed, who owes what, where instruments stand, what is coming
///
/// Each is a state's code, a name, or party/UUID.
///
///   chancery brief PK CA
///   chancery brief PK CA --since 2025-05-01 --format html --output canada.html
///   chancery brief PK US --today 2025-08-01 --known-at 2025-08-01
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Brief {
    /// We
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    us: String,

    /// They
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    them: String,

    /// Mark as new what was recorded after this: a log position, a time or the end of a day (UTC)
    #[arg(long, value_name = "WHEN", help_heading = "As of when")]
    since: Option<String>,

    #[command(flatten)]
    today: Today,

    #[command(flatten)]
    known: Known,

    #[command(flatten)]
    fresh: Fresh,

    /// How it is written [default: text; with --output as the file's name ends]
    #[arg(long, short, value_enum, help_heading = "How it is shown", conflicts_with = "json")]
    format: Option<Format>,

    /// Write it to a file
    #[arg(long, short, value_name = "FILE", help_heading = "How it is shown")]
    output: Option<PathBuf>,

    #[command(flatten)]
    access: Access,
}

/// How a brief is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// Markdown
    Md,
    /// A page to be printed
    Html,
    /// As programs read it
    Json,
}

impl Format {
    const fn media(self) -> &'static str {
        match self {
            Self::Text | Self::Md => "text/markdown",
            Self::Html => "text/html",
            Self::Json => "application/json",
        }
    }
}

impl Brief {
    /// Prints the brief, or writes it to a file.
    ///
    /// # Errors
    /// The register's refusal, that it does not answer, or that the file cannot be written.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let format = self.format();
        let mut query = Vec::new();
        push(&mut query, "today", Some(&self.today.day(&self.known)));
        push(&mut query, "since", self.since.as_ref());
        self.known.add_to(&mut query);
        self.fresh.add_to(&mut query);
        let path = format!("v1/briefs/{}/{}", percent_encoded(&self.us), percent_encoded(&self.them));
        let client = self.access.open()?;
        let file = self.output.as_deref();
        match format {
            Format::Json => {
                let answer = client.get(&path, &query).await?;
                out::leave(&format!("{:#}\n", answer.body), file)
            }
            Format::Text => {
                let text = client.document(&path, &query, format.media()).await?;
                let text = markdown::shown(&text, out::prose_width().into());
                match file {
                    Some(_) => out::leave(&format!("{}\n", crate::ink::rendered(&text, false)), file),
                    None => out::say(&text),
                }
            }
            Format::Md | Format::Html => {
                out::leave(&client.document(&path, &query, format.media()).await?, file)
            }
        }
    }

    fn format(&self) -> Format {
        let by_name = |file: &PathBuf| match file.extension().and_then(OsStr::to_str) {
            Some("md" | "markdown") => Format::Md,
            Some("html" | "htm") => Format::Html,
            Some("json") => Format::Json,
            _ => Format::Text,
        };
        let usual = if self.access.json { Some(Format::Json) } else { self.output.as_ref().map(by_name) };
        self.format.or(usual).unwrap_or(Format::Text)
    }
}
