//! Finding what stands under all facets that are wanted: the leapfrog join.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use contract::Order;
use jiff::ToSpan;
use jiff::civil::Date;
use readmodel::{Direction, Range, Rows};

use super::scan::{self, Turn, Union, direction_of};
use super::{CLOSED, DAYS, Index, LONG, LONGEST, OPEN, UNBEGUN};
use crate::filter::Span;
use crate::key::{Key, Place};

/// Steps that find nothing and together count as one place that was looked at: a step reads a row, where an item
/// is read, parsed and compared.
const STEPS_OF_A_LOOK: usize = 8;

/// What is looked for.
pub(crate) struct Selection<'s> {
    /// Under any of these.
    pub(crate) markings: Vec<u32>,
    /// Under one facet of each of these; none: all there is.
    pub(crate) wanted: &'s [BTreeSet<String>],
    /// By the places of this order.
    pub(crate) order: u8,
    /// From the first or the last, the undated behind the dated.
    pub(crate) direction: Order,
    /// In an order of days, those that lie in it. In one of times all that may meet it, and some that do not:
    /// the index knows no ends.
    pub(crate) span: Span,
    /// Behind this place.
    pub(crate) after: Option<Place>,
    /// As of this position; none: now.
    pub(crate) at: Option<u64>,
}

impl Index {
    /// What is selected, place by place. A place without a target was passed by on the way: it counts as looked
    /// at, and the search may end there and go on from there.
    pub(crate) fn find<'r, R: Rows>(&self, rows: &'r R, selection: &Selection<'_>) -> Found<'r, R> {
        let direction = direction_of(selection.direction);
        let all = [BTreeSet::from([String::new()])];
        let wanted = if selection.wanted.is_empty() { &all } else { selection.wanted };
        let under = |marking: u32| {
            let tails = |facets: &BTreeSet<String>| facets.iter().map(|facet| tail(marking, facet)).collect();
            wanted.iter().map(tails).collect()
        };
        let mut segments = segments(selection.order, selection.span, direction);
        segments.retain_mut(|segment| selection.after.is_none_or(|after| segment.cut(after, direction)));
        Found {
            rows,
            letter: self.rows,
            direction,
            at: selection.at,
            wanted: selection.markings.iter().map(|marking| under(*marking)).collect(),
            segments: segments.into_iter(),
            joins: BinaryHeap::new(),
        }
    }
}

/// The part of a row's key that says what it is of.
fn tail(marking: u32, facet: &str) -> Vec<u8> {
    Key::table(b'.').version(marking).text(facet).as_ref()[1..].to_vec()
}

/// Some of the places of one order, in bytes: the first, and the first that is no part of it.
#[derive(Debug)]
struct Segment {
    order: u8,
    start: Vec<u8>,
    end: Vec<u8>,
}

/// Where places of a day begin, and those of the day behind it.
fn day(date: Date) -> (Vec<u8>, Vec<u8>) {
    let first = Place::new(Some(date), 0).0.to_vec();
    let behind = Range::prefix(&Place::new(Some(date), u64::MAX).0).end;
    (first, behind.expect("a place does not begin with the last byte"))
}

/// What is read one after the other.
fn segments(order: u8, span: Span, direction: Direction) -> Vec<Segment> {
    let (dated, undated) = (vec![Place::DATED], vec![Place::UNDATED]);
    let segment = |order, start: &[u8], end: &[u8]| Segment { order, start: start.into(), end: end.into() };
    if span == Span::default() {
        let all = [segment(order, &dated, &undated), segment(order, &undated, &[Place::UNDATED + 1])];
        return all.into();
    }
    let first = span.from.map(|from| {
        let reach = if order & DAYS == 0 { LONGEST } else { 0 };
        day(from.saturating_sub(reach.days())).0
    });
    let end = span.to.map(|to| day(to).1);
    let start = first.as_ref().unwrap_or(&dated);
    let behind = end.as_ref().unwrap_or(&undated);
    let mut segments = vec![segment(order, start, behind)];
    if order & DAYS == 0 {
        if let Some(first) = &first {
            segments.insert(0, segment(order | LONG, &dated, first.min(behind)));
        }
        if let Some(end) = &end {
            segments.push(segment(order | UNBEGUN, end.max(start), &undated));
        }
    }
    if direction == Direction::Descending {
        segments.reverse();
    }
    segments
}

