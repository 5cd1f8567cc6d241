//! Which parts of which orders are read for a span, one after the other.

use contract::Order;
use jiff::ToSpan;
use jiff::civil::Date;

use super::{DAYS, LONG, LONGEST, UNBEGUN};
use crate::filter::Span;
use crate::key::Place;

/// Some of the places of one order: from the first to the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) order: u8,
    pub(super) first: Place,
    pub(super) last: Place,
}

const DATED: [Place; 2] = [Place::least(Place::DATED), Place::greatest(Place::DATED)];
const UNDATED: [Place; 2] = [Place::least(Place::UNDATED), Place::greatest(Place::UNDATED)];

/// What is read of an order, first what comes first: the undated behind the dated, whatever the direction. They meet
/// no span but the one without bounds.
pub(super) fn segments(order: u8, span: Span, and_undated: bool, direction: Order) -> Vec<Segment> {
    let segment = |order, [first, last]: [Place; 2]| Segment { order, first, last };
    if span == Span::default() {
        return vec![segment(order, DATED), segment(order, UNDATED)];
    }
    let reach = if order & DAYS == 0 { LONGEST } else { 0 };
    let of_day = |date: Date, position| Place::new(Some(date), position);
    let first = span.from.map_or(DATED[0], |from| of_day(from.saturating_sub(reach.days()), 0));
    let last = span.to.map_or(DATED[1], |to| of_day(to, u64::MAX));
    let mut segments = vec![segment(order, [first, last])];
    if order & DAYS == 0 {
        if span.from.is_some() {
            segments.insert(0, segment(order | LONG, [DATED[0], first.before().min(last)]));
        }
        if span.to.is_some() {
            segments.push(segment(order | UNBEGUN, [last.behind().max(first), DATED[1]]));
        }
    }
    if direction == Order::Newest {
        segments.reverse();
    }
    if and_undated {
        segments.push(segment(order, UNDATED));
    }
    segments
}

impl Segment {
    /// What of it lies behind a place; none: nothing.
    pub(super) fn behind(mut self, after: Place, direction: Order) -> Option<Self> {
        match (direction, self.first.is_dated(), after.is_dated()) {
            (_, true, false) => return None,
            (_, false, true) => {}
            (Order::Oldest, ..) => self.first = self.first.max(after.behind()),
            (Order::Newest, ..) => self.last = self.last.min(after.before()),
        }
        Some(self)
    }

    /// What of it lies at a place of it and behind.
    pub(super) fn from(self, place: Place, direction: Order) -> Self {
        match direction {
            Order::Oldest => Self { first: place, ..self },
            Order::Newest => Self { last: place, ..self },
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first > self.last
    }

    pub(super) fn has(&self, place: Place) -> bool {
        self.first <= place && place <= self.last
    }
}
