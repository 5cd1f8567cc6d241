//! The record of deliveries: what was sent for each subscription and what became of it, and who received an event.
//!
//! It is a [read model](readmodel) of the journal, which is the truth: lost, it is made again from there. Nothing is ever
//! sent because of what it says but for one thing, and that it only narrows down: whoever is about to send what sets an
//! event right asks whether the subscription [received](Deliveries::received) that event.
//!
//! | table | key | value |
//! |---|---|---|
//! | `a` | subscription, [place](Place) | an attempt, as its line says it |
//! | `o` | subscription, outcome, place | |
//! | `e` | subscription, uid of the event, place | |
//! | `d` | subscription, position of the event | where it was given up; absent: delivered since |
//! | `r` | position of the event, subscription, place | whether it is a [notice](contract::delivery::Because) |
//! | `t` | subscription, place of the line since when | to whom it is sent |

mod ask;
mod query;
#[cfg(test)]
mod tests;

use contract::delivery::{Attempt, Because, Line, Outcome, Received, Recipient};
use contract::subjects;
use readmodel::{Direction, Overlay, Projection, Range, Rows};
use uuid::Uuid;

pub use ask::Deliveries;

const ATTEMPTS: u8 = b'a';
const OUTCOMES: u8 = b'o';
const EVENTS: u8 = b'e';
const DEAD: u8 = b'd';
const RECEIPTS: u8 = b'r';
const TO: u8 = b't';

/// Of a notice about more events than this, these are kept with the attempt; each is found all the same.
const MOST_RECALLED: usize = 500;

/// Keeps attempts, and finds them by what is asked for.
#[derive(Default)]
pub(crate) struct Attempts;

impl Projection for Attempts {
    type Entry = eventlog::Line;

    const NAME: &'static str = "deliveries";
    const SCHEMA: u32 = 1;

    fn another(&self) -> Option<Self> {
        Some(Self)
    }

    fn apply(&mut self, line: &eventlog::Line, rows: &mut Overlay<'_>) {
        let Some(id) = subjects::subscription_of(&line.subject) else { return };
        let Ok(Line { to, attempts, .. }) = serde_json::from_slice(&line.payload) else {
            tracing::warn!(position = line.position, "a line of the journal of deliveries cannot be read");
            return;
        };
        if let Some(to) = to.filter(|to| sent_to(id, line.position, rows).as_ref() != Some(to)) {
            let to = serde_json::to_vec(&to).expect("texts are JSON");
            // Longer than any address may be.
            let _ = rows.put(key(TO, id).number(line.position).0, to);
        }
        for (nth, attempt) in (0..).zip(attempts) {
            keep(id, Place { line: line.position, nth }, attempt, rows);
        }
    }
}

/// Where an attempt stands in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    line: u64,
    /// The how-many-th of its line, from 0.
    nth: u32,
}

impl Place {
    const fn to_bytes(self) -> [u8; 12] {
        let (mut bytes, nth) = ([0; 12], self.nth.to_be_bytes());
        let (line, rest) = bytes.split_at_mut(8);
        line.copy_from_slice(&self.line.to_be_bytes());
        rest.copy_from_slice(&nth);
        bytes
    }

    /// Of the end of a key, or of a value.
    fn of(bytes: &[u8]) -> Option<Self> {
        let (line, nth) = bytes.last_chunk::<12>()?.split_at(8);
        Some(Self {
            line: u64::from_be_bytes(line.try_into().ok()?),
            nth: u32::from_be_bytes(nth.try_into().ok()?),
        })
    }
}

/// A key, or the beginning of one.
#[derive(Clone)]
struct Key(Vec<u8>);

impl Key {
    fn id(self, id: Uuid) -> Self {
        self.bytes(id.as_bytes())
    }

    fn number(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    fn outcome(self, outcome: Outcome) -> Self {
        let letter = match outcome {
            Outcome::Delivered => b'd',
            Outcome::Failed => b'f',
            Outcome::Dead => b'x',
        };
        self.bytes(&[letter])
    }

    fn place(self, place: Place) -> Vec<u8> {
        self.bytes(&place.to_bytes()).0
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
}

fn key(table: u8, id: Uuid) -> Key {
    Key(vec![table]).id(id)
}

fn receipts(position: u64) -> Key {
    Key(vec![RECEIPTS]).number(position)
}

fn keep(id: Uuid, place: Place, mut attempt: Attempt, rows: &mut Overlay<'_>) {
    rows.mark(key(OUTCOMES, id).outcome(attempt.outcome).place(place));
    rows.mark(key(EVENTS, id).id(attempt.event).place(place));
    let is_notice = attempt.because == Some(Because::Notice);
    let dead = key(DEAD, id).number(attempt.position).0;
    match attempt.outcome {
        Outcome::Failed => {}
        Outcome::Dead => rows.put(dead, place.to_bytes()).expect("a place fits"),
        Outcome::Delivered => {
            rows.remove(dead);
            let about = [Received { event: attempt.event, position: attempt.position }];
            let about = if is_notice { &*attempt.recalls } else { &about };
            for Received { position, .. } in about {
                let receipt = receipts(*position).id(id).place(place);
                rows.put(receipt, [u8::from(is_notice)]).expect("a byte fits");
            }
        }
    }
    attempt.recalls.truncate(MOST_RECALLED);
    let row = |attempt: &Attempt| serde_json::to_vec(attempt).expect("texts and numbers are JSON");
    let at = key(ATTEMPTS, id).place(place);
    if rows.put(at.clone(), row(&attempt)).is_err() {
        attempt.response = None;
        // Its texts are of bounded length, and then it fits.
        let _ = rows.put(at, row(&attempt));
    }
}

/// To whom a subscription was sent as of a line.
fn sent_to(id: Uuid, line: u64, rows: &impl Rows) -> Option<Recipient> {
    let of = key(TO, id);
    let range = Range::prefix(&of.0).before(&of.clone().number(line.saturating_add(1)).0);
    let (_, to) = rows.scan(&range, Direction::Descending).next()?;
    serde_json::from_slice(&to).ok()
}
