//! Which earlier events of its record an event sets right.
//!
//! - What corrects, retracts, contests or adjudicates an event names it.
//! - What restricts who may see a record, what disposes of it and what merges it into another concern all that was said
//!   of it before.
//!
//! Of a record that was disposed of nothing is left of what named what; its disposal concerns everything.

use std::sync::Arc;

use contract::following::Recalled;
use domain::{EventKind, EventName, Kind, Levels};
use readmodel::View;
use sealing::Read;
use serde::Deserialize;
use uuid::Uuid;

use super::follow::facets;
use super::tables;
use crate::head::Head;
use crate::history::{self, Stands};

/// The events that one sets right, in the order of the log.
pub(super) fn by(
    stands: &Stands,
    head: &Arc<Head>,
    read: Option<&Read>,
    levels: &Levels,
    view: &View<'_>,
) -> Vec<Recalled> {
    let kind = read.and_then(|read| Kind::parse(&read.recorded.kind).known());
    match kind.map(EventKind::event) {
        Some(EventName::MergedInto | EventName::Disposed) => earlier(stands, head, view),
        _ if head.restricted_sight(stands.position, levels, view) => earlier(stands, head, view),
        Some(EventName::Corrected | EventName::Retracted | EventName::Contested | EventName::Adjudicated) => {
            read.and_then(|read| named(stands, head, read, view)).into_iter().collect()
        }
        _ => vec![],
    }
}

/// The event that one names, if it is an earlier one of the same record.
fn named(stands: &Stands, head: &Arc<Head>, read: &Read, view: &View<'_>) -> Option<Recalled> {
    #[derive(Deserialize)]
    struct Names {
        event: Uuid,
    }
    let Names { event } = serde_json::from_str(read.recorded.data.get()).ok()?;
    let named = history::at(tables::position_of(event, view)?, view)?;
    let is_earlier = named.subject == stands.subject && named.position < stands.position;
    let payload = history::payload(&named, view).filter(|_| is_earlier && !head.is_disposed())?;
    recalled(&named, &payload, head, view)
}

/// All earlier events of the record.
fn earlier(stands: &Stands, head: &Arc<Head>, view: &View<'_>) -> Vec<Recalled> {
    let events = history::of_record(&stands.subject, 0, view);
    let earlier = events.filter(|(other, _)| other.position < stands.position);
    earlier.filter_map(|(other, payload)| recalled(&other, &payload, head, view)).collect()
}

/// What has no address was never told with one.
fn recalled(stands: &Stands, payload: &[u8], head: &Arc<Head>, view: &View<'_>) -> Option<Recalled> {
    let recorded = sealing::read(payload)?.recorded;
    Some(Recalled {
        position: stands.position,
        uid: recorded.uid(),
        facets: facets(head, stands.position, view),
        kind: recorded.kind,
    })
}
