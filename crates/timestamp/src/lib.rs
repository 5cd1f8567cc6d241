//! Time stamps of an authority (RFC 3161): asked for, and verified offline.
//!
//! - [`request`] is what an authority is sent for a message, [`token`] takes out what it answers.
//! - [`verify`] checks a token against the message and against [`Authorities`] that the reader trusts, and answers the
//!   [`Stamp`]: which time is stated, and by whom.
//!
//! Pure: no I/O, no clock, no randomness. The chain of certificates and signatures are checked by `webpki` and `ring`,
//! the same that TLS is checked by: RSA (PKCS #1 v1.5, 2048 bits and more) and ECDSA over P-256 and P-384, with SHA-2.
//! Certificates are looked at as of the time that the token states, for a stamp outlives them.
//!
//! **Not looked at**: whether a certificate was revoked. A token that names its certificate by SHA-1 alone, as before
//! RFC 5816, is refused.

mod chain;
mod message;
mod schema;
mod token;

pub use chain::{Authorities, CertificateError};
pub use message::{ResponseError, request, token};
pub use token::{Stamp, VerifyError, verify};
