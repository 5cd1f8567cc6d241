//! What a record foresees, and what became of it.
//!
//! Nothing here knows what day it is: that something is overdue is what its [last day](Expectation::last_day)
//! is to whoever asks.

use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;

use super::view::{Happening, Telling};
use super::{Record, facets, instrument};
use crate::clocks::{Clock, Clocks};
use crate::value::words::words;
use crate::value::{Bounds, Edtf, When};
use crate::vocabulary::{BINDING, DUE, IN_PART, INSTRUMENT_KIND, OCCURRED};
use crate::{Aggregate, EventName};

words! {
    /// What is foreseen.
    pub enum Foreseen {
        /// An engagement, in its window.
        Engagement => "engagement",
        /// That a commitment is fulfilled, when it is due.
        Commitment => "commitment",
        /// That what a rule asks for is done, within its period.
        Clock => "clock",
        /// That the marking is looked at again.
        Review => "review",
    }
}

/// Something that a record foresees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// What.
    pub what: Foreseen,
    /// When, as it stands now; where it came, as it stood last.
    pub when: When,
    /// When at first, if that was another time.
    pub first: Option<When>,
    /// What became of it.
    pub outcome: Outcome,
    /// The clock that runs.
    pub clock: Option<Running>,
}

/// What became of what was foreseen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing yet.
    Open,
    /// It came.
    Happened {
        /// When, if that is known.
        occurred: Option<When>,
        /// How many days after its last day; 0 within its time, negative before it.
        slip_days: Option<i32>,
    },
    /// It was called off, did not come, or was taken back.
    Ended,
}

/// A clock that an event of the record started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// By which rule.
    pub rule: Arc<Clock>,
    /// Since when.
    pub since: When,
}

impl Expectation {
    fn open(what: Foreseen, when: When) -> Option<Self> {
        let known = when.bounds() != Bounds::UNKNOWN;
        known.then_some(Self { what, when, first: None, outcome: Outcome::Open, clock: None })
    }

    /// The last day on which it is in time: what came is measured by what was foreseen at first.
    #[must_use]
    pub fn last_day(&self) -> Option<Date> {
        let at_first = self.first.as_ref().filter(|_| self.slip_days().is_some());
        at_first.unwrap_or(&self.when).bounds().latest
    }

    /// How many days it slipped, if it came.
    #[must_use]
    pub const fn slip_days(&self) -> Option<i32> {
        match self.outcome {
            Outcome::Happened { slip_days, .. } => slip_days,
            Outcome::Open | Outcome::Ended => None,
        }
    }
}

impl Record {
    /// What it foresees, or foresaw, and what became of each.
    ///
    /// Another record stands for one that was merged; of one that was disposed of nothing is foreseen.
    #[must_use]
    pub fn expectations(&self, clocks: &Clocks) -> Vec<Expectation> {
        let told = self.telling();
        if told.is_disposed() {
            return Vec::new();
        }
        let mut found = Vec::new();
        if self.state.merged_into.is_none() {
            found.extend(match told.aggregate() {
                Aggregate::Engagement => engagement(&told),
                Aggregate::Commitment => commitment(&told),
                _ => None,
            });
            found.extend(clocks.iter().filter_map(|rule| running(&told, rule)));
        }
        let review = self.state.custody.review_on.clone();
        found.extend(review.and_then(|when| Expectation::open(Foreseen::Review, when)));
        found
    }
}

fn engagement(told: &Telling<'_>) -> Option<Expectation> {
    let course = told.course();
    let outcome = match course.status? {
        "proposed" | "expected" | "scheduled" | "postponed" => {
            let open = Expectation::open(Foreseen::Engagement, course.window.clone()?)?;
            return Some(Expectation { first: other(course.first_window.as_ref(), &open.when), ..open });
        }
        "held" => happened(told.of(EventName::Held).next(), course.first_window.as_ref()),
        "under_way" => happened(told.of(EventName::UnderWay).next(), course.first_window.as_ref()),
        "cancelled" | "not_held" => Outcome::Ended,
        _ => return None,
    };
    let when = course.window.clone().or_else(|| course.first_window.clone())?;
    let first = other(course.first_window.as_ref(), &when);
    Some(Expectation { first, outcome, ..Expectation::open(Foreseen::Engagement, when)? })
}

