//! How far a record has come: its status, its stage in the plausible order, its times.

use crate::value::{Bounds, When};
use crate::vocabulary::{OCCURRED, WINDOW};
use crate::{Aggregate, Data, EventKind};

use super::{commitment, engagement, instrument, matter, party, source};

/// How far a record has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    /// Where it stands; absent: nothing said so.
    pub(super) status: Option<&'static str>,
    /// How far in the plausible order, from 0.
    pub(super) stage: u8,
    /// The time foreseen now.
    pub(super) window: Option<When>,
    /// The time foreseen at first.
    pub(super) first_window: Option<When>,
    /// When it took place, for what takes place once.
    pub(super) occurred: Option<When>,
    /// Earliest and latest day of all that happened.
    pub(super) span: Option<Bounds>,
}

impl Course {
    /// How far an event is in the plausible order; an event that has no place there is as far as the record.
    pub(super) fn stage_of(&self, kind: EventKind) -> u8 {
        let stage = match kind.aggregate() {
            Aggregate::Engagement => engagement::stage(kind.event()),
            Aggregate::Instrument => instrument::stage(kind.event()),
            _ => None,
        };
        stage.unwrap_or(self.stage)
    }

    /// Takes what an account says of it.
    pub(super) fn advance(&mut self, kind: EventKind, data: &Data) {
        let event = kind.event();
        let late = self.stage_of(kind) < self.stage;
        if let Some(window) = data.get(&WINDOW) {
            self.first_window.get_or_insert_with(|| window.clone());
            if !late || self.window.is_none() {
                self.window = Some(window.clone());
            }
        }
        match kind.aggregate() {
            Aggregate::Engagement => engagement::advance(self, event, data),
            Aggregate::Instrument => instrument::advance(self, event, data),
            Aggregate::Commitment => commitment::advance(self, event, data),
            Aggregate::Matter => matter::advance(self, event, data),
            Aggregate::Party => party::advance(self, event, data),
            Aggregate::Source => source::advance(self, event, data),
        }
        self.stage = self.stage.max(self.stage_of(kind));
    }

    /// Widens the span by when something happened.
    pub(super) fn happened(&mut self, data: &Data) {
        if let Some(when) = data.get(&OCCURRED) {
            self.widen(when.bounds());
        }
    }

    /// Widens the span.
    pub(super) fn widen(&mut self, bounds: Bounds) {
        if bounds == Bounds::UNKNOWN {
            return;
        }
        let Some(span) = &mut self.span else {
            self.span = Some(bounds);
            return;
        };
        // What is open at one end says nothing about that end.
        span.earliest = [span.earliest, bounds.earliest].into_iter().flatten().min();
        span.latest = [span.latest, bounds.latest].into_iter().flatten().max();
    }

    /// When it took place, else when it is foreseen.
    pub(super) fn valid_time(&self) -> Option<Bounds> {
        let foreseen = || self.window.as_ref().map(When::bounds).filter(|bounds| *bounds != Bounds::UNKNOWN);
        self.span.or_else(foreseen)
    }
}
