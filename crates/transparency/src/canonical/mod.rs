//! Canonical JSON (RFC 8785, JCS): one text for each value, to be hashed and signed.
//!
//! White space goes, members stand in the order of their names' UTF-16, strings and numbers are written as
//! ECMAScript writes them. What I-JSON (RFC 7493) forbids because it has no one meaning is refused: two
//! members of a name, surrogates alone, numbers beyond a 64-bit float. Stricter than both in one thing: an
//! integer of 2^53 and more is taken only if it is written as ECMAScript writes its float (not 2^53 + 1), so
//! that no two integers have one text. Noncharacters (U+FFFE) are kept, as the implementations of RFC 8785
//! do: they are never mistaken for anything else.
//!
//! Written here since the libraries stand on `serde_json`'s values, which rounds some decimals the wrong way
//! and drops the first of two members of one name in silence.

mod read;
#[cfg(test)]
mod tests;
mod value;
mod written;

pub use read::{Error, Problem};

pub(crate) use read::value;
pub(crate) use value::Json;
pub(crate) use written::members;

/// The canonical form of a JSON text in UTF-8.
///
/// ```
/// let canonical = transparency::canonical::canonical(br#"{ "b": 1.0, "a": "\u00e9" }"#)?;
/// assert_eq!(canonical, r#"{"a":"é","b":1}"#);
/// # Ok::<(), transparency::canonical::Error>(())
/// ```
///
/// # Errors
/// [`Error`], with the place: for what is no JSON, for what has no one meaning, and for arrays and objects
/// more than 128 deep.
pub fn canonical(json: &[u8]) -> Result<String, Error> {
    Ok(read::value(json)?.to_string())
}

/// The canonical form of an object without one of its members, or as it is if it has none of that name.
///
/// # Errors
/// [`Error`], as [`canonical`]; [`Problem::Syntax`] for what is no object.
pub fn without(json: &[u8], member: &str) -> Result<String, Error> {
    let Json::Object(mut members) = read::value(json)? else {
        return Err(Error { offset: 0, problem: Problem::Syntax });
    };
    Json::take(&mut members, member);
    Ok(Json::Object(members).to_string())
}
