//! Which checkpoint covers an event: the first that was published once the event was in the tree.
//!
//! The stream of checkpoints is asked by halves, for their sizes never fall along it. What was learnt is kept, so that
//! the next question asks little.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use transparency::checkpoint::Signed;

use crate::publication::{PublicationError, Series};

/// Sizes that are kept: about 4 MiB.
const KEPT: usize = 1 << 16;

pub(crate) struct Covering {
    published: Series,
    /// Place in the stream → size.
    sizes: Mutex<BTreeMap<u64, u64>>,
}

impl Covering {
    pub(crate) const fn new(published: Series) -> Self {
        Self { published, sizes: Mutex::new(BTreeMap::new()) }
    }

    /// `{"covering": [size or null …], "checkpoints": [{size, root, note} …]}`: for each position the size of the
    /// first checkpoint that covers it, and each of those checkpoints once.
    pub(crate) async fn of(&self, positions: &[u64]) -> Result<Value, PublicationError> {
        let last = self.published.last().await?.map_or(0, |(place, _)| place);
        let (mut covering, mut checkpoints) = (Vec::new(), BTreeMap::new());
        for position in positions {
            let Some(place) = self.first(*position, last).await? else {
                covering.push(Value::Null);
                continue;
            };
            let Some(signed) = self.read(place).await? else {
                covering.push(Value::Null);
                continue;
            };
            let head = signed.checkpoint().head();
            covering.push(head.size.into());
            checkpoints.entry(head.size).or_insert_with(
                || json!({"size": head.size, "root": head.root.to_string(), "note": signed.to_string()}),
            );
        }
        Ok(json!({"covering": covering, "checkpoints": checkpoints.into_values().collect::<Vec<_>>()}))
    }

    /// The place of the first checkpoint with this many events, if there is one.
    async fn first(&self, events: u64, last: u64) -> Result<Option<u64>, PublicationError> {
        let (mut before, mut end) = self.known(events, last + 1);
        while before + 1 < end {
            let middle = before + (end - before) / 2;
            // What is no checkpoint covers nothing.
            let size = self.read(middle).await?.map_or(0, |signed| signed.checkpoint().head().size);
            if size < events {
                before = middle;
            } else {
                end = middle;
            }
        }
        Ok((end <= last).then_some(end))
    }

    /// The last place known to be too early, and the first known to be late enough.
    fn known(&self, events: u64, end: u64) -> (u64, u64) {
        let sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        let early = sizes.iter().rev().find(|(_, size)| **size < events).map_or(0, |(place, _)| *place);
        let late = sizes.range(early + 1..).next().map_or(end, |(place, _)| *place);
        (early, late.min(end))
    }

    async fn read(&self, place: u64) -> Result<Option<Signed>, PublicationError> {
        let Some(bytes) = self.published.at(place).await? else { return Ok(None) };
        let signed = Signed::parse(&bytes).ok();
        let size = signed.as_ref().map_or(0, |signed| signed.checkpoint().head().size);
        let mut sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        if sizes.len() == KEPT {
            sizes.clear();
        }
        sizes.insert(place, size);
        Ok(signed)
    }
}
