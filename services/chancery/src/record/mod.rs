//! `chancery record`: events from files, or one event from the command line.
//!
//! Nobody mints identifiers: an event without an `id` gets one here, before it is sent, so that sending it again
//! after a lost answer records it once.

mod file;
mod inline;
mod report;
mod who;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::Access;
use crate::client::Client;
use crate::failure::Failure;
use crate::named::Named;
use crate::out::Progress;
use crate::words;

use file::Submission;
use inline::Inline;
pub(crate) use report::Report;

/// Record events: from files, or one from the command line
///
/// FILE holds one event as a JSON object, a JSON array of events that are recorded wholly or
/// not at all, or one object a line (NDJSON) for many; `-` is standard input.
///
/// An event from the command line is what happened and to what kind of thing:
///
///   chancery record held meeting --on 2025-11-01 --with CA --with 'Tarik Ali Khan' --topic mining
///   chancery record expected dialogue --on 2026-06 --with US --series 'Counterterrorism dialogue'
///   chancery record signed mou --with CA --title 'Memorandum on mining' --at engagement/~KEY
///   chancery record made agreed --text 'To exchange data' --owner PK --owner CA --due 2026-12
///   chancery record cancelled --record engagement/~KEY --reason 'Weather'
///   chancery record captured news --set publisher='Arab News' --title 'Ministers meet'
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Record {
    /// Files; or what happened (held, instrument.signed, …) and the kind (meeting, mou, …)
    #[arg(value_name = "FILE | EVENT KIND", required = true)]
    what: Vec<String>,

    #[command(flatten)]
    inline: Inline,

    /// Check everything and record nothing
    #[arg(long)]
    dry_run: bool,

    /// Refuse what is implausible instead of recording it with a remark
    #[arg(long)]
    strict: bool,

    #[command(flatten)]
    access: Access,
}

impl Record {
    /// Records, and prints what was recorded.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let event = self.event()?;
        let is_inline = event.is_some();
        let submissions = match event {
            Some(event) => vec![Submission::of_one(event)],
            None => self.files()?,
        };
        let client = self.access.open()?;
        if let Some(record) = self.inline.record() {
            exists(&client, record).await?;
        }
        let mut report = Report::default();
        let outcome = self.submit_all(&client, submissions, &mut report).await;
        settle(&client, &mut report, is_inline).await;
        // What stands in the log is said also when the rest was refused.
        report.print(self.access.json, self.dry_run)?;
        outcome
    }

    /// The event that the command line describes; `None` if it names files.
    fn event(&self) -> Result<Option<Value>, Failure> {
        let [event, rest @ ..] = self.what.as_slice() else { return Ok(None) };
        let Some(candidates) = inline::kinds(event).filter(|_| !Path::new(event).exists()) else {
            if self.inline.is_empty() {
                return Ok(None);
            }
            let expected = "expected what happened, such as held or instrument.signed, before such flags";
            return Err(Failure::Usage(format!("{event} is no event: {expected}")));
        };
        self.inline.event(event, &candidates, rest).map(Some)
    }

    fn files(&self) -> Result<Vec<Submission>, Failure> {
        let (mut submissions, mut mistakes) = (Vec::new(), Vec::new());
        for name in &self.what {
            match file::read(&PathBuf::from(name)) {
                Ok(read) => submissions.extend(read),
                Err(Failure::Usage(mistake)) => mistakes.push(mistake),
                Err(other) => return Err(other),
            }
        }
        if mistakes.is_empty() { Ok(submissions) } else { Err(Failure::Usage(mistakes.join("\n"))) }
    }

    async fn submit_all(
        &self,
        client: &Client,
        submissions: Vec<Submission>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let total = submissions.iter().map(Submission::len).sum::<usize>();
        let mut progress = Progress::default();
        for submission in submissions {
            self.submit(client, submission, report).await?;
            if report.len() < total {
                progress.say(&format!("{} of {}", report.len(), words::count(total, "event")));
            }
        }
        Ok(())
    }

    async fn submit(
        &self,
        client: &Client,
        submission: Submission,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let Submission { origin, mut events } = submission;
        for event in events.as_array_mut().into_iter().flatten() {
            identified(event);
        }
        identified(&mut events);
        let query = if self.dry_run { vec![("dry_run", "true".to_owned())] } else { Vec::new() };
        match client.submit(&events, &query, self.strict).await {
            Ok(answer) => {
                report.add(events, answer);
                Ok(())
            }
            Err(Failure::Refused(mut problem)) => {
                if let Some(origin) = origin {
                    problem.title = format!("{origin}: {}", problem.title);
                }
                Err(Failure::Refused(problem))
            }
            Err(other) => Err(other),
        }
    }
}

/// Refuses to let something happen to a record that is not there: a slip in its name would begin another one.
async fn exists(client: &Client, record: &Named) -> Result<(), Failure> {
    match client.get(&record.path(), &[]).await {
        Err(Failure::Refused(mut problem)) if problem.status == 404 => {
            let new = record.key().map(|key| format!("; --key '{key}' begins one")).unwrap_or_default();
            problem.detail = format!("there is no {record} that you may see{new}");
            Err(Failure::Refused(problem))
        }
        other => other.map(|_| ()),
    }
}

/// Waits until what was recorded can be asked for, and asks for the title of a single record.
///
/// A courtesy to whoever asks next: what is recorded is recorded all the same.
pub(crate) async fn settle(client: &Client, report: &mut Report, with_title: bool) {
    let Some(position) = report.position() else { return };
    if client.settled(position).await.is_err() || !with_title {
        return;
    }
    let Some(Ok(record)) = report.record().map(str::parse::<Named>) else { return };
    if let Ok(answer) = client.get(&record.path(), &[]).await {
        report.entitled(answer.body["title"].as_str().map(ToOwned::to_owned));
    }
}

/// Gives an event an identifier if it has none.
pub(crate) fn identified(event: &mut Value) {
    if let Value::Object(fields) = event {
        fields.entry("id").or_insert_with(|| json!(Uuid::now_v7()));
    }
}
