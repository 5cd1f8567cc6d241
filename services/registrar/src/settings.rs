//! What an operator sets.

use std::fs;
use std::sync::Arc;

use clap::Args;
use domain::value::Topics;
use domain::{Label, Levels, Marking, Vocabulary};

use crate::retention::Schedule;
use crate::rules::Rules;

const MIB: u64 = 1 << 20;

/// Settings of a registrar.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub struct Settings {
    /// How many servers keep the log: 1 or 3
    #[arg(long, env = "CHANCERY_REPLICAS", value_name = "N", value_parser = replicas, default_value = "1")]
    pub replicas: usize,

    /// The marking of a record whose first event names none [default: the lowest level]
    #[arg(long, env = "CHANCERY_MARKING", value_name = "MARKING", value_parser = marking)]
    pub marking: Option<Marking>,

    /// The language of texts that name none, as in BCP 47
    #[arg(long, env = "CHANCERY_LANGUAGE", value_name = "TAG")]
    pub language: Option<domain::value::Lang>,

    /// More top levels of topics: a file with a code and what it covers on each line
    #[arg(long, env = "CHANCERY_TOPICS", value_name = "FILE", value_parser = topics)]
    pub topics: Option<Topics>,

    /// Which records may have to be destroyed one day and are therefore sealed: a file with a class of retention,
    /// what becomes of its records in the end (keep, transfer, review, destroy) and which these are (engagement,
    /// engagement/correspondence) on each line [default: those to which such a retention is assigned]
    #[arg(long, env = "CHANCERY_RETENTION", value_name = "FILE", value_parser = schedule)]
    pub retention: Option<Schedule>,

    /// Memory for records that are being worked on, in MiB
    #[arg(long, env = "CHANCERY_REGISTRAR_CACHE", value_name = "MIB", default_value_t = 64)]
    pub registrar_cache: u64,

    /// How many submissions are worked on at once
    #[arg(long, env = "CHANCERY_REGISTRAR_IN_FLIGHT", value_name = "N", default_value_t = 1024)]
    pub registrar_in_flight: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            replicas: 1,
            marking: None,
            language: None,
            topics: None,
            retention: None,
            registrar_cache: 64,
            registrar_in_flight: 1024,
        }
    }
}

impl Settings {
    pub(crate) const fn cache_bytes(&self) -> u64 {
        self.registrar_cache.saturating_mul(MIB)
    }

    pub(crate) fn rules(&self) -> Rules {
        let topics = self.topics.clone().unwrap_or_default();
        let vocabulary = Vocabulary { topics, ..Vocabulary::default() };
        let marking = self.marking.clone().unwrap_or_else(|| vocabulary.levels.least());
        let language = self.language.as_ref().map(ToString::to_string);
        let schedule = self.retention.clone().unwrap_or_default();
        Rules { vocabulary: Arc::new(vocabulary), marking, language, schedule }
    }
}

fn replicas(text: &str) -> Result<usize, &'static str> {
    match text {
        "1" => Ok(1),
        "3" => Ok(3),
        _ => Err("expected 1 or 3"),
    }
}

/// Of a level that is known: no clearance would reach another one.
fn marking(text: &str) -> Result<Marking, String> {
    let marking = text.parse::<Marking>().map_err(|expected| expected.to_string())?;
    let levels = Levels::default();
    if levels.knows(marking.level.as_str()) {
        return Ok(marking);
    }
    let names = levels.iter().map(Label::as_str).collect::<Vec<_>>();
    Err(format!("expected one of the levels {}", names.join(", ")))
}

/// The topics shipped and those of a file, read at once: a mistake in it is a mistake on the command line.
fn topics(file: &str) -> Result<Topics, String> {
    let lines = fs::read_to_string(file).map_err(|error| format!("it cannot be read: {error}"))?;
    let mut topics = Topics::default();
    topics.extend(&lines).map_err(|expected| format!("it is no list of topics: {expected}"))?;
    Ok(topics)
}

/// A schedule of retention, read at once as topics are.
fn schedule(file: &str) -> Result<Schedule, String> {
    let lines = fs::read_to_string(file).map_err(|error| format!("it cannot be read: {error}"))?;
    lines.parse().map_err(|expected| format!("it is no schedule of retention: {expected}"))
}

#[cfg(test)]
mod tests {
    use domain::{Aggregate, Subject};

    use super::*;

    #[test]
    fn settings_are_checked_where_they_are_read() {
        assert_eq!(replicas("3"), Ok(3));
        assert!(replicas("2").is_err() && replicas("x").is_err());
        assert!(marking("SECRET//REL CA").is_ok() && marking("BLAH").is_err() && marking("secret").is_err());
        assert!(schedule("/nope").is_err_and(|why| why.contains("cannot be read")));
        assert!(topics("/nope").is_err_and(|why| why.contains("cannot be read")));
    }

    #[test]
    fn the_schedule_that_is_shipped_says_what_its_comments_say() {
        let shipped = schedule(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/retention/schedule.txt"));
        let shipped = shipped.expect("a schedule");
        let of = |aggregate, kind| shipped.of_kind(&Subject::of_key("urn:a", aggregate, "x"), Some(kind));
        for (aggregate, kind, may_be_destroyed) in [
            (Aggregate::Instrument, "treaty", false),
            (Aggregate::Party, "state", false),
            (Aggregate::Engagement, "summit", false),
            (Aggregate::Engagement, "meeting", true),
            (Aggregate::Matter, "issue", true),
            (Aggregate::Matter, "project", false),
            (Aggregate::Engagement, "ceremony.state", false),
            (Aggregate::Engagement, "ceremony.internal", true),
            (Aggregate::Engagement, "reception.private", true),
            (Aggregate::Source, "cable", true),
            (Aggregate::Source, "news", false),
        ] {
            assert_eq!(of(aggregate, kind), may_be_destroyed, "{aggregate:?} {kind}");
        }
    }
}
