//! Records of which nothing stands any more: they name nobody now, and are told of to those whom they named.
//!
//! Lists keep them under their status and nothing else. So those that were retracted lately are folded as they were
//! before, to see whether they named both. Lists have them in the order in which they began: where a collection
//! has more than [`LOOKED_AT`], what began long ago and was retracted lately may be missed.

use std::collections::BTreeSet;
use std::sync::Arc;

use contract::Order;
use domain::{Aggregate, EventName, Record, Subject};
use jiff::tz::TimeZone;

use super::gather::Gathering;
use super::part::{Part, lately};
use super::quota::{Quota, Rest};
use crate::dossiers;
use crate::filter::Span;
use crate::folds;
use crate::head::Head;
use crate::history;
use crate::index::Target;

/// Records of a collection that are looked at.
const LOOKED_AT: usize = 100;

/// The status of a record of which nothing stands.
const RETRACTED: &str = "retracted";

/// What may have been between both.
const COLLECTIONS: [Aggregate; 4] =
    [Aggregate::Engagement, Aggregate::Commitment, Aggregate::Instrument, Aggregate::Matter];

impl Gathering<'_, '_> {
    /// Adds what was between both and was retracted lately, the last first; counts some of the rest.
    pub(super) fn retracted(&mut self) {
        let mut found = COLLECTIONS.iter().flat_map(|of| self.retracted_of(*of)).collect::<Vec<_>>();
        found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let (mut quota, mut rest) = (Quota::of(Part::Retracted.most().1), Rest::default());
        for (_, head) in found {
            if quota.is_full(&rest) {
                break;
            }
            if quota.takes(&mut rest) {
                self.take(Part::Retracted, &head);
            }
        }
        self.gathered.more.extend(rest.counted().map(|counted| (Part::Retracted.name(), counted)));
    }

    /// Those of a collection, with the position at which it was done.
    fn retracted_of(&self, aggregate: Aggregate) -> Vec<(u64, Arc<Head>)> {
        let asked = self.asked;
        let since = TimeZone::UTC.to_timestamp(lately(self.gathered.today).at(0, 0, 0, 0));
        let since = since.map_or(0, |since| history::position_at(since, asked.position, asked.view));
        let wanted = [BTreeSet::from([format!("status:{RETRACTED}")])];
        let of = (aggregate, None);
        let mut retracted = dossiers::by_time(asked, of, &wanted, Order::Newest, Span::default(), true);
        // Nothing of them says a date any more.
        retracted.pass_to_undated();
        let mut found = vec![];
        for (_, Target { subject, .. }) in retracted.take(LOOKED_AT) {
            asked.budget.spend(1);
            if asked.budget.is_spent() {
                break;
            }
            found.extend(self.retracted_since(since, &subject));
        }
        found
    }

    /// A record of which all was taken back behind a position, if it had been of both.
    fn retracted_since(&self, since: u64, subject: &Subject) -> Option<(u64, Arc<Head>)> {
        history::last(subject, self.asked.view).filter(|last| last.position > since)?;
        let head = self.asked.known_head(subject).ok().filter(|head| head.summary.status == RETRACTED)?;
        let record = self.folded(&head)?;
        let (first, last) = retractions(&record)?;
        let before = folds::fold_until(subject, first - 1, self.asked.view);
        self.asked.budget.spend(before.events().len());
        let was_of_both = last > since && self.gathered.sides.are_both_in(&before.facets().mentions);
        was_of_both.then_some((last, head))
    }
}

/// The positions of the first and the last event that took something back.
fn retractions(record: &Record) -> Option<(u64, u64)> {
    let is_retraction =
        |event: &domain::Event| event.kind.known().is_some_and(|kind| kind.event() == EventName::Retracted);
    let positions = record.events().iter().filter(|entry| entry.stands() && is_retraction(&entry.event));
    let mut positions = positions.map(|entry| entry.event.position);
    let first = positions.next()?;
    Some((first, positions.next_back().unwrap_or(first)))
}
