//! What sorts of records a brief is made of, and what each is looked up by.

use contract::Order;
use domain::{Aggregate, Bounds};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::filter::Span;

/// The first of the days of which what was called off, or retracted, is told.
pub(super) fn lately(today: Date) -> Date {
    today.saturating_sub(366.days())
}

/// What sort of thing a record is in a brief.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Meetings,
    Foreseen,
    Lapsed,
    CalledOff,
    Undertakings,
    Positions,
    Fulfilled,
    Withdrawn,
    Instruments,
    Matters,
    /// Of which nothing stands any more.
    Retracted,
    Sources,
}

impl Part {
    pub(super) const ALL: [Self; 10] = [
        Self::Meetings,
        Self::Foreseen,
        Self::Lapsed,
        Self::CalledOff,
        Self::Undertakings,
        Self::Positions,
        Self::Fulfilled,
        Self::Withdrawn,
        Self::Instruments,
        Self::Matters,
    ];

    /// Its name where the rest is counted.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Meetings => "meetings",
            Self::Foreseen => "foreseen",
            Self::Lapsed => "lapsed",
            Self::CalledOff => "called_off",
            Self::Undertakings => "undertakings",
            Self::Positions => "positions",
            Self::Fulfilled => "fulfilled",
            Self::Withdrawn => "withdrawn",
            Self::Instruments => "instruments",
            Self::Matters => "matters",
            Self::Retracted => "retracted",
            Self::Sources => "sources",
        }
    }

    /// Of which aggregate, at which statuses.
    pub(super) const fn kept(self) -> (Aggregate, &'static [&'static str]) {
        const OPEN: &[&str] = &["proposed", "expected", "scheduled", "postponed"];
        match self {
            Self::Meetings => (Aggregate::Engagement, &["held", "under_way"]),
            Self::Foreseen | Self::Lapsed => (Aggregate::Engagement, OPEN),
            Self::CalledOff => (Aggregate::Engagement, &["cancelled", "not_held"]),
            Self::Undertakings => (Aggregate::Commitment, &["open"]),
            Self::Positions => (Aggregate::Commitment, &["position"]),
            Self::Fulfilled => (Aggregate::Commitment, &["fulfilled"]),
            Self::Withdrawn => (Aggregate::Commitment, &["withdrawn"]),
            Self::Instruments => (
                Aggregate::Instrument,
                &[
                    "proposed",
                    "under_negotiation",
                    "negotiation_suspended",
                    "concluded",
                    "initialled",
                    "signed",
                    "domestic_step_taken",
                    "consent_expressed",
                    "provisionally_applied",
                    "in_force",
                    "operative",
                    "suspended",
                    "withdrawal_notified",
                    "registered",
                    "amended",
                ],
            ),
            Self::Matters => (Aggregate::Matter, &["open"]),
            // Of any aggregate, and found otherwise.
            Self::Retracted | Self::Sources => (Aggregate::Source, &[]),
        }
    }

    /// How many are shown at most: of those with a date, and of those without.
    pub(super) const fn most(self) -> (usize, usize) {
        match self {
            Self::Meetings => (4, 2),
            Self::Foreseen => (6, 3),
            Self::Lapsed => (5, 0),
            Self::CalledOff | Self::Withdrawn => (2, 1),
            Self::Undertakings => (12, 8),
            Self::Positions => (6, 5),
            Self::Fulfilled => (3, 1),
            Self::Instruments => (8, 4),
            Self::Matters => (8, 6),
            Self::Retracted => (0, 3),
            Self::Sources => (0, 0),
        }
    }

    /// What is to come is read from its beginning on, everything else from its end.
    pub(super) const fn order(self) -> Order {
        if matches!(self, Self::Foreseen) { Order::Oldest } else { Order::Newest }
    }

    /// The days within which it is looked for.
    pub(super) fn span(self, today: Date) -> Span {
        match self {
            Self::Foreseen => Span { from: Some(today), to: None },
            Self::Lapsed => Span { from: None, to: today.yesterday().ok() },
            Self::CalledOff => Span { from: Some(lately(today)), to: None },
            _ => Span::default(),
        }
    }

    /// Whether something that may be between these bounds belongs here on this day.
    pub(super) fn has(self, bounds: Bounds, today: Date) -> bool {
        let is_over = bounds.latest.is_some_and(|last| last < today);
        match self {
            Self::Foreseen => !is_over,
            Self::Lapsed => is_over,
            Self::CalledOff => bounds.latest.or(bounds.earliest).is_none_or(|day| day >= lately(today)),
            _ => true,
        }
    }
}
