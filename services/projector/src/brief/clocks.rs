//! Periods that the law starts, in the records of a brief.
//!
//! A clock is found by folding the record that it runs in. So those are told of that run in records of which the
//! brief has something to say; the calendar finds all.

use std::sync::{Arc, LazyLock};

use domain::value::When;
use domain::vocabulary::OCCURRED;
use domain::{Aggregate, Clock, Clocks, Expectation, Outcome, Record, Running};

/// The rules that this version ships.
static CLOCKS: LazyLock<Clocks> = LazyLock::new(Clocks::default);

/// A clock that an event of a record started, and that nothing has ended.
#[derive(Clone, Debug)]
pub(super) struct Started {
    pub(super) rule: Arc<Clock>,
    pub(super) since: When,
    /// When it runs out.
    pub(super) when: When,
    /// The events that say so: of what they cite is this known.
    pub(super) events: Vec<String>,
}

/// Whether there are rules that start in such records.
pub(super) fn start_in(aggregate: Aggregate) -> bool {
    CLOCKS.iter().any(|rule| rule.starts.event.aggregate() == aggregate)
}

/// The clocks that run in a record.
pub(super) fn of(record: &Record) -> Vec<Started> {
    let open = record.expectations(&CLOCKS).into_iter().filter(|it| it.outcome == Outcome::Open);
    let running = open.filter_map(|Expectation { when, clock, .. }| {
        let Running { rule, since } = clock?;
        let events = starting(record, &rule, &since);
        Some(Started { rule, since, when, events })
    });
    running.collect()
}

/// The events that tell of what started a clock.
fn starting(record: &Record, rule: &Clock, since: &When) -> Vec<String> {
    let told = record.events().iter().filter(|entry| entry.stands()).filter(|entry| {
        let is_of_rule = entry.event.kind.known() == Some(rule.starts.event);
        let occurred = || record.happening(entry).and_then(|(_, told)| told.get(&OCCURRED));
        is_of_rule && occurred() == Some(since)
    });
    told.map(|entry| entry.event.uid.to_string()).collect()
}
