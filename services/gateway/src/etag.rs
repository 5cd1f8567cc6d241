//! Entity tags of records, and of subscriptions with their revisions: `"<version>-<hash of the body>"`.
//!
//! The version alone does not tell what is served: links from others come and go without an event of the record's
//! own, and depend on who asks. It is what a writer's `If-Match` is about, so there the number alone counts.

use std::fmt::Display;
use std::hash::{DefaultHasher, Hasher};
use std::str::FromStr;

use http::HeaderValue;

/// The tag of a record as it is served. Another build may hash in another way: a caller then gets anew what it
/// holds.
pub(crate) fn of_record(version: impl Display, body: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    format!("\"{version}-{:016x}\"", hasher.finish())
}

/// The version that a tag names: `"3"`, or `"3-…"` as a record was answered with.
pub(crate) fn version<N: FromStr>(tag: &HeaderValue) -> Option<N> {
    let tag = tag.to_str().ok()?.trim().strip_prefix('"')?.strip_suffix('"')?;
    let (version, hash) = tag.split_once('-').map_or((tag, None), |(version, hash)| (version, Some(hash)));
    let is_hash = |hash: &str| hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_version = version.bytes().all(|byte| byte.is_ascii_digit());
    (is_version && hash.is_none_or(is_hash)).then(|| version.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_with_and_without_the_hash() {
        let tag = of_record(3_u32, b"{}").parse().unwrap();
        assert_eq!(version(&tag), Some(3_u32));
        assert_ne!(of_record(3_u32, b"{}"), of_record(3_u32, b"{} "));
        for (tag, expected) in [
            ("\"7\"", Some(7_u32)),
            ("\"7-\"", Some(7)),
            (" \"7-0a\" ", Some(7)),
            ("7", None),
            ("W/\"7\"", None),
            ("\"\"", None),
            ("\"-1\"", None),
            ("\"+7\"", None),
            ("\"7-x\"", None),
            ("\"7\", \"8\"", None),
        ] {
            assert_eq!(version(&tag.parse().unwrap()), expected, "{tag}");
        }
    }
}
