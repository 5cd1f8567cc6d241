//! Finding what stands under all facets that are wanted, place by place.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::rc::Rc;
use std::sync::LazyLock;

use contract::Order;
use domain::Aggregate;
use readmodel::View;
use roaring::RoaringBitmap;
use smallvec::SmallVec;

use super::segment::{Segment, segments};
use super::shard::{Placed, Shard};
use super::{DAYS, Held, Target, day_of};
use crate::filter::Span;
use crate::key::Place;

/// Standings up to which their entries are put in order. Of more, the order is walked: a page of them is met soon,
/// unless they all lie at its other end. Tests go both ways.
const FEW: u64 = if cfg!(test) { 2 } else { 2_048 };

/// Places that are walked past before what is left is put in order after all: a few milliseconds.
const PASSED_BY: usize = if cfg!(test) { 3 } else { 20_000 };

/// Places that are looked at together, at first and at last.
const FIRST_STRIDE: usize = if cfg!(test) { 1 } else { 16 };
const LAST_STRIDE: usize = if cfg!(test) { 4 } else { 256 };

/// Everything stands under the empty facet.
static ALL: LazyLock<[BTreeSet<String>; 1]> = LazyLock::new(|| [BTreeSet::from([String::new()])]);

static NOTHING: LazyLock<RoaringBitmap> = LazyLock::new(RoaringBitmap::new);

/// What is looked for.
pub(crate) struct Selection<'s> {
    /// Under any of these.
    pub(crate) markings: Vec<u32>,
    /// Among these.
    pub(crate) among: Option<&'s Among>,
    /// Under one facet of each of these; none: all there is.
    pub(crate) wanted: &'s [BTreeSet<String>],
    /// Of these records alone.
    pub(crate) aggregate: Option<Aggregate>,
    /// With one tag of each of these sets.
    pub(crate) tags: &'s [u8],
    /// By the places of this order.
    pub(crate) order: u8,
    /// From the first or the last, the undated behind the dated.
    pub(crate) direction: Order,
    /// What may meet it; the end of what stands in an order of times may be open.
    pub(crate) span: Span,
    /// What has no time, behind what meets the span.
    pub(crate) and_undated: bool,
    /// Behind this place.
    pub(crate) after: Option<Place>,
    /// As of this position; none: now.
    pub(crate) at: Option<u64>,
}

/// What stands under some facets, to be asked for more than once.
pub(crate) struct Among(HashMap<u32, RoaringBitmap>);

/// What stands under some markings and one facet of each set, as of a position or now.
///
/// # Panics
/// When the view is of a read model without an index.
pub(crate) fn among(
    view: &View<'_>,
    markings: impl Iterator<Item = u32>,
    wanted: &[BTreeSet<String>],
    at: Option<u64>,
) -> Among {
    let held = view.memory::<Held>().expect("who asks has an index");
    let shards = markings.filter_map(|marking| Some((marking, held.shards.get(&marking)?)));
    Among(
        shards
            .map(|(marking, shard)| {
                let standings = shard.standing_under(wanted.iter(), None, None, at);
                // Most of what stood once did not stand then: what comes after this is small.
                (marking, shard.held(standings, at))
            })
            .collect(),
    )
}

/// What is selected, place by place.
///
/// # Panics
/// When the view is of a read model without an index.
pub(crate) fn find<'v>(view: &'v View<'_>, selection: &Selection<'_>) -> Finding<'v> {
    view.memory::<Held>().expect("who asks has an index").find(selection)
}

