//! What is configured about admission.

use std::sync::Arc;

use contract::Principal;
use domain::{Clearance, Marking, Vocabulary};

use crate::retention::Schedule;

/// The rules of this register, the same for every submission.
pub(crate) struct Rules {
    /// What may be recorded, in which words.
    pub(crate) vocabulary: Arc<Vocabulary>,
    /// The marking of a record whose first event names none.
    pub(crate) marking: Marking,
    /// The language of texts that name none.
    pub(crate) language: Option<String>,
    /// Which records may have to be destroyed.
    pub(crate) schedule: Schedule,
}

impl Rules {
    /// Whether the caller may see what is so marked and belongs to `owner`.
    pub(crate) fn may_see(&self, principal: &Principal, marking: &Marking, owner: &str) -> bool {
        let reader = Clearance {
            level: principal.level.clone(),
            caveats: principal.caveats.clone(),
            party: principal.party.clone(),
            agency: principal.agency.clone(),
        };
        self.vocabulary.levels.may_see(&reader, marking, owner)
    }
}
