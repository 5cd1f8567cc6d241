//! Scanning several ranges of one table as if they were one: each marking a reader may see has its own.

use std::iter::Peekable;

use contract::Order;
use readmodel::{Direction, Range, Row, Rows};

use crate::key::{Key, Place};

type Scan<'r> = Peekable<Box<dyn Iterator<Item = Row> + 'r>>;

/// The rows below any of `prefixes` by their [`Place`], behind `after` if that is given. Rows at one place are
/// one thing under several prefixes: the first stands for all.
pub(crate) fn merged<'r>(
    rows: &'r impl Rows,
    prefixes: &[Key],
    order: Order,
    after: Option<Place>,
) -> impl Iterator<Item = (Place, Row)> + 'r {
    let segments: &[(&[u8], Direction)] = match order {
        Order::Oldest => &[(&[], Direction::Ascending)],
        Order::Newest => {
            &[(&[Place::DATED], Direction::Descending), (&[Place::UNDATED], Direction::Descending)]
        }
    };
    let segments = segments.iter().map(|(segment, direction)| {
        let ranges = prefixes.iter().filter_map(|prefix| cut(prefix, segment, *direction, after));
        let scans = ranges.map(|range| rows.scan(&range, *direction).peekable()).collect::<Vec<_>>();
        Merged { scans, direction: *direction, last: None }
    });
    segments.collect::<Vec<_>>().into_iter().flatten()
}

/// What of one segment below one prefix is still to come.
fn cut(prefix: &Key, segment: &[u8], direction: Direction, after: Option<Place>) -> Option<Range> {
    let range = Range::prefix(prefix.clone().bytes(segment).as_ref());
    let Some(after) = after else { return Some(range) };
    let seen = prefix.clone().bytes(&after.0);
    let range = match direction {
        Direction::Ascending => range.after(seen.as_ref()),
        // Newest first, the dated come before the undated: an undated place is behind all of the dated.
        Direction::Descending if segment == [Place::DATED] && !after.is_dated() => return None,
        Direction::Descending if segment == [Place::UNDATED] && after.is_dated() => range,
        Direction::Descending => range.before(seen.as_ref()),
    };
    (!range.is_empty()).then_some(range)
}

struct Merged<'r> {
    scans: Vec<Scan<'r>>,
    direction: Direction,
    last: Option<Place>,
}

impl Iterator for Merged<'_> {
    type Item = (Place, Row);

    fn next(&mut self) -> Option<(Place, Row)> {
        loop {
            let heads = self.scans.iter_mut().enumerate();
            let places = heads.filter_map(|(i, scan)| Some((Place::of_key(&scan.peek()?.0)?, i)));
            let (place, i) = match self.direction {
                Direction::Ascending => places.min_by_key(|(place, _)| *place)?,
                Direction::Descending => places.max_by_key(|(place, _)| *place)?,
            };
            let row = self.scans[i].next()?;
            if self.last != Some(place) {
                self.last = Some(place);
                return Some((place, row));
            }
        }
    }
}
