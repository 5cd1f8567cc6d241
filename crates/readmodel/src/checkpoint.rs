//! How far a read model has come, and of which log.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Entry, Error};

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
    /// Its [`hash`].
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
    pub fn at(&self, origin: &str, entry: &Entry) -> Self {
        let hash = hash(entry);
        let Self { name, schema, .. } = self.clone();
        Self { name, schema, origin: Some(origin.to_owned()), position: entry.position, hash }
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(bytes).map_err(Error::Checkpoint)
    }

    pub(crate) fn write(&self) -> Bytes {
        serde_json::to_vec(self).expect("texts and numbers are JSON").into()
    }
}

/// What tells an event from another at the same position: the SHA-256, in hexadecimal, of its record, a zero
/// byte and its payload.
#[must_use]
pub fn hash(entry: &Entry) -> String {
    let mut hasher = Sha256::new();
    hasher.update(entry.subject.to_string());
    hasher.update([0]);
    hasher.update(&entry.payload);
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
