//! What stands of a record under numbers, as it is and as it was: its happenings, what it foresees.
//!
//! | table | key | value |
//! |---|---|---|
//! | `i` | record, number | the item, in JSON |
//! | `I` | record, number, position | the item that it was until then |

use domain::Subject;
use readmodel::{Direction, Overlay, Range, Rows};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::index::Target;
use crate::key::{Key, Parts};

const ITEMS: u8 = b'i';
const EARLIER: u8 = b'I';

/// An item, as of a position if one is given.
pub(crate) fn get<T: DeserializeOwned>(target: &Target, at: Option<u64>, rows: &impl Rows) -> Option<T> {
    let earlier = at.and_then(|at| {
        let prefix = key(EARLIER, target);
        let range = Range::prefix(prefix.as_ref()).after(prefix.position(at).as_ref());
        rows.scan(&range, Direction::Ascending).next()
    });
    let row = earlier.map(|(_, row)| row).or_else(|| rows.get(key(ITEMS, target).as_ref()))?;
    serde_json::from_slice(&row).ok()
}

/// All items of a record by their numbers.
pub(crate) fn all<'r, T: DeserializeOwned>(
    subject: &Subject,
    rows: &'r impl Rows,
) -> impl Iterator<Item = (u32, T)> + 'r {
    let prefix = Key::table(ITEMS).subject(subject);
    rows.scan_prefix(prefix.as_ref()).filter_map(move |(key, row)| {
        let number = Parts(key.get(prefix.as_ref().len()..)?).version()?;
        Some((number, serde_json::from_slice(&row).ok()?))
    })
}

/// Puts an item in the place of the one that was until a position.
pub(crate) fn put<T: Serialize>(
    target: &Target,
    (before, after): (Option<&T>, Option<&T>),
    position: u64,
    rows: &mut Overlay<'_>,
) {
    let json = |item| serde_json::to_vec(item).expect("texts and numbers are JSON");
    if let Some(before) = before {
        rows.put(key(EARLIER, target).position(position), json(before)).expect("it fitted before");
    }
    match after {
        Some(after) => rows.put(key(ITEMS, target), json(after)).expect("a part of an event of 64 KiB fits"),
        None => rows.remove(key(ITEMS, target)),
    }
}

/// Takes away all items of a record, as they are and as they were.
pub(crate) fn forget(subject: &Subject, rows: &mut Overlay<'_>) {
    for table in [ITEMS, EARLIER] {
        let prefix = Key::table(table).subject(subject);
        let keys = rows.scan_prefix(prefix.as_ref()).map(|(key, _)| key.to_vec()).collect::<Vec<_>>();
        keys.into_iter().for_each(|key| rows.remove(key));
    }
}

fn key(table: u8, target: &Target) -> Key {
    Key::table(table).subject(&target.subject).version(target.number)
}
