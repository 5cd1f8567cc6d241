//! The log of reads as a [read model](readmodel): its entries, and where each stands under what it is asked for by.
//!
//! The log is a stream of its own beside that of the events; whoever shows something writes to it. Here it is read
//! and never written. What streams were given besides what is marked is in it, too: that is for those who ask who
//! received an event, and in no page but of those entries alone. Its entries say of every record, whatever its marking, that somebody saw it: so they are for
//! whom bundles of entries are for.

mod query;
mod recipients;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use readmodel::{LARGEST_VALUE, Line, Overlay, Projection, Rows};
use serde_json::{Map, Value};

pub(crate) use query::{NoCursor, page};
pub(crate) use recipients::recipients;

/// Place → when it was logged, and the entry in JSON.
const ENTRIES: u8 = b'e';

/// What an entry is asked for by, its value, place → nothing.
const FACETS: u8 = b'f';

/// The position of an event that was sent, place → nothing.
const POSITIONS: u8 = b'p';

/// What entries are asked for by: a letter that is part of the rows' form, and the member of the entry.
const BY: [(u8, &str); 5] =
    [(b's', "records"), (b'a', "actor"), (b'g', "agency"), (b'k', "kind"), (b'o', "outcome")];

/// Of an entry that is too long for a row, this many records are shown; each is found all the same.
const MOST_RECORDS: usize = 1_000;

/// Keeps entries, and finds them by what they say.
#[derive(Default)]
pub struct Reads;

impl Projection for Reads {
    type Entry = Line;

    const NAME: &'static str = "reads";
    const SCHEMA: u32 = 2;

    fn apply(&mut self, line: &Line, rows: &mut Overlay<'_>) {
        let position = line.position;
        // Clocks go back, places do not: what is kept is the latest time of logging up to there.
        let before = at(position.saturating_sub(1), rows).map_or(i64::MIN, |(logged, _)| logged);
        let logged = before.max(nanoseconds(line.stored));
        let entry = read(&line.payload);
        for (letter, member) in BY {
            for value in texts(&entry, member) {
                rows.mark(facet_key(letter, value, position));
            }
        }
        for event in positions(&entry) {
            rows.mark(position_key(event, position));
        }
        let row = |entry: &Map<String, Value>| {
            let entry = serde_json::to_vec(entry).expect("JSON is JSON");
            [&logged.to_be_bytes()[..], &entry].concat()
        };
        let written = row(&entry);
        let written = if written.len() > LARGEST_VALUE { row(&shortened(entry)) } else { written };
        let kept = rows
            .put(entry_key(position), written)
            .or_else(|_| rows.put(entry_key(position), row(&Map::new())));
        kept.expect("a time and two bytes fit");
    }
}

/// What a line says. One that is none of ours is kept as it is, and counts among all.
fn read(payload: &[u8]) -> Map<String, Value> {
    match serde_json::from_slice(payload) {
        Ok(Value::Object(entry)) => entry,
        _ => {
            let text = String::from_utf8_lossy(&payload[..payload.len().min(LARGEST_VALUE / 8)]).into_owned();
            Map::from_iter([("unreadable".to_owned(), Value::String(text))])
        }
    }
}

/// The texts that a member holds: one, or a list of them.
fn texts<'e>(entry: &'e Map<String, Value>, member: &str) -> Vec<&'e str> {
    match entry.get(member) {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    }
}

/// The positions of the events that an entry says were sent, or said to be set right.
fn positions(entry: &Map<String, Value>) -> Vec<u64> {
    fn of(list: Option<&Value>) -> impl Iterator<Item = u64> + '_ {
        list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_u64)
    }
    let parts = entry.get("parts").and_then(Value::as_array).into_iter().flatten();
    let parts = parts.flat_map(|part| of(part.get("positions")).chain(of(part.get("recalled"))));
    of(entry.get("positions")).chain(parts).collect()
}

fn shortened(mut entry: Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::Array(records)) = entry.get_mut("records") {
        let more = records.len().saturating_sub(MOST_RECORDS);
        records.truncate(MOST_RECORDS);
        entry.insert("more_records".to_owned(), more.into());
    }
    entry
}

fn entry_key(position: u64) -> Vec<u8> {
    [&[ENTRIES], &position.to_be_bytes()[..]].concat()
}

fn position_prefix(event: u64) -> Vec<u8> {
    [&[POSITIONS], &event.to_be_bytes()[..]].concat()
}

fn position_key(event: u64, position: u64) -> Vec<u8> {
    [position_prefix(event), position.to_be_bytes().to_vec()].concat()
}

/// A text ends with a byte that stands in none.
fn facet_prefix(letter: u8, value: &str) -> Vec<u8> {
    [&[FACETS, letter], value.as_bytes(), &[0xff]].concat()
}

fn facet_key(letter: u8, value: &str, position: u64) -> Vec<u8> {
    [facet_prefix(letter, value), position.to_be_bytes().to_vec()].concat()
}

/// When what stands at a place was logged, and what it says.
fn at(position: u64, rows: &impl Rows) -> Option<(i64, readmodel::Value)> {
    let row = rows.get(&entry_key(position))?;
    let logged = row.first_chunk().copied().map(i64::from_be_bytes)?;
    Some((logged, row))
}

/// Nanoseconds since 1970; times centuries away are as far as these reach.
fn nanoseconds(time: Timestamp) -> i64 {
    let nanoseconds = time.as_nanosecond();
    i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
}
