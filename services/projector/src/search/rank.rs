//! Where a document stands among others: by its time, or by when its record began.

use contract::Order;

use crate::key::Place;

/// What has no date stands behind all that has one.
pub(super) const UNDATED: u64 = 1 << 63;

/// Bits of a day: those that a date can have lie within five million of 1970.
const DAYS: u32 = 24;

/// Bits of the position of a record's first event, of which no log will have more.
const FIRSTS: u32 = 39;

/// Where a document stands in the order of the index: the latest first, of one day those whose records began last,
/// the undated behind them.
pub(super) fn newest(day: Option<i64>, first: u64) -> u64 {
    let first = !first & ((1 << FIRSTS) - 1);
    let day = day.map(|day| !(day + (1 << (DAYS - 1))).cast_unsigned() & ((1 << DAYS) - 1));
    day.map_or(UNDATED, |day| day << FIRSTS) | first
}

/// The day that stands there.
pub(super) fn day_of(newest: u64) -> Option<i64> {
    let day = !(newest >> FIRSTS) & ((1 << DAYS) - 1);
    (newest < UNDATED).then(|| day.cast_signed() - (1 << (DAYS - 1)))
}

/// Where the first document stands whose day is not behind another.
pub(super) fn not_behind(day: i64) -> u64 {
    newest(Some(day), u64::MAX)
}

/// By what documents are put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Valid time, then the position of the first event.
    Day(Order),
    /// The position of the first event.
    First(Order),
}

/// Where a document stands in an order: the smaller comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(u64);

impl Rank {
    pub(super) const fn of_newest(order: Order, newest: u64) -> Self {
        match order {
            Order::Newest => Self(newest),
            Order::Oldest => Self(newest ^ !UNDATED),
        }
    }

    pub(super) const fn of_first(order: Order, first: u64) -> Self {
        match order {
            Order::Newest => Self(!first),
            Order::Oldest => Self(first),
        }
    }

    /// As a cursor keeps it, with how well the document matches.
    pub(super) fn place(self, grade: usize) -> Place {
        let bytes = (u128::from(self.0) | (grade as u128) << 100).to_be_bytes();
        let (_, place) = bytes.split_last_chunk().expect("sixteen bytes hold thirteen");
        Place(*place)
    }

    /// Reads what [`place`](Self::place) made.
    pub(super) fn of_place(place: Place) -> (usize, Self) {
        let (_, rank) = place.0.split_last_chunk().expect("thirteen bytes hold eight");
        (usize::from(place.0[0] >> 4), Self(u64::from_be_bytes(*rank)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_reads_back_and_the_undated_come_last() {
        for order in [Order::Oldest, Order::Newest] {
            let of = |day, first| Rank::of_newest(order, newest(day, first));
            let rank = of(Some(-700), 77);
            assert_eq!(Rank::of_place(rank.place(4)), (4, rank));
            assert!(rank < of(None, 1) && rank < of(None, 99));
            let undated = of(None, 3);
            assert_eq!(Rank::of_place(undated.place(1)), (1, undated));
        }
        let latest = |day, first| Rank::of_newest(Order::Newest, newest(day, first));
        let earliest = |day, first| Rank::of_newest(Order::Oldest, newest(day, first));
        for (one, other) in
            [((Some(5), 9), (Some(5), 1)), ((Some(5), 1), (Some(4), 9)), ((None, 7), (None, 6))]
        {
            assert!(latest(one.0, one.1) < latest(other.0, other.1));
        }
        for (one, other) in
            [((Some(-5), 1), (Some(-5), 9)), ((Some(4), 9), (Some(5), 1)), ((None, 6), (None, 7))]
        {
            assert!(earliest(one.0, one.1) < earliest(other.0, other.1));
        }
        assert!(Rank::of_first(Order::Newest, 2) < Rank::of_first(Order::Newest, 1));
    }

    #[test]
    fn every_day_reads_back() {
        for day in [-4_371_587, -1, 0, 20_000, 2_932_896] {
            assert_eq!(day_of(newest(Some(day), 12)), Some(day));
            assert!(newest(Some(day), 12) >= not_behind(day) && newest(Some(day + 1), 12) < not_behind(day));
        }
        assert_eq!(day_of(newest(None, 12)), None);
    }
}
