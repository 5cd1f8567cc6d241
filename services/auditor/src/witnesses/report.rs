//! How the asking stands, for who wants to know.

use jiff::Timestamp;
use serde::Serialize;

/// Everything, as it is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    /// How many must have cosigned.
    pub(crate) required: usize,
    /// How many that count have cosigned the checkpoint that they were last asked about.
    pub(crate) cosigned: usize,
    /// How many events that checkpoint covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<u64>,
    /// How many events the last checkpoint covers that enough have cosigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) witnessed: Option<u64>,
    pub(crate) witnesses: Vec<OfWitness>,
}

/// What is known of one witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct OfWitness {
    pub(crate) name: String,
    /// Its verifier key.
    pub(crate) key: String,
    /// Whether it counts towards the required number.
    pub(crate) counts: bool,
    /// The size that it cosigned last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<u64>,
    /// When it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<Timestamp>,
    /// Why it did not when it was asked last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<String>,
}
