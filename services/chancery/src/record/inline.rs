//! One event from the command line.
//!
//! Flags say what people say; which field they fill depends on what kind of record it is. Values are sent as they
//! are written: the register reads the shorthand and names every mistake.

use domain::{Aggregate, EventKind, EventName};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::named::Named;

use super::who;

/// What an event has, by flags.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "An event from the command line")]
pub(super) struct Inline {
    /// When it took place or is to take place (EDTF: 2025-11-01, 2026-06, 2025-11-01/2025-11-03)
    #[arg(long, value_name = "DATE")]
    on: Option<String>,

    /// Who else takes part: a state's code or a name; a person's as 'NAME, TITLE, CODE' or 'NAME, CODE' with the
    /// country's code last; or JSON, as {"name": …}; repeatable
    #[arg(long, value_name = "PARTY", value_parser = who::read)]
    with: Vec<Value>,

    /// What it was about, such as trade.agriculture; repeatable
    #[arg(long, value_name = "CODE")]
    topic: Vec<String>,

    /// Where
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,

    /// A title, if the one made from kind and parties will not do
    #[arg(long)]
    title: Option<String>,

    /// A note; repeatable
    #[arg(long)]
    note: Vec<String>,

    /// What was said, as NAME: TEXT; repeatable
    #[arg(long, value_name = "NAME: TEXT")]
    said: Vec<String>,

    /// What is undertaken or wished for, or what there is to describe
    #[arg(long)]
    text: Option<String>,

    /// Whose commitment it is, named like --with; repeatable
    #[arg(long, value_name = "PARTY", value_parser = who::read)]
    owner: Vec<Value>,

    /// By when (EDTF)
    #[arg(long, value_name = "DATE")]
    due: Option<String>,

    /// The series it belongs to
    #[arg(long, value_name = "NAME")]
    series: Option<String>,

    /// Why
    #[arg(long)]
    reason: Option<String>,

    /// What it relies on: a URL or a source record; repeatable [default: first-hand]
    #[arg(long, value_name = "SOURCE")]
    cite: Vec<String>,

    /// The record at which it happened
    #[arg(long, value_name = "RECORD")]
    at: Option<String>,

    /// The record that it is part of
    #[arg(long, value_name = "RECORD")]
    part_of: Option<String>,

    /// Any other field of the data: a name or a JSON pointer, and JSON or text; repeatable
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,

    /// The record it happened to, which must be there [default: a new one]
    #[arg(long, value_name = "RECORD")]
    record: Option<Named>,

    /// A key of your own for a new record, to name it by later: engagement/~KEY
    #[arg(long, value_name = "KEY", conflicts_with = "record")]
    key: Option<String>,

    /// The marking of a new record, such as 'OFFICIAL//REL CA'
    #[arg(long)]
    marking: Option<String>,

    /// Record what it says encrypted, so that it can be destroyed one day
    #[arg(long)]
    sealed: bool,
}

/// The event types that a word may mean; `None` if it means none.
pub(super) fn kinds(word: &str) -> Option<Vec<EventKind>> {
    if let Ok(kind) = word.parse() {
        return Some(vec![kind]);
    }
    let name = word.replace('-', "_").parse::<EventName>().ok()?;
    let kinds = EventKind::all().filter(|kind| kind.event() == name).collect::<Vec<_>>();
    (!kinds.is_empty()).then_some(kinds)
}

impl Inline {
    /// Whether no flag was given.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The record that must be there.
    pub(super) const fn record(&self) -> Option<&Named> {
        self.record.as_ref()
    }