impl Held {
    fn find<'h>(&'h self, selection: &Selection<'_>) -> Finding<'h> {
        let Selection { among, wanted, aggregate, order, direction, span, and_undated, after, at, .. } =
            *selection;
        let wanted = if wanted.is_empty() { &ALL[..] } else { wanted };
        let shards =
            selection.markings.iter().filter_map(|marking| Some((marking, self.shards.get(marking)?)));
        let matches = shards.map(|(marking, shard)| {
            let among = among.map(|among| among.0.get(marking).unwrap_or(&NOTHING));
            (shard, shard.standing_under(wanted.iter(), aggregate, among, at))
        });
        let matches = matches.filter(|(_, standings)| !standings.is_empty());
        let from = span.from.filter(|_| order & DAYS == 0).map(|from| day_of(Some(from)));
        let asked = Rc::new(Asked { at, tags: selection.tags.into(), from, direction });
        let matches = matches.map(|(shard, standings)| Match {
            shard,
            standings: standings.into(),
            entries: Rc::default(),
            asked: asked.clone(),
        });
        let segments = segments(order, span, and_undated, direction).into_iter();
        let segments = segments.filter_map(|segment| match after {
            Some(after) => segment.behind(after, direction),
            None => Some(segment),
        });
        Finding {
            matches: matches.collect(),
            segments: segments.filter(|segment| !segment.is_empty()).collect(),
            direction,
            found: None,
        }
    }
}

/// What is found, segment by segment; of each only what is asked for is looked up.
pub(crate) struct Finding<'h> {
    matches: Vec<Match<'h>>,
    segments: VecDeque<Segment>,
    direction: Order,
    /// What is left of the segment before these.
    found: Option<Merged<'h>>,
}

impl Finding<'_> {
    /// Passes over all that has a time.
    pub(crate) fn pass_to_undated(&mut self) {
        self.found = None;
        self.segments.retain(|segment| !segment.first.is_dated());
    }
}

impl Iterator for Finding<'_> {
    type Item = (Place, Target);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(next) = self.found.as_mut().and_then(Iterator::next) {
                return Some(next);
            }
            let segment = self.segments.pop_front()?;
            let streams = self.matches.iter().map(|matched| matched.read(segment)).collect();
            self.found = Some(Merged::of(streams, self.direction));
        }
    }
}

/// What is asked of each entry.
struct Asked {
    at: Option<u64>,
    tags: SmallVec<[u8; 2]>,
    /// The day before which nothing may end.
    from: Option<i32>,
    direction: Order,
}

/// What stands under one marking and all facets.
#[derive(Clone)]
struct Match<'h> {
    shard: &'h Shard,
    standings: Rc<RoaringBitmap>,
    /// Their entries that are as asked, once they have been looked up: every part of the order is read of these.
    entries: Rc<OnceCell<Vec<u32>>>,
    asked: Rc<Asked>,
}

/// Entries in their order.
type Stream<'h> = Box<dyn Iterator<Item = (Place, Target)> + 'h>;

impl<'h> Match<'h> {
    fn read(&self, segment: Segment) -> Stream<'h> {
        let (found, all) = (self.standings.len(), self.shard.size(segment.order));
        if found <= FEW && found < all { self.sorted(segment) } else { self.walked(segment) }
    }

    /// Goes from the records to their places: of few.
    fn sorted(&self, segment: Segment) -> Stream<'h> {
        let (shard, direction) = (self.shard, self.asked.direction);
        let entries = self.entries.get_or_init(|| self.as_asked()).iter();
        let placed = entries.filter_map(|id| Some((shard.entry(*id).place(segment)?, *id)));
        let heap = placed.map(|(place, id)| Reverse((turn(place, direction), id)));
        // The first of them are wanted, not all of them in order.
        let mut heap = heap.collect::<BinaryHeap<_>>();
        let next = move || heap.pop().map(|Reverse((at, id))| (turn(at, direction), target(shard, id)));
        Box::new(std::iter::from_fn(next))
    }

    fn as_asked(&self) -> Vec<u32> {
        let Asked { at, tags, from, .. } = &*self.asked;
        let mut entries = self.shard.entries_of(&self.standings, *at);
        entries.retain(|id| self.shard.entry(*id).is_as_asked(*at, tags, *from));
        entries
    }

    /// Goes from the places to their records: of many.
    fn walked(&self, segment: Segment) -> Stream<'h> {
        let this = self.clone();
        let mut walk = Walk { places: self.places(segment), some: vec![], found: vec![], next: 0 };
        let (mut passed_by, mut last) = (0, None);
        let mut rest = None::<Stream<'h>>;
        let next = move || {
            if let Some(rest) = &mut rest {
                return rest.next();
            }
            while let Some((place, id, is_found)) = walk.step(&this) {
                if is_found {
                    last = Some(place);
                    return Some((place, target(this.shard, id)));
                }
                passed_by += 1;
                if passed_by == PASSED_BY {
                    // What stood at a place may be passed by, and what stands there not: the rest begins with it.
                    let rest_of_them = this.sorted(segment.from(place, this.asked.direction));
                    let unseen = rest_of_them.filter(move |(place, _)| Some(*place) != last);
                    return rest.insert(Box::new(unseen)).next();
                }
            }
            None
        };
        Box::new(std::iter::from_fn(next))
    }

    /// What stands, and as of earlier what stood, in its order.
    fn places(&self, segment: Segment) -> Box<dyn Iterator<Item = (Place, u32)> + 'h> {
        let Asked { at, direction, .. } = *self.asked;
        let open = in_order(self.shard.open(segment, at), direction);
        if at.is_none() {
            return open;
        }
        let mut open = open.peekable();
        let mut closed = in_order(self.shard.closed(segment, at), direction).peekable();
        let next = move || match (open.peek(), closed.peek()) {
            (Some((stands, _)), Some((stood, _))) if turn(*stood, direction) < turn(*stands, direction) => {
                closed.next()
            }
            (Some(_), _) => open.next(),
            (None, _) => closed.next(),
        };
        Box::new(std::iter::from_fn(next))
    }
}

