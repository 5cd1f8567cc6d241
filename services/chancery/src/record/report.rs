//! What was recorded, for who recorded it.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{out, words};

/// Of more events than this, only the number and what was remarked is shown.
const SHOWN: usize = 60;

/// The answers so far.
#[derive(Default)]
pub(super) struct Report {
    events: Vec<(String, Value)>,
    answers: Vec<Value>,
}

impl Report {
    /// Adds the answer to a submission.
    pub(super) fn add(&mut self, sent: Value, answer: Value) {
        let sent = match sent {
            Value::Array(events) => events,
            one => vec![one],
        };
        let types = sent.iter().map(|event| words::short_type(&event["type"]));
        let answered = answer["events"].as_array().cloned().unwrap_or_default();
        self.events.extend(types.zip(answered));
        self.answers.push(answer);
    }

    /// How many events were answered.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// How many submissions were answered.
    pub(super) const fn submissions(&self) -> usize {
        self.answers.len()
    }

    /// The log position of what was recorded last.
    pub(super) fn position(&self) -> Option<u64> {
        self.answers.last()?["position"].as_u64()
    }

    /// Prints what there is.
    ///
    /// # Errors
    /// When nobody reads it any more.
    pub(super) fn print(&self, as_json: bool, dry_run: bool) -> Result<(), Failure> {
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
        if self.events.len() <= SHOWN {
            let headings = ["event", "record", "v", "position"];
            out::say(&out::table(&headings, self.events.iter().map(row)))?;
        }
        let remarks = self.events.iter().flat_map(|(kind, event)| remarks(kind, event)).collect::<Vec<_>>();
        if remarks.is_empty() { Ok(()) } else { out::say(&format!("\nRemarks:\n{}", remarks.join("\n"))) }
    }

    fn headline(&self, dry_run: bool) -> String {
        let count = match self.events.len() {
            1 => "1 event".to_owned(),
            several => format!("{several} events"),
        };
        let last = self.answers.last().map(|answer| words::plain(&answer["position"])).unwrap_or_default();
        if dry_run {
            format!("Would record {count}:")
        } else {
            format!("Recorded {count}, up to position {last}:")
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
