//! Reading an index in one direction: one range of rows, and the union of several.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use contract::Order;
use readmodel::{Direction, Range, Row, Rows, Value};

use crate::key::{Parts, Place};

/// Rows that are read on the way to a place before the range is opened anew there.
const STEPS: usize = 3;

/// A place by when its turn comes: the least is next, whichever the direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn([u8; Place::LENGTH]);

impl Turn {
    pub(super) fn of(place: Place, direction: Direction) -> Self {
        match direction {
            Direction::Ascending => Self(place.0),
            Direction::Descending => Self(place.0.map(|byte| !byte)),
        }
    }

    /// The last turn before this one; nothing need stand there.
    pub(super) fn before(self) -> Self {
        let mut bytes = self.0;
        for byte in bytes.iter_mut().rev() {
            let (less, borrows) = byte.overflowing_sub(1);
            *byte = less;
            if !borrows {
                break;
            }
        }
        Self(bytes)
    }

    pub(super) fn place(self, direction: Direction) -> Place {
        Place(Self::of(Place(self.0), direction).0)
    }
}

pub(super) const fn direction_of(order: Order) -> Direction {
    match order {
        Order::Oldest => Direction::Ascending,
        Order::Newest => Direction::Descending,
    }
}

/// One range of places below a key, of open rows or of closed ones.
pub(super) struct Span {
    pub(super) prefix: Vec<u8>,
    /// Where places begin, and where they end; that one is no part of it.
    pub(super) places: (Vec<u8>, Vec<u8>),
    pub(super) closed: bool,
}

/// A range under reading.
struct Scan<'r> {
    span: Span,
    rows: Box<dyn Iterator<Item = Row> + 'r>,
    head: Option<(Turn, Row)>,
}

impl<'r> Scan<'r> {
    fn open(span: Span, rows: &'r impl Rows, direction: Direction) -> Self {
        let end = [&*span.prefix, &span.places.1].concat();
        let range = Range { start: [&*span.prefix, &span.places.0].concat(), end: Some(end) };
        let rows = rows.scan(&range, direction);
        let mut scan = Self { span, rows, head: None };
        scan.advance(direction);
        scan
    }

    fn advance(&mut self, direction: Direction) {
        let turn = |(key, _): &Row| {
            let place = key[self.span.prefix.len()..].first_chunk().copied()?;
            Some(Turn::of(Place(place), direction))
        };
        self.head = self.rows.next().and_then(|row| Some((turn(&row)?, row)));
    }

    fn turn(&self) -> Option<Turn> {
        self.head.as_ref().map(|(turn, _)| *turn)
    }

    fn is_before(&self, turn: Turn) -> bool {
        self.turn().is_some_and(|own| own < turn)
    }

    /// Goes on to a place or the next behind it.
    fn seek(&mut self, turn: Turn, rows: &'r impl Rows, direction: Direction) {
        for _ in 0..STEPS {
            if !self.is_before(turn) {
                return;
            }
            self.advance(direction);
        }
        if !self.is_before(turn) {
            return;
        }
        let mut start = [&*self.span.prefix, &self.span.places.0].concat();
        let mut end = Some([&*self.span.prefix, &self.span.places.1].concat());
        let there = [&*self.span.prefix, &turn.place(direction).0].concat();
        match direction {
            Direction::Ascending => start = there,
            Direction::Descending => end = Range::prefix(&there).end,
        }
        self.rows = rows.scan(&Range { start, end }, direction);
        self.advance(direction);
    }

    /// What stands at the row that is next, if it stands there as of a position.
    fn target(&self, at: Option<u64>) -> Option<Vec<u8>> {
        let (_, (key, row)) = self.head.as_ref()?;
        let (number, target) = split(row)?;
        let stands = if self.span.closed {
            let since = Parts(key.last_chunk::<8>()?).position()?;
            at.is_some_and(|at| since <= at && at < number)
        } else {
            at.is_none_or(|at| number <= at)
        };
        stands.then(|| target.to_vec())
    }
}

fn split(row: &Value) -> Option<(u64, &[u8])> {
    let (number, target) = row.split_first_chunk()?;
    Some((u64::from_be_bytes(*number), target))
}

/// What stands in any of several ranges, by turns.
pub(super) struct Union<'r, R> {
    rows: &'r R,
    direction: Direction,
    at: Option<u64>,
    scans: Vec<Scan<'r>>,
    turns: BinaryHeap<Reverse<(Turn, usize)>>,
}

impl<'r, R: Rows> Union<'r, R> {
    pub(super) fn open(
        spans: impl Iterator<Item = Span>,
        rows: &'r R,
        direction: Direction,
        at: Option<u64>,
    ) -> Self {
        let scans = spans.map(|span| Scan::open(span, rows, direction)).collect::<Vec<_>>();
        let turns = scans.iter().enumerate().filter_map(|(i, scan)| Some(Reverse((scan.turn()?, i))));
        Self { rows, direction, at, turns: turns.collect(), scans }
    }

    /// Whose turn is next.
    pub(super) fn turn(&self) -> Option<Turn> {
        self.turns.peek().map(|Reverse((turn, _))| *turn)
    }

    /// What stands at the next place, if anything does as of the position; goes on behind it.
    pub(super) fn take(&mut self, turn: Turn) -> Option<Vec<u8>> {
        let mut target = None;
        while let Some(i) = self.pop(|next| next == turn) {
            let scan = &mut self.scans[i];
            while scan.turn() == Some(turn) {
                target = target.or_else(|| scan.target(self.at));
                scan.advance(self.direction);
            }
            self.push(i);
        }
        target
    }

    /// Goes on to a place or the next behind it.
    pub(super) fn seek(&mut self, turn: Turn) {
        while let Some(i) = self.pop(|next| next < turn) {
            self.scans[i].seek(turn, self.rows, self.direction);
            self.push(i);
        }
    }

    fn pop(&mut self, wanted: impl Fn(Turn) -> bool) -> Option<usize> {
        self.turn().filter(|turn| wanted(*turn))?;
        self.turns.pop().map(|Reverse((_, i))| i)
    }

    fn push(&mut self, i: usize) {
        self.turns.extend(self.scans[i].turn().map(|turn| Reverse((turn, i))));
    }
}
