//! Evidence bundles: one file that proves a record's events offline, to whoever has the log's public key.
//!
//! JSON (UTF-8), written by [`Bundle`]'s `Display` with one event a line:
//!
//! ```text
//! {
//! "format":"chancery-evidence",
//! "version":1,
//! "about":"…",                               what the file is and how it is verified, for who finds it
//! "subject":"engagement/0191d3c2-…",          the record
//! "versions":3,                               it claims to hold the record's events 1 to 3, each once
//! "keys":["example.org/log+d2f4a1b0"],        <name>+<id> of the keys of the log that signed the checkpoint
//! "checkpoint":"example.org/log\n33\n…",      C2SP tlog-checkpoint with every signature and cosignature
//! "timestamps":["MII…"],                      RFC 3161 tokens (DER, base64) of the checkpoint's text; left out: none
//! "events":[
//! {"version":1,"position":12,"leaf":{…},"proof":"c2sp.org/tlog-proof@v1\nindex 11\n…","event":{…}},
//! {"version":2,"position":15,"leaf":{…},"proof":"c2sp.org/tlog-proof@v1\nindex 14\n…"}
//! ]
//! }
//! ```
//!
//! - `leaf` is what was hashed of the event: the whole recorded envelope, but with a salted hash (`datahash`) in the
//!   place of its content ([`leaf`](mod@crate::leaf)). Its canonical JSON (RFC 8785) is the leaf, to the byte.
//! - `proof` is a C2SP tlog-proof of that leaf, whole, so that it can be given to any verifier of such files. Its
//!   index is `position − 1`, and its checkpoint is the bundle's.
//! - `event` is the envelope as it was recorded. It is left out where the event is shown redacted; who shows it
//!   later, with its salt, is bound by the leaf.
//!
//! - a time stamp's imprint is the hash of the checkpoint's text as it is signed, without the signatures. **It is not
//!   verified here**, for whom to trust for the time is another question; the crate `timestamp` does.
//!
//! To verify: the checkpoint is signed by the log's key, which comes from elsewhere; each leaf is in the checkpoint's
//! tree; the leaf made of each `event` is its `leaf`; every leaf names `subject`; versions are 1, 2, 3 … and
//! positions grow. **What is not proved**: that the record has no other events. Who removes an event is found out by
//! `versions`; who renumbers all others as well, only by the [whole log](crate::export) or by the register. `about`
//! is not looked at; a member that is not named here is refused, for nothing would prove it.

mod parse;
#[cfg(test)]
mod tests;
mod verify;

use std::fmt;

pub use verify::Proved;

use crate::canonical::Json;
use crate::checkpoint::Signed;
use crate::proof::Proof;
use crate::tokens;

/// What the format is called.
pub const FORMAT: &str = "chancery-evidence";

/// Of the format that is written here; no other is read.
pub const VERSION: u64 = 1;

const ABOUT: &str = "Events of one record of a Chancery register, proved to be in its log. Verify with: chancery verify \
    FILE --key VKEY, with the log's verifier key from a source that you trust. By other means: each proof is a C2SP \
    tlog-proof of the leaf (its RFC 8785 canonical JSON); in a leaf, datahash stands for the members data, datasalt and \
    proposalhash of the event: the hexadecimal SHA-256 of the 16 bytes of datasalt, the 16 bytes of proposalhash and \
    the canonical JSON of data.";

/// Events of one record with what proves them. Nothing is verified before [`Bundle::verify`].
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// The record, `<aggregate>/<uuid>`.
    pub subject: String,
    /// How many events the record is claimed to have: it holds those from 1 to this.
    pub versions: u64,
    /// The checkpoint that all proofs lead to.
    pub checkpoint: Signed,
    /// Tokens of time stamp authorities (RFC 3161) over the checkpoint's text. [`Bundle::verify`] does not look at them.
    pub timestamps: Vec<Vec<u8>>,
    /// The events, in order.
    pub events: Vec<Event>,
}

/// One event of a bundle.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Which of the record's events it is, from 1.
    pub version: u64,
    /// The leaf, in canonical JSON.
    pub leaf: String,
    /// That the leaf is in the log.
    pub proof: Proof,
    /// The envelope as recorded, in JSON; none where it is shown redacted.
    pub event: Option<String>,
}

impl Event {
    /// Where it stands in the log, from 1.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.proof.index.saturating_add(1)
    }
}

