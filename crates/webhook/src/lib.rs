//! Webhooks as [Standard Webhooks 1.0] has them: signed, posted where they may go, and verified.
//!
//! - [`Message`] is what is signed: an id that stays the same on every retry, the time of the attempt and the body, as
//!   `{id}.{timestamp}.{body}`. [`Message::headers`] has it signed by one key or, while keys change, by several.
//! - [`Secret`] signs with HMAC-SHA256 (`v1`, written `whsec_…`), [`PrivateKey`] with Ed25519 (`v1a`, written `whsk_…`;
//!   its [`PublicKey`] is written `whpk_…`).
//! - [`Verifier`] is the other side: whether a request is signed by a key that is trusted, and was made lately.
//! - [`Poster`] posts to the machines of others, and to none that [`Reach`] does not let it: what a name leads to is
//!   checked as it is connected to. An [`Attempt`] is an answer, or says why there is none.
//! - [`Schedule`] says when to try again, [`RetryAfter`] what the receiver said about it, [`Meaning`] what its answer
//!   means.
//!
//! Not here: what is told to whom, and how far each has come.
//!
//! [Standard Webhooks 1.0]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

mod answer;
mod keys;
mod message;
mod post;
mod retry_after;
mod schedule;
mod verify;

pub use answer::Meaning;
pub use keys::{KeyError, PrivateKey, PublicKey, Secret, SigningKey, VerifyingKey};
pub use message::{InvalidId, Message, MessageId, WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP};
pub use post::{
    Answer, Attempt, Failure, InvalidTarget, Poster, PosterSettings, Reach, Refused, SystemNames,
};
pub use retry_after::RetryAfter;
pub use schedule::{InvalidSchedule, Schedule};
pub use verify::{Verified, Verifier, VerifyError};