    /// The event, as it is sent.
    ///
    /// # Errors
    /// When the words do not fit together.
    pub(super) fn event(
        &self,
        word: &str,
        candidates: &[EventKind],
        rest: &[String],
    ) -> Result<Value, Failure> {
        let kind = self.kind(word, candidates)?;
        let aggregate = kind.aggregate();
        let mut data = Map::new();
        match rest {
            [] => {}
            [value] => {
                let field = if aggregate == Aggregate::Commitment { "strength" } else { "kind" };
                put(&mut data, &[field], value);
            }
            [_, more, ..] => return Err(Failure::Usage(format!("{more}: expected flags after the kind"))),
        }
        self.descriptive(aggregate, &mut data);
        self.common(kind, &mut data)?;
        for set in &self.set {
            set_field(&mut data, set)?;
        }
        let mut event = json!({"type": kind.short(), "data": data});
        let key = self.key.as_ref().map(|key| format!("{aggregate}/~{key}"));
        if let Some(subject) = self.record.as_ref().map(ToString::to_string).or(key) {
            event["subject"] = subject.into();
        }
        if let Some(marking) = &self.marking {
            event["marking"] = marking.as_str().into();
        }
        if self.sealed {
            event["sealed"] = true.into();
        }
        Ok(event)
    }

    /// The type that is meant: the record's, if one is named; else an engagement's, if there is one.
    fn kind(&self, word: &str, candidates: &[EventKind]) -> Result<EventKind, Failure> {
        let of = |aggregate| candidates.iter().find(|kind| kind.aggregate() == aggregate);
        let named = self.record.as_ref().map(|record| record.aggregate);
        let meant = match (candidates, named) {
            (several, None) if several.iter().all(|kind| kind.event().is_control()) => {
                return Err(Failure::Usage(format!("{word} happens to a record: say which with --record")));
            }
            ([only], _) => Some(only),
            (_, Some(aggregate)) => of(aggregate),
            (_, None) => of(Aggregate::Engagement),
        };
        meant.copied().ok_or_else(|| {
            let names = candidates.iter().map(|kind| kind.short()).collect::<Vec<_>>();
            Failure::Usage(format!("{word} may mean {}: say which", names.join(" or ")))
        })
    }

    /// What describes the record, under the names it has there.
    fn descriptive(&self, aggregate: Aggregate, data: &mut Map<String, Value>) {
        let with = match aggregate {
            Aggregate::Engagement => "participants",
            Aggregate::Instrument | Aggregate::Matter => "parties",
            Aggregate::Commitment => "beneficiaries",
            Aggregate::Party | Aggregate::Source => "by",
        };
        let text = match aggregate {
            Aggregate::Commitment => "text",
            _ => "description",
        };
        list(data, with, &self.with);
        list(data, "topics", &self.topic);
        list(data, "owners", &self.owner);
        for (field, value) in
            [("place", &self.place), ("title", &self.title), ("due", &self.due), (text, &self.text)]
        {
            if let Some(value) = value {
                put(data, &[field], value);
            }
        }
        if let Some(series) = &self.series {
            put(data, &["series", "name"], series);
        }
    }

    /// What every event may have.
    fn common(&self, kind: EventKind, data: &mut Map<String, Value>) -> Result<(), Failure> {
        if let Some(on) = &self.on {
            put(data, &[if is_foreseen(kind.event()) { "window" } else { "occurred" }], on);
        }
        if let Some(reason) = &self.reason {
            put(data, &["reason"], reason);
        }
        list(data, "notes", &self.note);
        let cited = self.cite.iter().map(|source| json!({"source": source})).collect::<Vec<_>>();
        list(data, "citations", &cited);
        let links = [("at", &self.at), ("part_of", &self.part_of)];
        let links = links.iter().filter_map(|(rel, to)| Some(json!({"rel": rel, "to": to.as_ref()?})));
        list(data, "links", &links.collect::<Vec<_>>());
        let said = self.said.iter().map(|said| match said.split_once(':') {
            Some((name, text)) => Ok(json!({"speakers": [name.trim()], "text": text.trim()})),
            None => Err(Failure::Usage(format!("--said {said:?}: expected NAME: TEXT"))),
        });
        list(data, "utterances", &said.collect::<Result<Vec<_>, _>>()?);
        Ok(())
    }
}

/// Whether the type speaks of a time to come.
const fn is_foreseen(event: EventName) -> bool {
    matches!(event, EventName::Proposed | EventName::Expected | EventName::Scheduled | EventName::Postponed)
}