impl fmt::Display for Bundle {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &str| Json::String(text.into());
        writeln!(out, "{{\n\"format\":\"{FORMAT}\",\n\"version\":{VERSION},\n\"about\":{},", text(ABOUT))?;
        writeln!(out, "\"subject\":{},\n\"versions\":{},", text(&self.subject), self.versions)?;
        let keys = Json::Array(keys(&self.checkpoint).into_iter().map(Json::String).collect());
        writeln!(out, "\"keys\":{keys},\n\"checkpoint\":{},", text(&self.checkpoint.to_string()))?;
        if !self.timestamps.is_empty() {
            writeln!(out, "\"timestamps\":{},", tokens::write(&self.timestamps))?;
        }
        out.write_str("\"events\":[")?;
        for (place, Event { version, leaf, proof, event }) in self.events.iter().enumerate() {
            let position = u128::from(proof.index) + 1;
            out.write_str(if place == 0 { "\n" } else { ",\n" })?;
            write!(out, "{{\"version\":{version},\"position\":{position},\"leaf\":{leaf},")?;
            write!(out, "\"proof\":{}", text(&proof.to_string()))?;
            match event {
                Some(event) => write!(out, ",\"event\":{event}}}")?,
                None => out.write_str("}")?,
            }
        }
        out.write_str("\n]\n}\n")
    }
}

/// Whom a checkpoint says it is signed by in the name of its log, as `<name>+<id>`.
fn keys(checkpoint: &Signed) -> Vec<String> {
    let origin = checkpoint.checkpoint().origin();
    let signatures = checkpoint.note().signatures().iter();
    let of_log = signatures.filter(|signature| signature.name().as_str() == origin);
    of_log.map(|signature| format!("{}+{}", signature.name(), signature.id())).collect()
}

/// Something in a bundle that is not as it must be, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where in the file: a JSON pointer (RFC 6901).
    pub place: String,
    /// Of which event, from 1; none if it is not of one.
    pub version: Option<u64>,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(version) = self.version {
            write!(out, "event {version} of the record: ")?;
        }
        write!(out, "{}", self.problem)?;
        if self.place.is_empty() { Ok(()) } else { write!(out, " (at {})", self.place) }
    }
}

/// What is wrong in a bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file is no JSON that has one meaning.
    #[error("this is no JSON that can be relied on: {0}")]
    Json(crate::canonical::Error),
    /// The file is of another format.
    #[error("expected the format {FORMAT}, version {VERSION}")]
    Format,
    /// A member is missing, or not what it should be.
    #[error("expected {0}")]
    Expected(&'static str),
    /// Nothing would prove this member.
    #[error("this member does not belong to the format")]
    Unknown,
    /// The checkpoint or proof is none.
    #[error("{0}")]
    Unreadable(String),
    /// The checkpoint is not to be trusted.
    #[error("the checkpoint is not to be trusted: {0}")]
    Checkpoint(String),
    /// The names of the keys are not those of the checkpoint.
    #[error("the keys named are not those that signed the checkpoint")]
    Keys,
    /// The proof is of another checkpoint.
    #[error("the proof is of another checkpoint than the bundle's")]
    OtherCheckpoint,
    /// The leaf is not where it is said to be, so it was altered, or the proof was.
    #[error("it is not in the log in this form: {0}")]
    NotInLog(crate::tree::VerifyError),
    /// The leaf was altered, and the event was not.
    #[error("the leaf was altered; the event beside it is in the log as it stands here")]
    Leaf,
    /// The leaf belongs to another record.
    #[error("the event is of the record {0}")]
    OtherRecord(String),
    /// The event is not what the proved leaf was made of.
    #[error("{0} was altered: the log has another value")]
    Altered(String),
    /// The event has what the proved leaf has not.
    #[error("{0} was added: the log does not have it")]
    Added(String),
    /// The event lacks what the proved leaf has.
    #[error("{0} was removed: the log has it")]
    Removed(String),
    /// No leaf can be made of the event.
    #[error("this is no recorded event: {0}")]
    NoEvent(String),
    /// The position is not that of the proof.
    #[error("the proof is of position {0}")]
    Position(u64),
    /// An event that the bundle claims to hold is not there.
    #[error("it is missing: the bundle claims to hold the events 1 to {0}")]
    Missing(u64),
    /// It is there twice, or there are more than the bundle claims.
    #[error("it is more than the bundle claims to hold, or there twice")]
    Surplus,
    /// The events do not stand in their order.
    #[error("it stands in the log before the event in front of it: the order was changed")]
    Order,
}
