//! How two accounts of one value compare, and what later news does to it.
//!
//! A second account of the same adds what the first left out, confirms what is equal or finer, and
//! contradicts the rest. Later news replaces. A default that nobody stated contradicts nothing.

mod items;
mod values;

use serde::Serialize;
use serde_json::Value;

pub(crate) use self::items::is_one_party;
use crate::vocabulary::Pointer;

/// A value of which there may be several accounts, and later news.
pub trait Told {
    /// Takes what another account of the same adds; notes what it contradicts.
    fn confirm(&mut self, other: &Self, at: &mut Differences);

    /// Takes later news.
    fn renew(&mut self, later: &Self);
}

/// Where two accounts contradict each other.
#[derive(Debug)]
pub struct Differences {
    at: Pointer,
    found: Vec<Difference>,
}

/// One place where two accounts contradict each other.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) pointer: Pointer,
    pub(crate) standing: Value,
    pub(crate) other: Value,
}

impl Differences {
    /// None yet, of this field.
    pub(crate) fn of(field: &str) -> Self {
        Self { at: Pointer::root().within(field), found: Vec::new() }
    }

    pub(crate) fn into_found(self) -> Vec<Difference> {
        self.found
    }

    fn note(&mut self, standing: &impl Serialize, other: &impl Serialize) {
        // Values are written as JSON text, numbers, lists and objects with text keys: that cannot fail.
        let json = |value: Result<Value, _>| value.unwrap_or_default();
        let (standing, other) = (json(serde_json::to_value(standing)), json(serde_json::to_value(other)));
        self.found.push(Difference { pointer: self.at.clone(), standing, other });
    }

    fn within(&mut self, part: impl std::fmt::Display, compare: impl FnOnce(&mut Self)) {
        let inner = self.at.within(part);
        let outer = std::mem::replace(&mut self.at, inner);
        compare(self);
        self.at = outer;
    }
}