fn commitment(told: &Telling<'_>) -> Option<Expectation> {
    let due = told.described(&DUE)?.clone();
    let is_whole = |told: &Happening<'_>| !told.data().get(&IN_PART).copied().unwrap_or_default();
    let outcome = match told.status() {
        "open" => Outcome::Open,
        "fulfilled" => happened(told.of(EventName::Fulfilled).find(is_whole), Some(&due)),
        "withdrawn" => Outcome::Ended,
        _ => return None,
    };
    let first_due = told.accounts().find_map(|account| account.data().get(&DUE));
    // What was put off with one another is in time by the new day.
    let first = other(first_due, &due).filter(|_| outcome == Outcome::Open);
    Some(Expectation { first, outcome, ..Expectation::open(Foreseen::Commitment, due)? })
}

/// A clock that one of the record's events started.
fn running(told: &Telling<'_>, rule: &Arc<Clock>) -> Option<Expectation> {
    let is_of = |trigger: &crate::clocks::Trigger, happening: &Happening<'_>| {
        trigger.is(happening.kind(), happening.data(), rule.party)
    };
    if rule.starts.event.aggregate() != told.aggregate() {
        return None;
    }
    let start = told.accounts().find(|happening| is_of(&rule.starts, happening))?;
    let binding = || instrument::is_binding(told.described(&BINDING), told.described(&INSTRUMENT_KIND));
    let below = |kind: &String| {
        told.kind()
            .and_then(|is| is.strip_prefix(kind.as_str()))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let applies = (rule.kinds.is_empty() || rule.kinds.iter().any(below))
        && (rule.binding.is_none() || binding() == rule.binding)
        && rule.party.is_none_or(|party| facets::of(told).parties.contains(party.as_str()));
    let since = start.data().get(&OCCURRED).filter(|_| applies)?.clone();
    let when = period(&since, rule.days)?;
    let end = told.accounts().find(|told| rule.ends.iter().any(|end| is_of(end, told)));
    let outcome = end.map_or(Outcome::Open, |end| happened(Some(end), Some(&when)));
    let clock = Some(Running { rule: Arc::clone(rule), since });
    Some(Expectation { outcome, clock, ..Expectation::open(Foreseen::Clock, when)? })
}

/// The day on which a clock runs out; some time after its start, where no number is given.
fn period(since: &When, days: Option<u16>) -> Option<When> {
    let Bounds { earliest, latest } = since.bounds();
    let text = match days {
        None => format!("[{}..]", earliest.or(latest)?),
        Some(days) => {
            let out = |day: Option<Date>| day.and_then(|day| day.checked_add(i32::from(days).days()).ok());
            match (out(earliest), out(latest)) {
                (Some(a), Some(b)) if a == b => a.to_string(),
                (Some(a), Some(b)) => format!("[{a}..{b}]"),
                (Some(a), None) => format!("[{a}..]"),
                (None, Some(b)) => format!("[..{b}]"),
                (None, None) => return None,
            }
        }
    };
    Some(When { inferred: true, ..When::at(Edtf::parse(&text).ok()?) })
}

fn happened(told: Option<Happening<'_>>, foreseen: Option<&When>) -> Outcome {
    let occurred = told.and_then(|told| told.data().get(&OCCURRED).cloned());
    let slip_days = occurred.as_ref().zip(foreseen).and_then(|(a, b)| slip(b.bounds(), a.bounds()));
    Outcome::Happened { occurred, slip_days }
}

fn other(first: Option<&When>, now: &When) -> Option<When> {
    first.filter(|first| *first != now).cloned()
}

/// Days between what was foreseen and what happened; 0 within it, negative before it.
pub(super) fn slip(foreseen: Bounds, happened: Bounds) -> Option<i32> {
    let days = |from: Date, to: Date| from.until(to).map_or(0, |span| span.get_days());
    match (happened.earliest, happened.latest, foreseen.earliest, foreseen.latest) {
        (Some(at), _, _, Some(last)) if at > last => Some(days(last, at)),
        (_, Some(at), Some(first), _) if at < first => Some(days(first, at)),
        (Some(_), Some(_), Some(_), Some(_)) => Some(0),
        _ => None,
    }
}
