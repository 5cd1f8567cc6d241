//! Content that can be destroyed: it is recorded encrypted, with a key for each record, and the keys are kept apart.
//!
//! The log keeps everything for ever, so what may have to be destroyed one day must not stand in it in plain. Of an
//! event that is **sealed** the envelope stays as it is but for its content:
//!
//! ```text
//! recorded   {"sealeddata":"<base64 of nonce ‖ ciphertext>", …, "datahash":"<hex>"}
//! opened     {"sealedhash":"<hex>", …, "data":{…}, "datasalt":"<hex>", "proposalhash":"<hex>"}
//! closed     {…, "datahash":"<hex>", "sealedhash":"<hex>"}
//! ```
//!
//! - [`seal`] makes the first of a plain envelope, [`open`] the second with the key, [`close`] the third of either
//!   without. The closed form is the event's leaf (`transparency::leaf`): all that is left once the key is gone, and
//!   all that a proof needs. [`read`] takes any of them.
//! - The ciphertext is XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) of `datasalt ‖ proposalhash ‖ data`, the first
//!   two of 16 bytes, under a random nonce of 24. Record, source and id of the event are its associated data, so it
//!   opens nowhere else.
//! - [`Keys`] keeps the keys in a bucket of their own and opens what comes from the log. Destroying a key overwrites
//!   it in the server's files and leaves a mark, so that the record never gets another.
//!
//! Which events are sealed is for the registrar to say; what is left of a destroyed record, for the read models.

mod envelope;
mod key;
mod keys;

pub use envelope::{
    NoEnvelope, Read, Seal, Unopened, close, is_opened, is_sealed, open, read, seal, sealed_length,
};
pub use key::Key;
pub use keys::{Error, Found, Keys};
