//! What was recorded, for who recorded it.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::failure::Failure;
use crate::{out, table, words};

/// Of more events than this, only the number and what was remarked is shown.
const SHOWN: usize = 60;

/// The answers so far.
#[derive(Default)]
pub(crate) struct Report {
    events: Vec<(String, Value)>,
    answers: Vec<Value>,
    /// How many events were all recorded before, with their whole submission.
    before: usize,
    /// What the register calls the one record that this is about.
    title: Option<String>,
}

impl Report {
    /// Adds the answer to a submission.
    pub(crate) fn add(&mut self, sent: Value, answer: Answer) {
        let Answer { created, body: answer, .. } = answer;
        let sent = match sent {
            Value::Array(events) => events,
            one => vec![one],
        };
        let types = sent.iter().map(|event| words::short_type(&event["type"]));
        let answered = answer["events"].as_array().cloned().unwrap_or_default();
        if !created {
            self.before += answered.len();
        }
        self.events.extend(types.zip(answered));
        self.answers.push(answer);
    }

    /// How many events were answered.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// The record, where there is one event.
    pub(crate) fn record(&self) -> Option<&str> {
        match self.events.as_slice() {
            [(_, event)] => event["subject"].as_str(),
            _ => None,
        }
    }

    /// Adds what the register calls the record.
    pub(crate) fn entitled(&mut self, title: Option<String>) {
        self.title = title;
    }

    /// The log position of what was recorded last.
    pub(crate) fn position(&self) -> Option<u64> {
        self.answers.last()?["position"].as_u64()
    }

    /// Prints what there is.
    ///
    /// # Errors
    /// When nobody reads it any more.
    pub(crate) fn print(&self, as_json: bool, dry_run: bool) -> Result<(), Failure> {
        match self.answers.as_slice() {
            [] => return Ok(()),
            [only] if as_json => return out::say_json(only),
            _ if as_json => {
                let events = self.events.iter().map(|(_, event)| event).collect::<Vec<_>>();
                let last = self.answers.last().map(|answer| &answer["position"]);
                return out::say_json(&json!({"position": last, "events": events}));
            }
            _ => {}
        }
        out::say(&self.headline(dry_run))?;
        if let Some(title) = &self.title {
            out::say(&format!("{title}\n"))?;
        }
        if self.events.len() <= SHOWN {
            let headings = ["event", "record", "v", "position"];
            out::say(&table::table(&headings, self.events.iter().map(row)))?;
        }
        let remarks = self.events.iter().flat_map(|(kind, event)| remarks(kind, event)).collect::<Vec<_>>();
        if remarks.is_empty() { Ok(()) } else { out::say(&format!("\nRemarks:\n{}", remarks.join("\n"))) }
    }

    fn headline(&self, dry_run: bool) -> String {
        let counted = |number: usize| words::count(number, "event");
        let (all, before) = (self.events.len(), self.before);
        let last = self.answers.last().map(|answer| words::plain(&answer["position"])).unwrap_or_default();
        if dry_run {
            return format!("Would record {}:", counted(all));
        }
        match (all, before) {
            (1, 1) => format!("Nothing new: the event was recorded before, at position {last}:"),
            (all, before) if all == before => {
                format!("Nothing new: all {all} events were recorded before, up to position {last}:")
            }
            (all, 0) => format!("Recorded {}, up to position {last}:", counted(all)),
            (all, before) => {
                let new = counted(all - before);
                format!("Recorded {new}, up to position {last}; {before} more were recorded before:")
            }
        }
    }
}

fn row((kind, event): &(String, Value)) -> Vec<String> {
    let field = |name: &str| words::plain(&event[name]);
    // The record says already what kind of record it is.
    let event = kind.rsplit('.').next().unwrap_or(kind).to_owned();
    vec![event, field("subject"), field("version"), field("position")]
}

fn remarks(kind: &str, event: &Value) -> Vec<String> {
    let remark = |anomaly: &Value| {
        let [code, pointer, detail] =
            ["code", "pointer", "detail"].map(|field| words::plain(&anomaly[field]));
        let place = if pointer.is_empty() { String::new() } else { format!(" at {pointer}") };
        format!("  {kind} {}: {detail} [{code}{place}]", words::plain(&event["subject"]))
    };
    event["anomalies"].as_array().into_iter().flatten().map(remark).collect()
}
