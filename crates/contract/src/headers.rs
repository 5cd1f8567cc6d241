//! Message headers: what a live filter needs to know of an event without reading it.

use serde::{Deserialize, Serialize};

/// The event's type in full.
pub const EVENT_TYPE: &str = "Chancery-Type";

/// How many events the record has with this one.
pub const VERSION: &str = "Chancery-Version";

/// The parties of the record as it then stands, one value each.
pub const PARTY: &str = "Chancery-Party";

/// Its countries, one value each.
pub const COUNTRY: &str = "Chancery-Country";

/// Its topics, one value each.
pub const TOPIC: &str = "Chancery-Topic";

/// Its kind.
pub const KIND: &str = "Chancery-Kind";

/// Its marking. On replies: the marking of the marked material that is shown, joined; absent when nothing of it is.
pub const MARKING: &str = "Chancery-Marking";

/// On requests: milliseconds after which nobody waits for the answer any more, counted from its arrival, so
/// that clocks need not agree.
pub const WITHIN_MS: &str = "Chancery-Within-Ms";

/// On requests: the identifier that ties the log lines of one request together.
pub const REQUEST_ID: &str = "Chancery-Request-Id";

/// On replies: the log position that the answer reflects.
pub const POSITION: &str = "Chancery-Position";

/// On replies: the HTTP status; 200 when absent. From 400 on, the body is a [`Problem`](crate::Problem).
pub const STATUS: &str = "Chancery-Status";

/// On replies: the version of the record that is answered.
pub const RECORD_VERSION: &str = "Chancery-Record-Version";

/// On replies: the marked records that are shown, one value each.
pub const SHOWN: &str = "Chancery-Shown";

/// What every message of the log says it is (CloudEvents 1.0.2, NATS protocol binding).
pub const CONTENT_TYPE: (&str, &str) = ("Content-Type", "application/cloudevents+json");

/// Facets of a record as it stands with an event: `cancelled` alone carries no party.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facets {
    /// Keys of its parties: the code of a state, else `<kind>:<folded name>`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<String>,
    /// ISO 3166-1 alpha-2 codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<String>,
    /// Dotted codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// `visit.state`, `mou`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `LEVEL//CAVEAT//REL CA,PK`.
    pub marking: String,
}
