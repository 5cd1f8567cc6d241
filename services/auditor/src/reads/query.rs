//! A page of the log of reads, the latest entry first.

use contract::{Reads, kind};
use jiff::Timestamp;
use readmodel::{Direction, Range, Rows, View};
use serde_json::{Map, Value, json};

use super::{BY, ENTRIES, at, facet_key, facet_prefix, nanoseconds, texts};

/// What one page looks at, shown or not: commits wait meanwhile.
const LOOKED_AT: usize = 2_000;

/// A page ends before it grows beyond this: 1 MiB.
const LARGEST: usize = 1 << 20;

/// The most entries of a page.
const LONGEST: u32 = 1_000;

/// A time that is looked for.
const LOGGED: &str = "logged";

/// The cursor is none that this register gave.
#[derive(Debug, thiserror::Error)]
#[error("cursor: it is none that this register gave")]
pub(crate) struct NoCursor;

/// `{"items": [entry …], "next": cursor, "position": place of the last entry}`.
pub(crate) fn page(asked: &Reads, view: &View<'_>) -> Result<Value, NoCursor> {
    let cursor = asked.page.cursor.as_deref().map(|text| text.parse::<u64>().map_err(|_| NoCursor));
    let wanted = Wanted::of(asked);
    let last = view.position();
    let before = match cursor.transpose()? {
        Some(place) => place,
        None => asked.until.map_or(last, |until| logged_by(until, last, view)).saturating_add(1),
    };
    let limit = asked.page.limit.clamp(1, LONGEST) as usize;
    let (mut items, mut size, mut looked_at, mut next) = (Vec::new(), 0, 0, None);
    for place in wanted.places(before, view) {
        if items.len() == limit || size > LARGEST || looked_at == LOOKED_AT {
            next = Some(place + 1);
            break;
        }
        looked_at += 1;
        let Some((logged, row)) = at(place, view) else { continue };
        if asked.from.is_some_and(|from| logged < nanoseconds(from)) {
            break;
        }
        if asked.until.is_some_and(|until| logged > nanoseconds(until)) {
            continue;
        }
        let entry = serde_json::from_slice::<Map<String, Value>>(&row[8..]).unwrap_or_default();
        if wanted.is_met_by(&entry, place, view) {
            size += row.len();
            items.push(served(place, logged, entry));
        }
    }
    let mut page = json!({"items": items, "position": last});
    if let Some(next) = next {
        page["next"] = next.to_string().into();
    }
    Ok(page)
}

fn served(place: u64, logged: i64, mut entry: Map<String, Value>) -> Value {
    entry.insert("position".to_owned(), place.into());
    if let Ok(logged) = Timestamp::from_nanosecond(logged.into()) {
        entry.insert(LOGGED.to_owned(), json!(logged));
    }
    Value::Object(entry)
}

/// The last place by which nothing was logged after a time; 0: there is none.
fn logged_by(time: Timestamp, last: u64, rows: &impl Rows) -> u64 {
    let (mut by_then, mut end) = (0, last);
    while by_then < end {
        let middle = by_then + (end - by_then).div_ceil(2);
        if at(middle, rows).is_none_or(|(logged, _)| logged <= nanoseconds(time)) {
            by_then = middle;
        } else {
            end = middle - 1;
        }
    }
    by_then
}

/// What entries have to say: each a letter of [`BY`] and a value.
struct Wanted {
    values: Vec<(u8, String)>,
    /// What streams were given is asked for.
    streams: bool,
}

impl Wanted {
    fn of(asked: &Reads) -> Self {
        let Reads { subject, actor, agency, kind, outcome, .. } = asked;
        let subject = subject.map(|subject| subject.to_string());
        let values = [subject, actor.clone(), agency.clone(), kind.clone(), outcome.clone()];
        // In the order of BY, which begins with what fewest entries share.
        let wanted = BY.into_iter().zip(values);
        let values = wanted.filter_map(|((letter, _), value)| Some((letter, value?))).collect();
        Self { values, streams: asked.kind.as_deref() == Some(kind::STREAM) }
    }

    /// Places before another that may be meant, the last first.
    fn places<'v>(&self, before: u64, view: &'v View<'_>) -> Box<dyn Iterator<Item = u64> + 'v> {
        let (prefix, end) = match self.values.first() {
            Some((letter, value)) => (facet_prefix(*letter, value), facet_key(*letter, value, before)),
            None => (vec![ENTRIES], super::entry_key(before)),
        };
        let rows = view.scan(&Range::prefix(&prefix).before(&end), Direction::Descending);
        Box::new(rows.filter_map(|(key, _)| key.last_chunk().copied().map(u64::from_be_bytes)))
    }

    /// A record may be missing in an entry that was shortened; the first was looked up as a key.
    fn is_met_by(&self, entry: &Map<String, Value>, place: u64, view: &View<'_>) -> bool {
        if !self.streams && texts(entry, "kind").contains(&kind::STREAM) {
            return false;
        }
        let is_met = |(letter, value): &(u8, String)| {
            let member = BY.iter().find(|(by, _)| by == letter).map_or("", |(_, member)| *member);
            texts(entry, member).contains(&value.as_str())
                || view.get(&facet_key(*letter, value, place)).is_some()
        };
        self.values.iter().all(is_met)
    }
}
