//! What an authority is sent, and what it answers.

use asn1::{Tlv, parse_single, write_single};
use sha2::{Digest, Sha256};

use crate::schema::{Algorithm, MessageImprint, Request, Response, SHA_256};

/// `NULL`, which stands behind the name of a hash.
const NULL: &[u8] = &[5, 0];

/// The body of a request (`application/timestamp-query`) for a message, which is hashed with SHA-256. `nonce` comes
/// from a source of randomness; the authority says it back. Its certificate is asked for.
///
/// # Errors
/// [`ResponseError::Form`], which no argument causes.
pub fn request(message: &[u8], nonce: u64) -> Result<Vec<u8>, ResponseError> {
    let hash = Sha256::digest(message);
    let null = parse_single::<Tlv<'_>>(NULL).map_err(|error| ResponseError::Form(error.to_string()))?;
    let algorithm = Algorithm { oid: SHA_256, parameters: Some(null) };
    let imprint = MessageImprint { algorithm, hash: hash.as_slice() };
    let request = Request { version: 1, imprint, nonce, with_certificate: true };
    write_single(&request).map_err(|error| ResponseError::Form(error.to_string()))
}

/// Takes the token out of a response (`application/timestamp-reply`). Nothing of it is verified.
///
/// # Errors
/// [`ResponseError`] when it cannot be read, or the authority refuses.
pub fn token(response: &[u8]) -> Result<Vec<u8>, ResponseError> {
    let response =
        parse_single::<Response<'_>>(response).map_err(|error| ResponseError::Form(error.to_string()))?;
    // granted, grantedWithMods
    if response.status.status > 1 {
        let texts = response.status.text.into_iter().flatten();
        let said = texts.map(|text| text.as_str().to_owned()).collect::<Vec<_>>().join("; ");
        return Err(ResponseError::Refused { status: response.status.status, said });
    }
    response.token.map(|token| token.full_data().to_vec()).ok_or(ResponseError::Missing)
}

/// An authority answered without a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// What it answers is no response.
    #[error("this is no time stamp response: {0}")]
    Form(String),
    /// It refuses.
    #[error("the authority refuses (status {status}: {said})")]
    Refused {
        /// The status (RFC 3161, section 2.4.2).
        status: u64,
        /// What it says of it.
        said: String,
    },
    /// It grants and gives nothing.
    #[error("the authority grants a token and sends none")]
    Missing,
}
