//! Which records may have to be destroyed one day: what they say is recorded sealed, for what stands in the log in
//! plain can never be removed.
//!
//! A schedule is text. Each line names a class of retention, what becomes of its records in the end (`keep`,
//! `transfer`, `review` or `destroy`), and the records that belong to it when nobody assigns another: a kind of
//! record, or one and its kind with those below it. Empty lines, and what follows `#`, say nothing.
//!
//! ```text
//! PERMANENT   keep      instrument commitment
//! GA-12       destroy   engagement/correspondence engagement/briefing
//! ```

use std::collections::BTreeMap;
use std::str::FromStr;

use domain::vocabulary::{ACTION, CLASS, RetentionAction};
use domain::{Aggregate, Data, Subject};

/// The classes of retention of this register. Without any, only what is assigned to a record counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Whether the records of a class may end in destruction.
    classes: BTreeMap<String, bool>,
    /// The same of records to which none is assigned, by their aggregate and kind.
    records: BTreeMap<(Aggregate, Option<String>), bool>,
}

impl Schedule {
    /// Whether what was said of a record's retention may end in its destruction. A review may; and so may a class of
    /// which nothing is known.
    pub(crate) fn of_assigned(&self, retention: &Data) -> bool {
        let class = retention.get(&CLASS).and_then(|class| self.classes.get(class.as_str()).copied());
        match retention.get(&ACTION) {
            Some(RetentionAction::Transfer) => false,
            Some(RetentionAction::Destroy | RetentionAction::Review) => true,
            None => class.unwrap_or(true),
        }
    }

    /// Whether a record to which no class is assigned may end in destruction. The kind that is named most exactly
    /// counts.
    pub(crate) fn of_kind(&self, record: &Subject, kind: Option<&str>) -> bool {
        let mut kind = kind;
        while let Some(named) = kind {
            if let Some(ends) = self.records.get(&(record.aggregate, Some(named.to_owned()))) {
                return *ends;
            }
            kind = named.rsplit_once('.').map(|(above, _)| above);
        }
        self.records.get(&(record.aggregate, None)).copied().unwrap_or(false)
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut schedule = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
            let Some(class) = words.next() else { continue };
            let at = |expected: &str| format!("line {number}: {expected}");
            let ends = match words.next() {
                Some("keep" | "transfer") => false,
                Some("review" | "destroy") => true,
                _ => return Err(at("expected keep, transfer, review or destroy after the class")),
            };
            if schedule.classes.insert(class.to_owned(), ends).is_some() {
                return Err(at("expected each class once"));
            }
            for word in words {
                let (aggregate, kind) =
                    word.split_once('/').map_or((word, None), |(aggregate, kind)| (aggregate, Some(kind)));
                let aggregate = aggregate.parse().map_err(|_| at(&format!("{word} is no kind of record")))?;
                if schedule.records.insert((aggregate, kind.map(str::to_owned)), ends).is_some() {
                    return Err(at(&format!("{word} belongs to one class")));
                }
            }
        }
        Ok(schedule)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SCHEDULE: &str = "# The ministry's, of 2025.\n\
        PERMANENT keep instrument engagement/visit.state\n\n\
        GA-12 destroy engagement/visit matter # Notes of visits.\nGA-13 review\nGA-14 transfer\n";

    fn schedule() -> Schedule {
        SCHEDULE.parse().unwrap()
    }

    #[test]
    fn the_kind_that_is_named_most_exactly_counts() {
        let of = |aggregate, kind| schedule().of_kind(&Subject::of_key("urn:a", aggregate, "x"), kind);
        assert!(of(Aggregate::Engagement, Some("visit")) && of(Aggregate::Engagement, Some("visit.private")));
        assert!(!of(Aggregate::Engagement, Some("visit.state")) && !of(Aggregate::Engagement, Some("call")));
        assert!(of(Aggregate::Matter, None) && of(Aggregate::Matter, Some("issue")));
        assert!(!of(Aggregate::Engagement, None) && !of(Aggregate::Source, None));
    }

    #[test]
    fn what_is_assigned_ends_as_its_action_or_its_class_says() {
        let of = |data: Value| {
            let kind = "matter.retention_assigned".parse().unwrap();
            let data = serde_json::value::to_raw_value(&data).unwrap();
            schedule().of_assigned(&Data::parse(kind, &data))
        };
        assert!(of(json!({"action": "destroy"})) && of(json!({"action": "review"})));
        assert!(!of(json!({"action": "transfer"})));
        assert!(of(json!({"class": "GA-12"})) && of(json!({"class": "GA-13"})));
        assert!(!of(json!({"class": "GA-14"})) && !of(json!({"class": "PERMANENT"})));
        // Whatever is not known counts as what is most restrictive.
        assert!(of(json!({"class": "GA-99"})) && of(json!({})));
        assert!(of(json!({"class": "PERMANENT", "action": "destroy"})));
    }

    #[test]
    fn mistakes_are_named_by_their_line() {
        for (text, said) in [
            ("A", "line 1: expected keep"),
            ("A keep\nB burn", "line 2: expected keep"),
            ("A keep\nA keep", "line 2: expected each class once"),
            ("A keep visit", "line 1: visit is no kind of record"),
            ("A keep matter\nB destroy matter", "line 2: matter belongs to one class"),
        ] {
            let error = text.parse::<Schedule>().unwrap_err();
            assert!(error.starts_with(said), "{error}");
        }
    }
}