/// A way from place to place, some at a time: at first few, for the first may be enough.
struct Walk<'h> {
    places: Box<dyn Iterator<Item = (Place, u32)> + 'h>,
    some: Vec<(Place, u32)>,
    /// Whether each of them is found.
    found: Vec<bool>,
    next: usize,
}

impl Walk<'_> {
    /// The next place, and whether what stands there is found.
    fn step(&mut self, matched: &Match<'_>) -> Option<(Place, u32, bool)> {
        if self.next == self.some.len() {
            let more = (2 * self.some.len()).clamp(FIRST_STRIDE, LAST_STRIDE);
            self.some.clear();
            self.some.extend(self.places.by_ref().take(more));
            let Match { shard, standings, asked, .. } = matched;
            let as_asked = |entry: &Placed| entry.is_as_asked(asked.at, &asked.tags, asked.from);
            shard.found_among(&self.some, standings, as_asked, asked.at, &mut self.found);
            self.next = 0;
        }
        let (place, id) = *self.some.get(self.next)?;
        self.next += 1;
        Some((place, id, self.found[self.next - 1]))
    }
}

fn target(shard: &Shard, id: u32) -> Target {
    let entry = shard.entry(id);
    Target { subject: shard.subject(entry), number: entry.number }
}

fn in_order<'h>(
    places: impl DoubleEndedIterator<Item = (Place, u32)> + 'h,
    direction: Order,
) -> Box<dyn Iterator<Item = (Place, u32)> + 'h> {
    match direction {
        Order::Oldest => Box::new(places),
        Order::Newest => Box::new(places.rev()),
    }
}

/// A place by when its turn comes: the least is next, whichever the direction. Done twice, it is the place.
fn turn(place: Place, direction: Order) -> Place {
    match direction {
        Order::Oldest => place,
        Order::Newest => Place(place.0.map(|byte| !byte)),
    }
}

/// Several streams as one.
struct Merged<'h> {
    direction: Order,
    streams: Vec<Stream<'h>>,
    /// The next of each stream.
    heads: Vec<Option<(Place, Target)>>,
    turns: BinaryHeap<Reverse<(Place, usize)>>,
}

impl<'h> Merged<'h> {
    fn of(mut streams: Vec<Stream<'h>>, direction: Order) -> Self {
        let heads = streams.iter_mut().map(Iterator::next).collect::<Vec<_>>();
        let turns = heads
            .iter()
            .enumerate()
            .filter_map(|(i, head)| Some(Reverse((turn(head.as_ref()?.0, direction), i))));
        Self { direction, turns: turns.collect(), heads, streams }
    }
}

impl Iterator for Merged<'_> {
    type Item = (Place, Target);

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((_, i)) = self.turns.pop()?;
        let next = self.streams[i].next();
        self.turns.extend(next.as_ref().map(|(place, _)| Reverse((turn(*place, self.direction), i))));
        std::mem::replace(&mut self.heads[i], next)
    }
}
