//! The witness protocol (C2SP tlog-witness): what a log asks of a witness and what it answers, as bytes.
//!
//! A log sends [`AddCheckpoint`] as the body of `POST <prefix>/add-checkpoint`. The witness
//! [examines](examine) it, keeps the new head before it answers, in one step with comparing the old one, and
//! answers with its cosignature.
//! [`Answer`] is every answer there is.
//!
//! ```text
//! old 20852014
//! PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
//! jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
//!
//! example.com/behind-the-sofa
//! 20852163
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1My…
//! ```

mod answer;
mod examine;
mod request;
#[cfg(test)]
mod tests;

pub use answer::{Answer, InvalidAnswer};
pub use examine::examine;
pub use request::{AddCheckpoint, MOST_HASHES, RequestError};

use crate::hash::sha256;

/// Where a witness serves the latest checkpoint that it cosigned of a log, below its prefix:
/// `<hexadecimal SHA-256 of the origin>/checkpoint` (C2SP tlog-witness, "Monitor Retrieval Mechanism").
#[must_use]
pub fn checkpoint_path(origin: &str) -> String {
    format!("{}/checkpoint", sha256(&[origin.as_bytes()]).to_hex())
}
