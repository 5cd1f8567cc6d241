//! Time stamps (RFC 3161 tokens, DER) as evidence and exports carry them: a list of texts in base64, left out if empty.

use crate::canonical::Json;
use crate::encoding;

pub(crate) fn write(tokens: &[Vec<u8>]) -> Json {
    Json::Array(tokens.iter().map(|token| Json::String(encoding::base64(token))).collect())
}

/// What is there; none of it is read. `None` if it is no such list.
pub(crate) fn read(json: Option<Json>) -> Option<Vec<Vec<u8>>> {
    let Some(json) = json else { return Some(Vec::new()) };
    let Json::Array(tokens) = json else { return None };
    let tokens = tokens.into_iter().map(|token| match token {
        Json::String(text) => encoding::from_base64(&text),
        _ => None,
    });
    tokens.collect::<Option<Vec<_>>>().filter(|tokens| !tokens.is_empty())
}