fn list<T: serde::Serialize>(data: &mut Map<String, Value>, field: &str, values: &[T]) {
    if !values.is_empty() {
        data.insert(field.to_owned(), json!(values));
    }
}

fn put(data: &mut Map<String, Value>, path: &[&str], value: &str) {
    match path {
        [] => {}
        [field] => {
            data.insert((*field).to_owned(), value.into());
        }
        [field, rest @ ..] => {
            let inner = data.entry(*field).or_insert_with(|| json!({}));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// `publisher=Arab News`, `/place/country=PK`, `amounts=[…]`.
fn set_field(data: &mut Map<String, Value>, set: &str) -> Result<(), Failure> {
    let wrong = |why: &str| Failure::Usage(format!("--set {set:?}: {why}"));
    let (field, text) = set.split_once('=').ok_or_else(|| wrong("expected FIELD=VALUE"))?;
    let value = match serde_json::from_str::<Value>(text) {
        // A bare number is a text that happens to look like one: a year, an amount.
        Ok(value) if !value.is_number() => value,
        _ => text.into(),
    };
    let mut path =
        field.trim_start_matches('/').split('/').map(|name| name.replace("~1", "/").replace("~0", "~"));
    let last =
        path.next_back().filter(|name| !name.is_empty()).ok_or_else(|| wrong("expected a field's name"))?;
    let mut inner = data;
    for name in path {
        let next = inner.entry(name).or_insert_with(|| json!({}));
        inner = next.as_object_mut().ok_or_else(|| wrong("a field on the way holds no object"))?;
    }
    inner.insert(last, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        words: Vec<String>,
        #[command(flatten)]
        inline: Inline,
    }

    fn event(line: &str) -> Result<Value, String> {
        let words = std::iter::once("record").chain(line.split(' '));
        let line = Line::parse_from(words);
        let kinds = kinds(&line.words[0]).expect("it is an event");
        line.inline.event(&line.words[0], &kinds, &line.words[1..]).map_err(|failure| failure.text())
    }

    #[test]
    fn a_readout_in_one_line() {
        let line =
            "held meeting --on 2025-11-01 --with CA --with Khan --topic mining --note short --said PK:yes";
        let data = json!({
            "kind": "meeting", "occurred": "2025-11-01", "participants": ["CA", "Khan"], "topics": ["mining"],
            "notes": ["short"], "utterances": [{"speakers": ["PK"], "text": "yes"}],
        });
        assert_eq!(event(line), Ok(json!({"type": "engagement.held", "data": data})));
    }

    #[test]
    fn what_is_to_come_has_a_window() {
        assert_eq!(event("expected dialogue --on 2026-06").unwrap()["data"]["window"], "2026-06");
        assert_eq!(event("held dialogue --on 2026-06").unwrap()["data"]["occurred"], "2026-06");
    }

    #[test]
    fn each_kind_of_record_has_its_own_names() {
        let made = event("made agreed --text x --owner PK --with CA --due 2026 --key k").unwrap();
        let data = json!({"strength": "agreed", "text": "x", "owners": ["PK"], "beneficiaries": ["CA"], "due": "2026"});
        assert_eq!(made, json!({"type": "commitment.made", "subject": "commitment/~k", "data": data}));
        let captured =
            event("captured news --set publisher=APP --set /a/b=[1] --set published=2025").unwrap();
        let data = json!({"kind": "news", "publisher": "APP", "a": {"b": [1]}, "published": "2025"});
        assert_eq!(captured["data"], data);
    }

    #[test]
    fn what_may_mean_several_things_must_be_said() {
        assert!(event("registered x").unwrap_err().contains("instrument.registered or party.registered"));
        assert_eq!(event("registered x --record party/~p").unwrap()["type"], "party.registered");
        assert_eq!(event("proposed meeting").unwrap()["type"], "engagement.proposed");
        assert!(event("corrected").unwrap_err().contains("--record"));
        assert!(kinds("report.json").is_none());
    }
}
