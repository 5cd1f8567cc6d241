//! How far a read model has come, and of which log.

use serde::{Deserialize, Serialize};

use crate::{Error, Positioned};

/// Where a store stands. It is a row of the store, written in the batch of the rows it speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The read model.
    pub name: String,
    /// The form of its rows.
    pub schema: u32,
    /// Which stream was read: its creation time; none before the first event.
    pub origin: Option<String>,
    /// The last event that was applied; 0: none.
    pub position: u64,
    /// Its [hash](Positioned::hash), in hexadecimal.
    pub hash: String,
}

impl Checkpoint {
    /// Nothing has been applied.
    #[must_use]
    pub fn start(name: &str, schema: u32) -> Self {
        Self { name: name.to_owned(), schema, origin: None, position: 0, hash: String::new() }
    }

    /// The same read model, with `entry` applied.
    #[must_use]
    pub fn at(&self, origin: &str, entry: &impl Positioned) -> Self {
        let hash = hash(entry);
        let Self { name, schema, .. } = self.clone();
        Self { name, schema, origin: Some(origin.to_owned()), position: entry.position(), hash }
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(bytes).map_err(Error::Checkpoint)
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and numbers are JSON")
    }
}

/// An event's hash in hexadecimal.
pub(crate) fn hash(entry: &impl Positioned) -> String {
    entry.hash().iter().map(|byte| format!("{byte:02x}")).collect()
}