impl Segment {
    /// Leaves what is behind a place; false: nothing.
    fn cut(&mut self, after: Place, direction: Direction) -> bool {
        let is_dated = self.start < vec![Place::UNDATED];
        match (direction, is_dated, after.is_dated()) {
            (_, true, false) => return false,
            (_, false, true) => {}
            (Direction::Ascending, ..) => {
                let behind = Range::prefix(&after.0).end.expect("a place does not begin with the last byte");
                self.start = self.start.clone().max(behind);
            }
            (Direction::Descending, ..) => self.end = self.end.clone().min(after.0.to_vec()),
        }
        self.start < self.end
    }
}

/// What is found, place by place.
pub(crate) struct Found<'r, R> {
    rows: &'r R,
    letter: u8,
    direction: Direction,
    at: Option<u64>,
    /// For each marking, and each set of facets, what its rows' keys say.
    wanted: Vec<Vec<Vec<Vec<u8>>>>,
    segments: std::vec::IntoIter<Segment>,
    /// Of each marking that has any, in the segment that is read: the one that may find the next place first.
    joins: BinaryHeap<Reverse<Join<'r, R>>>,
}

enum Step {
    Found(Place, Vec<u8>),
    Passed(Place),
    End,
}

/// What stands under one marking, which is one for all rows of a target: a union for each set of facets.
struct Join<'r, R> {
    /// Before this nothing is found any more.
    turn: Turn,
    unions: Vec<Union<'r, R>>,
}

impl<'r, R: Rows> Join<'r, R> {
    fn new(unions: Vec<Union<'r, R>>) -> Option<Self> {
        let turn = unions.iter().map(Union::turn).collect::<Option<Vec<_>>>()?.into_iter().max()?;
        Some(Self { turn, unions })
    }

    /// Goes to its turn: what stands there, if all have it; leaves that place behind if anything is there.
    fn step(&mut self) -> Option<Vec<u8>> {
        let turn = self.turn;
        self.unions.iter_mut().for_each(|union| union.seek(turn));
        if self.unions.iter().any(|union| union.turn() != Some(turn)) {
            return None;
        }
        let targets = self.unions.iter_mut().map(|union| union.take(turn)).collect::<Vec<_>>();
        targets.into_iter().collect::<Option<Vec<_>>>()?.pop()
    }
}

impl<R> PartialEq for Join<'_, R> {
    fn eq(&self, other: &Self) -> bool {
        self.turn == other.turn
    }
}

impl<R> Eq for Join<'_, R> {}

impl<R> PartialOrd for Join<'_, R> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<R> Ord for Join<'_, R> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.turn.cmp(&other.turn)
    }
}

impl<'r, R: Rows> Found<'r, R> {
    fn open(&self, segment: &Segment) -> BinaryHeap<Reverse<Join<'r, R>>> {
        let joins = self.wanted.iter().filter_map(|sets| self.join(sets, segment));
        joins.map(Reverse).collect()
    }

    /// Opens set by set: where one has nothing, the others are not looked at.
    fn join(&self, sets: &[Vec<Vec<u8>>], segment: &Segment) -> Option<Join<'r, R>> {
        let states: &[u8] = if self.at.is_some() { &[OPEN, CLOSED] } else { &[OPEN] };
        let mut unions = Vec::with_capacity(sets.len());
        for tails in sets {
            let span = |state: u8, tail: &Vec<u8>| scan::Span {
                prefix: [&[self.letter, state, segment.order], &**tail].concat(),
                places: (segment.start.clone(), segment.end.clone()),
                closed: state == CLOSED,
            };
            let spans = states.iter().flat_map(|state| tails.iter().map(move |tail| span(*state, tail)));
            let union = Union::open(spans, self.rows, self.direction, self.at);
            union.turn()?;
            unions.push(union);
        }
        Join::new(unions)
    }

    /// Leaves at least one place behind.
    fn step(&mut self) -> Step {
        let Some(Reverse(mut join)) = self.joins.pop() else { return Step::End };
        let turn = join.turn;
        let target = join.step();
        // Whatever any marking has before its turn is dealt with, and this was the first of them.
        let passed = if target.is_some() { turn } else { turn.before() };
        self.joins.extend(Join::new(join.unions).map(Reverse));
        let place = passed.place(self.direction);
        target.map_or(Step::Passed(place), |target| Step::Found(place, target))
    }
}

impl<R: Rows> Iterator for Found<'_, R> {
    type Item = (Place, Option<Vec<u8>>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut steps = 0;
        loop {
            match self.step() {
                Step::Found(place, target) => return Some((place, Some(target))),
                Step::Passed(place) => {
                    steps += 1;
                    if steps == STEPS_OF_A_LOOK {
                        return Some((place, None));
                    }
                }
                Step::End => {
                    let segment = self.segments.next()?;
                    self.joins = self.open(&segment);
                }
            }
        }
    }
}
