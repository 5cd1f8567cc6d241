//! Events as the log hands them out.

use bytes::Bytes;
use contract::Facets;
use domain::Subject;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Identity;

/// SHA-256.
pub type Hash = [u8; 32];

/// One event of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the log, from 1, without gaps.
    pub position: u64,
    /// The record it belongs to.
    pub subject: Subject,
    /// How many events the record has with this one; 0: the message does not say, it counts as the next.
    pub version: u32,
    /// The event's type in full; empty: the message does not say.
    pub kind: String,
    /// The record's facets as it stood with this event.
    pub facets: Facets,
    /// The envelope as it stands in the log.
    pub payload: Bytes,
    /// The envelope with its content, where that is recorded encrypted and somebody has opened it since.
    pub opened: Option<Bytes>,
    /// When the server stored it.
    pub stored: Timestamp,
}

impl Entry {
    /// The envelope, opened if it was.
    #[must_use]
    pub fn envelope(&self) -> &Bytes {
        self.opened.as_ref().unwrap_or(&self.payload)
    }

    /// What tells this event from another at the same position: the hash of its subject and envelope.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(self.subject.to_string());
        hasher.update([0]);
        hasher.update(&self.payload);
        hasher.finalize().into()
    }
}

/// How far a reader has come, and how it knows the log again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The stream that was read.
    pub stream: Identity,
    /// The last event that was read.
    pub position: u64,
    /// That event's [`hash`](Entry::hash).
    pub hash: Hash,
}

impl Checkpoint {
    /// The reader has read `entry` of `stream`, and everything before.
    #[must_use]
    pub fn at(stream: Identity, entry: &Entry) -> Self {
        Self { stream, position: entry.position, hash: entry.hash() }
    }
}
