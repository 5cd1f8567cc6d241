//! The records that a walk through an index leads to, if they are as asked.

use std::collections::HashMap;
use std::sync::Arc;

use domain::Subject;
use readmodel::View;

use crate::filter::Filter;
use crate::head::Head;
use crate::markings::Visible;

/// Heads, each read once: neighbours often belong to one record.
pub(crate) struct Admitted<'v> {
    pub(crate) view: &'v View<'v>,
    pub(crate) visible: &'v Visible<'v>,
    pub(crate) filter: &'v Filter,
    /// As of this position; none: now.
    pub(crate) at: Option<u64>,
    heads: HashMap<Subject, Option<Arc<Head>>>,
}

impl<'v> Admitted<'v> {
    pub(crate) fn new(
        view: &'v View<'v>,
        visible: &'v Visible<'v>,
        filter: &'v Filter,
        at: Option<u64>,
    ) -> Self {
        Self { view, visible, filter, at, heads: HashMap::new() }
    }

    /// The head of a record that is as asked and was not disposed of.
    pub(crate) fn head(&mut self, subject: &Subject) -> Option<&Head> {
        if !self.heads.contains_key(subject) {
            let head = self.look_at(subject);
            self.heads.insert(*subject, head);
        }
        self.heads.get(subject)?.as_deref()
    }

    fn look_at(&self, subject: &Subject) -> Option<Arc<Head>> {
        let head = Head::at_hand(subject, self.view).filter(|head| !head.is_disposed())?;
        let head = match self.at {
            Some(at) => head.known_at(at, self.view)?,
            None => head,
        };
        // Parties bear the names that they bear today.
        let sees = |party: &Subject| {
            Head::at_hand(party, self.view).is_some_and(|seen| self.visible.has(seen.marking))
        };
        let is_as_asked = self.filter.admits(&head, sees) && self.filter.is_said_of(&head.summary);
        is_as_asked.then_some(head)
    }
}
