//! Pages of the record of deliveries.

use contract::Paging;
use contract::delivery::{Attempt, Outcome, Receipt};
use contract::subscription::Deliveries as Asked;
use jiff::SignedDuration;
use readmodel::{Direction, Range, Rows, View};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ATTEMPTS, DEAD, EVENTS, Key, OUTCOMES, Place, key, receipts, sent_to};

/// What one page looks at, shown or not: commits wait meanwhile.
const LOOKED_AT: usize = 2_000;

/// A page ends before it grows beyond this: 1 MiB.
const LARGEST: usize = 1 << 20;

/// The most items of a page.
const LONGEST: u32 = 1_000;

/// The cursor is none that this register gave.
#[derive(Debug, thiserror::Error)]
#[error("cursor: it is none that this register gave")]
pub(super) struct NoCursor;

/// Attempts of a subscription, the latest first: `{"items": [attempt …], "next": cursor, "position": of the journal}`.
pub(super) fn attempts(asked: &Asked, view: &View<'_>) -> Result<Value, NoCursor> {
    let before = asked.page.cursor.as_deref().map(|cursor| place(cursor).ok_or(NoCursor)).transpose()?;
    // By what fewest share.
    let by = match (asked.event, asked.outcome) {
        (Some(event), _) => key(EVENTS, asked.id).id(event),
        (None, Some(outcome)) => key(OUTCOMES, asked.id).outcome(outcome),
        (None, None) => key(ATTEMPTS, asked.id),
    };
    let mut range = Range::prefix(&by.0);
    if let Some(before) = before {
        range = range.before(&by.clone().place(before));
    }
    let (mut page, mut last) = (Page::new(&asked.page), None);
    for (at, _) in view.scan(&range, Direction::Descending) {
        let Some(place) = Place::of(&at) else { continue };
        if page.is_full() {
            page.next = last.map(|Place { line, nth }| format!("{line}.{nth}"));
            break;
        }
        last = Some(place);
        page.looks();
        let Some(row) = view.get(&key(ATTEMPTS, asked.id).place(place)) else { continue };
        let Ok(attempt) = serde_json::from_slice::<Attempt>(&row) else { continue };
        let is_meant = asked.outcome.is_none_or(|outcome| outcome == attempt.outcome)
            && (asked.outcome != Some(Outcome::Dead) || is_dead_letter(asked.id, &attempt, place, view));
        if is_meant {
            page.add(json!(attempt), row.len());
        }
    }
    Ok(page.finish(view))
}

/// Whether an event was given up with an attempt, and neither delivered nor given up once more since.
fn is_dead_letter(id: Uuid, attempt: &Attempt, place: Place, view: &View<'_>) -> bool {
    let dead = view.get(&key(DEAD, id).number(attempt.position).0);
    dead.and_then(|dead| Place::of(&dead)) == Some(place)
}

/// Who received the event at a position, by subscription and in the order in which they did.
pub(super) fn recipients(position: u64, asked: &Paging, view: &View<'_>) -> Result<Value, NoCursor> {
    let of = receipts(position);
    let mut range = Range::prefix(&of.0);
    if let Some(cursor) = &asked.cursor {
        let (id, at) = cursor.split_once('.').ok_or(NoCursor)?;
        let (id, at) = (Uuid::try_parse(id).map_err(|_| NoCursor)?, place(at).ok_or(NoCursor)?);
        range = range.after(&of.clone().id(id).place(at));
    }
    let (mut page, mut last) = (Page::new(asked), None);
    for (at, _) in view.scan(&range, Direction::Ascending) {
        let Some((id, place)) = receipt(&at, &of) else { continue };
        if page.is_full() {
            page.next = last.map(|(id, Place { line, nth })| format!("{id}.{line}.{nth}"));
            break;
        }
        last = Some((id, place));
        page.looks();
        let row = view.get(&key(ATTEMPTS, id).place(place));
        let Some(attempt) = row.and_then(|row| serde_json::from_slice::<Attempt>(&row).ok()) else {
            continue;
        };
        let took = SignedDuration::from_millis(attempt.took_ms.into());
        let receipt = Receipt {
            to: sent_to(id, place.line, view),
            subscription: Some(id),
            request: None,
            at: attempt.time.saturating_add(took).unwrap_or(attempt.time),
            because: attempt.because,
        };
        page.add(json!(receipt), 256);
    }
    Ok(page.finish(view))
}

/// Which of the events at some positions a subscription has received.
pub(super) fn received(id: Uuid, positions: &[u64], view: &View<'_>) -> Vec<u64> {
    let has = |position: &&u64| {
        let of = receipts(**position).id(id);
        view.scan_prefix(&of.0).any(|(_, is_notice)| is_notice.first() == Some(&0))
    };
    positions.iter().filter(has).copied().collect()
}

/// The subscription and the place of a receipt.
fn receipt(at: &[u8], of: &Key) -> Option<(Uuid, Place)> {
    let rest = at.get(of.0.len()..)?;
    Some((Uuid::from_slice(rest.get(..16)?).ok()?, Place::of(rest)?))
}

/// `<line>.<nth>`.
fn place(text: &str) -> Option<Place> {
    let (line, nth) = text.split_once('.')?;
    Some(Place { line: line.parse().ok()?, nth: nth.parse().ok()? })
}

/// A page while it is filled.
struct Page {
    items: Vec<Value>,
    limit: usize,
    size: usize,
    looked_at: usize,
    next: Option<String>,
}

impl Page {
    fn new(asked: &Paging) -> Self {
        let limit = asked.limit.clamp(1, LONGEST) as usize;
        Self { items: vec![], limit, size: 0, looked_at: 0, next: None }
    }

    const fn is_full(&self) -> bool {
        self.items.len() == self.limit || self.size > LARGEST || self.looked_at == LOOKED_AT
    }

    const fn looks(&mut self) {
        self.looked_at += 1;
    }

    fn add(&mut self, item: Value, size: usize) {
        self.size += size;
        self.items.push(item);
    }

    fn finish(self, view: &View<'_>) -> Value {
        let mut page = json!({"items": self.items, "position": view.position()});
        if let Some(next) = self.next {
            page["next"] = next.into();
        }
        page
    }
}
