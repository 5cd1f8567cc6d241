//! The places of an order, in blocks: one in which nothing stands as of a position is passed over whole.

use super::segment::Segment;
use crate::key::Place;

/// Places of a block, at which it is cut in two. Tests have many blocks.
const LARGEST: usize = if cfg!(test) { 4 } else { 512 };

/// Places and what stands at them, in their order.
#[derive(Default)]
pub(super) struct Order {
    blocks: Vec<Block>,
    size: usize,
}

/// Neighbouring places.
struct Block {
    places: Vec<(Place, u32)>,
    /// Nothing stood at any of them before this position.
    since: u64,
    /// Nor from this one on.
    until: u64,
}

impl Block {
    fn of(places: Vec<(Place, u32)>, lasts: impl Fn(u32) -> (u64, u64)) -> Self {
        let (mut since, mut until) = (u64::MAX, 0);
        for (begins, ends) in places.iter().map(|(_, id)| lasts(*id)) {
            (since, until) = (since.min(begins), until.max(ends));
        }
        Self { places, since, until }
    }
}

impl Order {
    /// Puts something at a place; of everything that stands anywhere it is known from when until when it does.
    pub(super) fn insert(&mut self, place: Place, id: u32, lasts: impl Fn(u32) -> (u64, u64)) {
        let Some(block) = self.block_of((place, id)) else {
            self.blocks.push(Block::of(vec![(place, id)], lasts));
            self.size = 1;
            return;
        };
        let Block { places, since, until } = &mut self.blocks[block];
        let Err(at) = places.binary_search(&(place, id)) else { return };
        places.insert(at, (place, id));
        self.size += 1;
        let (begins, ends) = lasts(id);
        (*since, *until) = ((*since).min(begins), (*until).max(ends));
        if places.len() == LARGEST {
            let behind = places.split_off(LARGEST / 2);
            let before = std::mem::take(places);
            self.blocks[block] = Block::of(before, &lasts);
            self.blocks.insert(block + 1, Block::of(behind, &lasts));
        }
    }

    pub(super) fn remove(&mut self, place: Place, id: u32) {
        let Some(block) = self.block_of((place, id)) else { return };
        let places = &mut self.blocks[block].places;
        let Ok(at) = places.binary_search(&(place, id)) else { return };
        places.remove(at);
        self.size -= 1;
        if places.is_empty() {
            self.blocks.remove(block);
        }
    }

    /// The last block that does not begin behind a place, or the first.
    fn block_of(&self, place: (Place, u32)) -> Option<usize> {
        let behind = self.blocks.partition_point(|block| block.places[0] <= place);
        (!self.blocks.is_empty()).then(|| behind.saturating_sub(1))
    }

    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// What stands in a part of it, and some of what did not stand there as of the position.
    pub(super) fn within(
        &self,
        segment: Segment,
        at: Option<u64>,
    ) -> impl DoubleEndedIterator<Item = (Place, u32)> + '_ {
        let (first, last) = ((segment.first, 0), (segment.last, u32::MAX));
        let begin = self.block_of(first).unwrap_or(0);
        let end = self.blocks.partition_point(|block| block.places[0] <= last).max(begin);
        let blocks = self.blocks[begin..end].iter();
        let blocks = blocks.filter(move |block| at.is_none_or(|at| block.since <= at && at < block.until));
        blocks.flat_map(move |Block { places, .. }| {
            let begin = places.partition_point(|place| *place < first);
            let end = places.partition_point(|place| *place <= last).max(begin);
            places[begin..end].iter().copied()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn place(number: u8) -> Place {
        Place::new(None, number.into())
    }

    proptest! {
        #[test]
        fn what_stands_there_is_found_from_either_end(
            steps in prop::collection::vec((any::<bool>(), 0..40_u8, 0..20_u64, 1..20_u64), 0..120),
            (first, last) in (0..42_u8, 0..42_u8),
            at in prop::option::of(0..40_u64),
        ) {
            let (mut order, mut model) = (Order::default(), BTreeMap::new());
            let mut lasting = vec![];
            for (inserts, number, since, lasts) in steps {
                if inserts && !model.contains_key(&number) {
                    let id = u32::try_from(lasting.len()).unwrap();
                    lasting.push((since, since + lasts));
                    order.insert(place(number), id, |id| lasting[id as usize]);
                    model.insert(number, id);
                } else if let Some(id) = model.remove(&number) {
                    order.remove(place(number), id);
                }
                prop_assert_eq!(order.size(), model.len());
            }
            let segment = Segment { order: 0, first: place(first), last: place(last) };
            let found = order.within(segment, at).collect::<Vec<_>>();
            let mut back = order.within(segment, at).rev().collect::<Vec<_>>();
            back.reverse();
            prop_assert_eq!(&found, &back);
            let stands = |id: u32| {
                let (since, until) = lasting[id as usize];
                at.is_none_or(|at| since <= at && at < until)
            };
            let expected = model.iter().filter(|(number, id)| {
                (first..=last).contains(number) && stands(**id)
            });
            let expected = expected.map(|(number, id)| (place(*number), *id)).collect::<Vec<_>>();
            let of_then = found.into_iter().filter(|(_, id)| stands(*id)).collect::<Vec<_>>();
            prop_assert_eq!(of_then, expected);
        }
    }
}
