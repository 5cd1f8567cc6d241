//! What is to happen to one record, and when it is recorded.

use domain::{Aggregate, Subject, event_uid};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::random::Random;
use crate::AGENCY;
use crate::recording::Author;

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// When recording begins: 2016-01-01.
pub(super) const BEGINNING: i64 = 1_451_606_400;

/// When the last event is recorded at the latest: 2025-11-20.
pub(super) const END: i64 = 1_763_596_800;

/// Whoever tells of anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Officer,
    Approver,
    Canada,
    Britain,
}

impl By {
    pub(super) const fn author(self) -> Author {
        match self {
            Self::Officer => Author { agency: AGENCY, party: "PK", actor: "officer", language: "en" },
            Self::Approver => Author { agency: AGENCY, party: "PK", actor: "registrar", language: "en" },
            Self::Canada => Author { agency: "urn:agency:ca", party: "CA", actor: "agent", language: "fr" },
            Self::Britain => Author { agency: "urn:agency:gb", party: "GB", actor: "clerk", language: "en" },
        }
    }
}

/// One event to come.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// When it is recorded, in seconds.
    pub(super) at: i64,
    pub(super) event: &'static str,
    pub(super) by: By,
    /// As text: many wait, and parsed they take ten times the memory.
    pub(super) data: Box<str>,
}

/// One record.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) subject: Subject,
    pub(super) key: String,
    pub(super) marking: &'static str,
    pub(super) steps: Vec<Step>,
}

impl Plan {
    pub(super) fn new(aggregate: Aggregate, number: impl std::fmt::Display, marking: &'static str) -> Self {
        let key = format!("{aggregate}/{number}");
        Self { subject: Subject::of_key(AGENCY, aggregate, &key), key, marking, steps: Vec::new() }
    }

    /// Adds an event that is recorded so long after the last one; gives its number.
    pub(super) fn then(&mut self, at: i64, event: &'static str, data: &Value) -> usize {
        self.told_by(By::Officer, at, event, data)
    }

    pub(super) fn told_by(&mut self, by: By, at: i64, event: &'static str, data: &Value) -> usize {
        let at = self.last().map_or(at, |last| at.max(last + 60));
        self.steps.push(Step { at, event, by, data: data.to_string().into() });
        self.steps.len() - 1
    }

    /// When the last event so far is recorded.
    pub(super) fn last(&self) -> Option<i64> {
        self.steps.last().map(|step| step.at)
    }

    /// The identifier of an event.
    pub(super) fn id(&self, number: usize) -> String {
        format!("{}/{}", self.key, number + 1)
    }

    pub(super) fn uid(&self, number: usize) -> String {
        event_uid(self.steps[number].by.author().agency, &self.id(number)).to_string()
    }

    /// A link to another record.
    pub(super) fn link(rel: &str, to: Subject) -> Value {
        json!([{"rel": rel, "to": to.to_string()}])
    }
}

/// The marking of a record: most are open.
pub(super) fn marking(random: &mut Random) -> &'static str {
    match random.below(1000) {
        0..800 => "OFFICIAL",
        800..900 => "OFFICIAL-SENSITIVE",
        900..940 => "SECRET",
        940..970 => "OFFICIAL//REL CA,PK",
        970..982 => "OFFICIAL//REL PK",
        982..990 => "SECRET//WISTERIA",
        990..996 => "TOP SECRET",
        _ => "OFFICIAL-SENSITIVE//REL NONE",
    }
}

/// The day of a moment.
pub(super) fn day(at: i64) -> Date {
    let time = Timestamp::from_second(at).expect("it lies in this century");
    time.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()
}

/// A time foreseen: a day, some days, a month, a season.
pub(super) fn window(random: &mut Random, at: i64) -> Value {
    let first = day(at);
    match random.below(10) {
        0..5 => json!(first.to_string()),
        5..7 => json!(format!("{first}/{}", day(at + random.between(1, 4) * DAY))),
        7..9 => {
            json!({"edtf": format!("{:04}-{:02}", first.year(), first.month()), "as_stated": "next month"})
        }
        _ => json!(format!("{:04}-{}", first.year(), 21 + (first.month() % 12) / 3)),
    }
}
