//! An entry of the log of reads: who was shown which marked material, and what left the register.
//!
//! It says what an audit record has to (NIST SP 800-53, AU-3): what, when, where, from where, with which outcome, and
//! who. It is written by whoever shows or sends something, and read by auditors alone.

use std::borrow::Cow;
use std::collections::BTreeSet;

use domain::Subject;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What sorts of entries there are. Readers take others for what they are called: more will come.
pub mod kind {
    /// Marked material was shown.
    pub const READ: &str = "read";
    /// Something left the register in a form made to be carried on: a calendar, a bundle of entries, a document.
    pub const EXPORT: &str = "export";
    /// Marked material was sent to a subscriber.
    pub const DELIVERY: &str = "delivery";
    /// The log of reads, or who received an event, was asked.
    pub const AUDIT: &str = "audit";
    /// What streams were given that is not marked: [`Streamed`](super::Streamed).
    pub const STREAM: &str = "stream";
}

/// One read, one export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// What sort of entry it is: one of [`kind`], or what a later version calls it.
    pub kind: Cow<'static, str>,
    /// When, by the clock of who writes it.
    pub time: Timestamp,
    /// Who: the subject of the token.
    pub actor: String,
    /// Of which agency.
    pub agency: String,
    /// On whose behalf: the party acted for.
    pub party: String,
    /// The highest level that they may see.
    pub level: String,
    /// The caveats that they hold.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub caveats: BTreeSet<String>,
    /// From where: the address of the peer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// For whom the peer says that it asks (`X-Forwarded-For`): its word, unchecked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarded_for: Option<String>,
    /// Ties it to the lines of other logs; the answer carried it.
    pub request: String,
    /// What was asked: the method, and the path with its query.
    pub asked: String,
    /// The marking of what was shown, all of it joined; absent: nothing of it was marked, or nobody can say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marking: Option<String>,
    /// The marked records that were shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<Subject>,
    /// Of a part of a stream: the positions of the events in it, marked or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positions: Vec<u64>,
    /// What became of it.
    pub outcome: Outcome,
    /// The status of the answer.
    pub status: u16,
    /// The form of the answer: its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// How many bytes it has, if that is known before it leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// What streams were given besides what is marked, for many of them at once. Unlike the other entries it is written after
/// it went out, about a second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streamed {
    /// [`kind::STREAM`].
    pub kind: Cow<'static, str>,
    /// When it was written, by the clock of who writes it.
    pub time: Timestamp,
    /// Who was given what.
    pub parts: Vec<Carried>,
}

/// Events that some streams were given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Whose streams.
    pub to: Vec<Streamer>,
    /// The positions of the events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positions: Vec<u64>,
    /// The positions of events that they had been given, and were told to be set right by something that they may not
    /// see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recalled: Vec<u64>,
}

/// Whose stream it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streamer {
    /// Who: the subject of the token.
    pub actor: String,
    /// Of which agency.
    pub agency: String,
    /// On whose behalf: the party acted for.
    pub party: String,
    /// The request that opened the stream.
    pub request: String,
}

/// What became of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was shown.
    Shown,
    /// The reader has it already, and was told that it is still so.
    Unchanged,
    /// It was not shown: the reader may not see it, or something was wrong with the question.
    Refused,
    /// The register failed.
    Failed,
}

impl Outcome {
    /// Of an answer with this status.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            304 => Self::Unchanged,
            400..500 => Self::Refused,
            500.. => Self::Failed,
            _ => Self::Shown,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}
