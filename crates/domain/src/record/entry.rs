//! An event in its record, with what later events say about it.

use std::sync::Arc;

use uuid::Uuid;

use crate::{Data, Event};

/// An event of a record with its standing.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The event as it was recorded.
    pub event: Arc<Event>,
    /// The event that retracts it.
    pub retracted_by: Option<Uuid>,
    /// The events that correct it, oldest first.
    pub corrected_by: Vec<Uuid>,
    /// The events that contest it, oldest first.
    pub contested_by: Vec<Uuid>,
    /// Of which account it is part.
    pub(super) account: Option<usize>,
    /// What it says after corrections, where there are any.
    amended: Option<Arc<Amended>>,
}

/// What corrections made of an event.
#[derive(Clone, Debug, Default)]
struct Amended {
    data: Data,
    /// Which fields were corrected, and by which version of the record.
    fields: Vec<(String, u32)>,
}

impl Entry {
    pub(super) const fn new(event: Arc<Event>) -> Self {
        Self {
            event,
            retracted_by: None,
            corrected_by: Vec::new(),
            contested_by: Vec::new(),
            account: None,
            amended: None,
        }
    }

    /// What it says, corrections included.
    #[must_use]
    pub fn data(&self) -> &Data {
        self.amended.as_ref().map_or(&self.event.data, |amended| &amended.data)
    }

    /// Whether it counts: it was not retracted.
    #[must_use]
    pub const fn stands(&self) -> bool {
        self.retracted_by.is_none()
    }

    /// The version of the latest correction of a field.
    pub(super) fn corrected(&self, field: &str) -> Option<u32> {
        let fields = &self.amended.as_ref()?.fields;
        fields.iter().filter(|(name, _)| name == field).map(|(_, version)| *version).max()
    }

    /// Forgets what later events say about it.
    pub(super) fn reset(&mut self) {
        *self = Self::new(Arc::clone(&self.event));
    }

    /// Takes a correction of a field by that version of the record.
    pub(super) fn amend(&mut self, data: Data, field: String, version: u32) {
        let mut amended = self.amended.take().map(Arc::unwrap_or_clone).unwrap_or_default();
        amended.data = data;
        amended.fields.push((field, version));
        self.amended = Some(Arc::new(amended));
    }
}
