//! Periods that the law or the practice of a party starts: rules as data.
//!
//! A rule says which event of a record starts a clock, how many days it runs, and which events end it. The shipped
//! ones are in `data/clocks.json`, each with its authority; an installation adds its own in the same form:
//!
//! | member | |
//! |---|---|
//! | `code` | what the rule is told by; a later one with the same code takes its place |
//! | `name`, `rule`, `authority` | what people read |
//! | `party` | whose rule it is (ISO 3166-1): the record must be of that party, and an event that names another party is none of its business |
//! | `kinds` | only records of these kinds or below them |
//! | `binding` | only instruments that bind in law, or only those that do not |
//! | `starts`, `ends` | events; `steps` and `registers` narrow them by what they say |
//! | `days` | how long it runs; absent where the rule gives no number that can be counted |

use std::sync::Arc;

use serde::Deserialize;

use crate::value::{CountryCode, Expected, fold};
use crate::vocabulary::{PARTY, REGISTER, STEP};
use crate::{Data, EventKind};

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// What the rule is told by.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// What it asks for.
    pub rule: String,
    /// Who says so, and where.
    pub authority: String,
    /// Whose rule it is; none: everybody's.
    #[serde(default)]
    pub party: Option<CountryCode>,
    /// Only records of these kinds or below them; none: all.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Only instruments that bind in law, or only those that do not.
    #[serde(default)]
    pub binding: Option<bool>,
    /// What starts it.
    pub starts: Trigger,
    /// How long it runs; none: the rule gives no number that can be counted.
    #[serde(default)]
    pub days: Option<u16>,
    /// What ends it, any of these.
    pub ends: Vec<Trigger>,
}

/// An event that starts a clock or ends it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// Which.
    #[serde(deserialize_with = "event_kind")]
    pub event: EventKind,
    /// Only if it is one of these steps; none: any.
    #[serde(default)]
    pub steps: Vec<String>,
    /// Only if it is about one of these registers; none: any.
    #[serde(default)]
    pub registers: Vec<String>,
}

impl Trigger {
    /// Whether it is what happened, for a rule of this party.
    pub(crate) fn is(&self, kind: EventKind, data: &Data, party: Option<CountryCode>) -> bool {
        let among = |names: &[String], said: Option<&str>| {
            let said = said.map(fold);
            names.is_empty() || said.is_some_and(|said| names.iter().any(|name| fold(name) == said))
        };
        let of_party = || match (party, data.get(&PARTY)) {
            (Some(own), Some(named)) => named.key() == own.as_str(),
            _ => true,
        };
        self.event == kind
            && of_party()
            && among(&self.steps, data.get(&STEP).map(crate::value::Name::as_str))
            && among(&self.registers, data.get(&REGISTER).map(crate::value::Name::as_str))
    }
}

fn event_kind<'de, D: serde::Deserializer<'de>>(input: D) -> Result<EventKind, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(input)?;
    text.parse().map_err(serde::de::Error::custom)
}

/// The rules that are known, in their order.
#[derive(Clone, Debug)]
pub struct Clocks(Vec<Arc<Clock>>);

impl Clocks {
    /// The rules.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Clock>> {
        self.0.iter()
    }

    /// Adds the rules of a text in the form of the shipped one.
    ///
    /// # Errors
    /// What was expected, for a text that is no list of rules, or one that starts nowhere or never ends.
    pub fn extend(&mut self, json: &str) -> Result<(), Expected> {
        let rules = serde_json::from_str::<Vec<Arc<Clock>>>(json)
            .map_err(|error| Expected::new(format!("expected a list of clocks: {error}")))?;
        for rule in rules {
            let aggregate = rule.starts.event.aggregate();
            if rule.code.is_empty()
                || rule.ends.is_empty()
                || rule.ends.iter().any(|end| end.event.aggregate() != aggregate)
            {
                let code = &rule.code;
                return Err(Expected::new(format!(
                    "expected a code and events of the {aggregate} that end it, found “{code}”"
                )));
            }
            match self.0.iter_mut().find(|known| known.code == rule.code) {
                Some(known) => *known = rule,
                None => self.0.push(rule),
            }
        }
        Ok(())
    }
}

impl Default for Clocks {
    /// The rules shipped.
    fn default() -> Self {
        let mut clocks = Self(Vec::new());
        clocks.extend(include_str!("../data/clocks.json")).expect("the shipped file is tested");
        clocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_rules_are_read_and_name_their_authority() {
        let clocks = Clocks::default();
        assert!(clocks.iter().count() >= 4);
        assert!(
            clocks
                .iter()
                .all(|clock| ![&clock.name, &clock.rule, &clock.authority].contains(&&String::new()))
        );
    }

    #[test]
    fn an_installation_adds_its_own_and_replaces_by_code() {
        let mut clocks = Clocks::default();
        let before = clocks.iter().count();
        let rule = |code: &str, ends: &str| {
            format!(
                r#"[{{"code": "{code}", "name": "Deposit", "rule": "Within a week.", "authority": "Ours",
                "starts": {{"event": "instrument.signed"}}, "days": 7, "ends": [{{"event": "{ends}"}}]}}]"#
            )
        };
        clocks.extend(&rule("ours", "instrument.registered")).unwrap();
        clocks.extend(&rule("us-text-to-state", "instrument.registered")).unwrap();
        assert_eq!(clocks.iter().count(), before + 1);
        for wrong in ["{}", "[{}]", &rule("", "instrument.registered"), &rule("x", "engagement.held")] {
            assert!(clocks.extend(wrong).is_err(), "{wrong}");
        }
    }
}
