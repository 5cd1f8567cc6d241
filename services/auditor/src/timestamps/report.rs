//! What was stamped, for who wants to show it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Everything, as it is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    /// How many events the largest checkpoint covers that was stamped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stamped: Option<u64>,
    pub(crate) authorities: Vec<OfAuthority>,
}

/// What is known of one authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct OfAuthority {
    pub(crate) name: String,
    pub(crate) url: String,
    /// What it stamped last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stamped: Option<Stamped>,
    /// Why it did not when it was asked last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<String>,
}

/// A checkpoint that was stamped, as it is published, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamped {
    /// How many events the checkpoint covers.
    pub(crate) size: u64,
    /// The time that is stated.
    pub(crate) time: Timestamp,
    /// Whose certificate signed it.
    pub(crate) authority: String,
    pub(crate) policy: String,
    pub(crate) serial: String,
    /// The checkpoint, whose text, without the signatures, is what was stamped.
    pub(crate) checkpoint: String,
    /// The token (DER) in base64.
    pub(crate) token: String,
}
