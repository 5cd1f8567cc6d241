//! How a record is kept: its marking, holds, retention, disposal.

use std::collections::BTreeSet;

use super::Entry;
use crate::value::When;
use crate::vocabulary::{CAVEATS, HOLD, LEVEL, RELEASE_TO, REVIEW_ON};
use crate::{EventName, Marking};

/// How a record is kept.
#[derive(Clone, Debug)]
pub(super) struct Custody {
    pub(super) marking: Marking,
    /// When the marking is to be looked at again.
    pub(super) review_on: Option<When>,
    /// The events that placed the holds in force.
    pub(super) holds: Vec<usize>,
    /// The event that assigned the retention in force.
    pub(super) retention: Option<usize>,
    /// The event that disposed of it.
    pub(super) disposal: Option<usize>,
}

impl Default for Custody {
    /// Of a record without events: nobody may see it.
    fn default() -> Self {
        Self {
            marking: Marking::unreadable(),
            review_on: None,
            holds: Vec::new(),
            retention: None,
            disposal: None,
        }
    }
}

impl Custody {
    /// The first event's marking is the record's.
    pub(super) fn begin(&mut self, marking: &Marking) {
        self.marking = marking.clone();
    }

    /// Takes an event of custody.
    pub(super) fn step(&mut self, entries: &[Entry], index: usize, event: EventName) {
        let data = &entries[index].event.data;
        match event {
            EventName::MarkingChanged => {
                if let Some(level) = data.get(&LEVEL) {
                    self.marking.level = level.clone();
                }
                if let Some(caveats) = data.get(&CAVEATS) {
                    self.marking.caveats = caveats.iter().cloned().collect();
                }
                self.review_on = data.get(&REVIEW_ON).cloned();
            }
            EventName::ReleaseAuthorised => {
                if let Some(to) = &mut self.marking.releasable_to {
                    to.extend(data.list(&RELEASE_TO));
                }
            }
            EventName::ReleaseRevoked => {
                // Without a limit there is no list to take a party from: then nobody is left on it.
                let to = self.marking.releasable_to.get_or_insert_with(BTreeSet::new);
                to.retain(|party| !data.list(&RELEASE_TO).contains(party));
            }
            EventName::HoldPlaced => self.holds.push(index),
            EventName::HoldLifted => match data.get(&HOLD) {
                Some(hold) => self.holds.retain(|placed| entries[*placed].event.uid != hold.0),
                None => self.holds.clear(),
            },
            EventName::RetentionAssigned => self.retention = Some(index),
            EventName::Disposed => self.disposal = Some(index),
            _ => {}
        }
    }
}
