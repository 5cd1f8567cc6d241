//! What the calendar shows of one thing foreseen.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use contract::{Due, State};
use domain::value::When;
use domain::{Bounds, Clocks, Expectation, Foreseen, Outcome, Record, Running, Subject};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::head::Summary;
use crate::index::{self, DAYS, Entry, Index};
use crate::key::Place;

/// Where what is foreseen stands.
pub(super) const INDEX: Index = Index { rows: b'x' };

/// By when it may begin.
pub(super) const WINDOWS: u8 = 0;

/// By its last day.
pub(super) const LAST_DAYS: u8 = DAYS | 1;

/// The rules that this version ships.
static CLOCKS: LazyLock<Clocks> = LazyLock::new(Clocks::default);

/// Slots of a record: its own, the review of its marking, then the clocks in their order.
const OWN: u32 = 0;
const REVIEW: u32 = 1;
const FIRST_CLOCK: u32 = 2;

/// A record's places tell this many slots apart.
const SLOTS: u64 = 256;

/// Something foreseen, as long as it is open or came late.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Item {
    due: Due,
    when: When,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) earliest: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) latest: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    first_window: Option<When>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    clock: Option<Clock>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    occurred: Option<When>,
    /// Days that it was late.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    slip_days: Option<i32>,
}

/// A clock as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Clock {
    code: String,
    name: String,
    rule: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    party: Option<String>,
    after: String,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    days: Option<u16>,
    authority: String,
}

/// What stands in each slot of a record.
pub(super) type Slots = BTreeMap<u32, Item>;

impl Item {
    /// Everything that a record foresees, by slot.
    pub(super) fn all(record: &Record) -> Slots {
        let expectations = record.expectations(&CLOCKS);
        let items = expectations.into_iter();
        items.filter_map(|expectation| Some((slot(&expectation), Self::of(expectation)?))).collect()
    }

    fn of(expectation: Expectation) -> Option<Self> {
        let slip_days = expectation.slip_days();
        let Expectation { what, when, first, outcome, clock } = expectation;
        let Bounds { earliest, latest } = when.bounds();
        let occurred = match outcome {
            Outcome::Open => None,
            Outcome::Happened { occurred, slip_days: Some(1..) } => occurred,
            Outcome::Happened { .. } | Outcome::Ended => return None,
        };
        Some(Self {
            due: due(what),
            when,
            earliest,
            latest,
            first_window: first,
            clock: clock.map(Clock::of),
            occurred,
            slip_days,
        })
    }

    /// The last day on which it was, or is, in time.
    pub(super) fn last_day(&self) -> Option<Date> {
        let first = self.first_window.as_ref().filter(|_| self.is_late());
        first.map_or(self.latest, |first| first.bounds().latest)
    }

    const fn is_late(&self) -> bool {
        self.slip_days.is_some()
    }

    /// How it stands on a day, and by how many days.
    pub(super) fn state(&self, today: Date, within: u16) -> Option<(State, i32)> {
        let days = |from: Date, to: Date| from.until(to).map_or(0, |span| span.get_days());
        let left = days(today, self.last_day()?);
        match self.slip_days {
            Some(slip) => (left < 0).then_some((State::Late, slip)),
            None if left < 0 => Some((State::Overdue, -left)),
            None => (left <= i32::from(within)).then_some((State::RunningOut, left)),
        }
    }

    fn tags(&self) -> u8 {
        let is_unlimited = self.clock.as_ref().is_some_and(|clock| clock.days.is_none());
        let state = match (self.is_late(), is_unlimited) {
            (true, _) => LATE,
            (false, true) => UNLIMITED,
            (false, false) => OPEN,
        };
        state | tag_of(self.due)
    }

    /// Where it stands, given its record's first position; what is not foreseen stands nowhere.
    pub(super) fn stands(item: Option<&Self>, slot: u32, first: u64) -> Entry {
        let Some(item) = item else { return Entry::default() };
        let position = first * SLOTS + u64::from(slot).min(SLOTS - 1);
        let mut places = index::places(WINDOWS, item.earliest, item.latest, position);
        places.push((LAST_DAYS, Place::new(item.last_day(), position)));
        Entry { tags: item.tags(), last: item.latest, places }
    }

    /// As it is served, with how it stands where that was asked.
    pub(super) fn served(&self, of: &Summary, stands: Option<(State, i32)>) -> Vec<u8> {
        let (state, days) = stands.unzip();
        serde_json::to_vec(&Served { of: Described::of(of), item: self, state, days })
            .expect("texts and numbers are JSON")
    }
}

/// Tags: how it stands, and what is due.
pub(super) const OPEN: u8 = 1;
pub(super) const LATE: u8 = 1 << 1;
pub(super) const UNLIMITED: u8 = 1 << 2;

/// The tag of something that is due.
pub(super) const fn tag_of(due: Due) -> u8 {
    match due {
        Due::Engagement => 1 << 3,
        Due::Commitment => 1 << 4,
        Due::Clock => 1 << 5,
        Due::Review => 1 << 6,
    }
}

const fn due(what: Foreseen) -> Due {
    match what {
        Foreseen::Engagement => Due::Engagement,
        Foreseen::Commitment => Due::Commitment,
        Foreseen::Clock => Due::Clock,
        Foreseen::Review => Due::Review,
    }
}

fn slot(expectation: &Expectation) -> u32 {
    match (expectation.what, &expectation.clock) {
        (Foreseen::Clock, Some(Running { rule, .. })) => {
            let at = CLOCKS.iter().position(|known| known.code == rule.code);
            FIRST_CLOCK + at.and_then(|at| u32::try_from(at).ok()).unwrap_or_default()
        }
        (Foreseen::Review, _) => REVIEW,
        _ => OWN,
    }
}

impl Clock {
    fn of(running: Running) -> Self {
        let Running { rule, since } = running;
        Self {
            code: rule.code.clone(),
            name: rule.name.clone(),
            rule: rule.rule.clone(),
            party: rule.party.map(|party| party.to_string()),
            after: rule.starts.event.event().to_string(),
            since: since.edtf.map(|edtf| edtf.to_string()).unwrap_or_default(),
            days: rule.days,
            authority: rule.authority.clone(),
        }
    }
}

#[derive(Serialize)]
struct Served<'s> {
    #[serde(flatten)]
    item: &'s Item,
    #[serde(flatten)]
    of: Described<'s>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<i32>,
}

/// What is said of the record.
#[derive(Serialize)]
struct Described<'s> {
    subject: &'s Subject,
    id: &'s uuid::Uuid,
    aggregate: &'s str,
    title: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: &'s Option<String>,
    status: &'s str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parties: &'s Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: &'s Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    topics: &'s Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    owners: &'s Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strength: &'s Option<String>,
    marking: &'s str,
    version: u32,
}

impl<'s> Described<'s> {
    fn of(summary: &'s Summary) -> Self {
        let Summary { subject, id, aggregate, title, kind, status, parties, names, topics, .. } = summary;
        let Summary { owners, strength, marking, version, .. } = summary;
        let version = *version;
        Self {
            subject,
            id,
            aggregate,
            title,
            kind,
            status,
            parties,
            names,
            topics,
            owners,
            strength,
            marking,
            version,
        }
    }
}
