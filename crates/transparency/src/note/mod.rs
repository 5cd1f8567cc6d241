//! Signed notes (C2SP signed-note): text, a blank line, one line for each signature.
//!
//! ```text
//! This is an example message.
//!
//! — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
//! ```
//!
//! A [`Verifier`] is a public key with a name, a [`Signer`] a private one. Of the signature types, 0x01
//! (Ed25519) and 0x04 (timestamped cosignature of a checkpoint, C2SP tlog-cosignature) are known; signatures
//! of other keys and types are kept as they are and not looked at.

mod key;
mod name;
mod signature;
mod signed;
mod signer;
#[cfg(test)]
mod tests;

pub use key::{Algorithm, KeyError, KeyId, Verifier};
pub use name::{InvalidName, KeyName};
pub use signature::{Signature, SignatureError};
pub use signed::{MAX_SIGNATURES, MAX_SIZE, Note, NoteError, Verified, VerifyError};
pub use signer::Signer;

pub(crate) use key::cosigned;
pub(crate) use signer::{private_key, read_private_key};
