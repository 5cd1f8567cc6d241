//! A page of answers, put together from JSON that is already written.

use std::cell::Cell;
use std::io::Write;

/// A page ends before it grows beyond this: 1 MiB.
const LARGEST: usize = 1 << 20;

/// The most items a page holds, whatever was asked for.
const LONGEST: u32 = 1_000;

/// What one page looks at, shown or not: it costs about 20 ms, and holds off commits meanwhile.
const LOOKED_AT: usize = 2_000;

/// What a page may still look at. Reading an event again costs about as much as a look.
pub(crate) struct Budget(Cell<usize>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(LOOKED_AT))
    }
}

impl Budget {
    /// Takes note of so many looks.
    pub(crate) fn spend(&self, looks: usize) {
        self.0.set(self.0.get().saturating_sub(looks));
    }

    /// Whether nothing more may be looked at.
    pub(crate) const fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

/// `{"items": […], "next": …, "position": …}` under construction.
pub(crate) struct Page {
    body: Vec<u8>,
    items: u32,
    limit: u32,
}

impl Page {
    pub(crate) fn new(limit: u32) -> Self {
        Self { body: b"{\"items\":[".to_vec(), items: 0, limit: limit.clamp(1, LONGEST) }
    }

    /// Fills the page from what is looked at in turn; what has no item is passed over. Gives the last place that
    /// was dealt with, if there may be more behind it.
    pub(crate) fn fill<P>(
        &mut self,
        after: Option<P>,
        looked_at: impl Iterator<Item = (P, Option<Vec<u8>>)>,
    ) -> Option<P> {
        self.fill_within(&Budget::default(), after, looked_at)
    }

    /// As [`fill`](Self::fill), where looking costs more than a look.
    pub(crate) fn fill_within<P>(
        &mut self,
        budget: &Budget,
        after: Option<P>,
        mut looked_at: impl Iterator<Item = (P, Option<Vec<u8>>)>,
    ) -> Option<P> {
        let mut last = after;
        while !budget.is_spent() {
            let (place, item) = looked_at.next()?;
            budget.spend(1);
            if item.is_some_and(|item| !self.push(&item)) {
                return last;
            }
            last = Some(place);
        }
        last
    }

    /// How many items it has.
    pub(crate) const fn len(&self) -> usize {
        self.items as usize
    }

    /// Adds an item; false if it does not fit any more. The first always fits.
    fn push(&mut self, item: &[u8]) -> bool {
        let full = self.items == self.limit || self.body.len() + item.len() > LARGEST;
        if full && self.items > 0 {
            return false;
        }
        if self.items > 0 {
            self.body.push(b',');
        }
        self.body.extend(item);
        self.items += 1;
        true
    }

    /// The page; `next` is where the one after it begins.
    pub(crate) fn finish(mut self, next: Option<&str>, position: u64) -> Vec<u8> {
        self.body.push(b']');
        if let Some(next) = next {
            write!(self.body, ",\"next\":\"{next}\"").expect("memory can be written");
        }
        write!(self.body, ",\"position\":{position}}}").expect("memory can be written");
        self.body
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_page_ends_at_its_limit_and_at_a_mebibyte() {
        let mut page = Page::new(2);
        assert!(page.push(b"1") && page.push(b"2") && !page.push(b"3"));
        let read = serde_json::from_slice::<Value>(&page.finish(Some("x"), 7)).unwrap();
        assert_eq!(read, json!({"items": [1, 2], "next": "x", "position": 7}));

        let large = format!("{:?}", "x".repeat(600 << 10));
        let mut page = Page::new(100);
        assert!(page.push(large.as_bytes()) && !page.push(large.as_bytes()));
        let mut page = Page::new(100);
        let looked_at =
            (1..).map(|place| (place, (place >= LOOKED_AT).then(|| place.to_string().into_bytes())));
        assert_eq!(page.fill(None, looked_at), Some(LOOKED_AT));
        assert_eq!(page.items, 1, "the next page begins behind what this one shows");
        assert_eq!(page.fill(None, (1..3).map(|place| (place, None))), None);

        let empty = serde_json::from_slice::<Value>(&Page::new(0).finish(None, 0)).unwrap();
        assert_eq!(empty, json!({"items": [], "position": 0}));
    }
}
