//! The leaf of a recorded event: what the log commits itself to.
//!
//! The leaf is the canonical JSON (RFC 8785) of the recorded envelope, with three members changed: `data`,
//! `datasalt` and `proposalhash` go, and in their place stands
//!
//! ```text
//! datahash = lower-case hexadecimal of SHA-256(datasalt ‖ proposalhash ‖ canonical JSON of data)
//! ```
//!
//! with the 16 bytes that each of the two is the hexadecimal text of. Everything else of the envelope, also
//! what later versions add, stands in the leaf as it is.
//!
//! So an event is proved to be in the log by its leaf alone, and its content is not shown: the salt keeps
//! guesses from being tried. `proposalhash` is hashed in for the same reason, as it is a hash of the content
//! without salt, and it is bound as well. Whoever is shown the whole envelope makes the leaf of it and
//! compares. No leaf is longer than the compact envelope that it is made of, for what is taken out is longer
//! than what is put in.
//!
//! **What was recorded sealed** has in place of the three members their ciphertext, `sealeddata` in base64, and
//! `datahash`, which was made of them before they were encrypted. Its leaf needs no key: `datahash` stands in it,
//! and in place of the ciphertext
//!
//! ```text
//! sealedhash = lower-case hexadecimal of SHA-256(the bytes that sealeddata is the base64 of)
//! ```
//!
//! So the leaf is the same whether the key is there or was destroyed, and whoever is shown the three members and
//! `sealedhash` makes the same leaf of them as of any other envelope. A leaf is also what may be shown of an event
//! in place of its content: a redacted event is its leaf.
//!
//! **What is no such envelope takes its place all the same**, for a tree has no gaps: [`of_message`] makes of
//! any message that stands on a record's subject
//!
//! ```text
//! {"messagehash":"<lower-case hexadecimal of SHA-256(message)>","subject":"<the record>"}
//! ```
//!
//! and of an envelope that names another record than it stands on, too, so that an event that was moved is
//! another leaf. No event's leaf has a `messagehash` and no `datahash`. Such a hash has no salt: who guesses the
//! whole message knows that it was right.

mod quick;

use crate::canonical::{self, Json};
use crate::hash::sha256;
use crate::{Hash, encoding};

/// The most bytes of a leaf: what an entry bundle can hold (C2SP tlog-tiles, "Log entries").
pub const LARGEST: usize = 65_535;

/// The leaf of a recorded event, from its envelope as the log has it (CloudEvents in JSON).
///
/// ```
/// let envelope = br#"{"specversion": "1.0", "id": "1", "data": {"kind": "call"},
///     "datasalt": "000102030405060708090a0b0c0d0e0f", "proposalhash": "101112131415161718191a1b1c1d1e1f"}"#;
/// let leaf = transparency::leaf::leaf(envelope)?;
/// let expected = r#"{"datahash":"ac7ae3b5f89cd9c8f483aefb7ee01ea0667e8713e41c7bfb96d8cd82af4d82f8","id":"1","specversion":"1.0"}"#;
/// assert_eq!(std::str::from_utf8(&leaf)?, expected);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`LeafError`] if the bytes have no canonical form, lack one of the three members or have a `datahash`
/// already; if what is sealed is not as described above; or if the leaf would be larger than [`LARGEST`].
pub fn leaf(envelope: &[u8]) -> Result<Vec<u8>, LeafError> {
    quick::leaf(envelope, None).unwrap_or_else(|| members(envelope).and_then(written))
}

/// The leaf of whatever stands in the log on a record's subject, given as envelopes name it: `<aggregate>/<uuid>`.
///
/// An envelope's [`leaf`] if it can be made and names that record; else the hash of the message (see above).
///
/// ```
/// let leaf = transparency::leaf::of_message("matter/0191d3c2-0000-7000-8000-000000000000", b"?");
/// let expected = r#"{"messagehash":"8a8de823d5ed3e12746a62ef169bcf372be0ca44f0a1236abc35df05d96928e1","subject":"matter/0191d3c2-0000-7000-8000-000000000000"}"#;
/// assert_eq!(std::str::from_utf8(&leaf)?, expected);
/// # Ok::<(), std::str::Utf8Error>(())
/// ```
#[must_use]
pub fn of_message(subject: &str, message: &[u8]) -> Vec<u8> {
    if let Some(Ok(leaf)) = quick::leaf(message, Some(subject)) {
        return leaf;
    }
    let named = |members: &Vec<(String, Json)>| {
        members.iter().any(|(name, value)| name == "subject" && *value == Json::String(subject.into()))
    };
    let own = members(message).ok().filter(named).and_then(|members| written(members).ok());
    own.unwrap_or_else(|| {
        let hash = Json::String(sha256(&[message]).to_hex());
        let subject = Json::String(subject.into());
        Json::Object(vec![("messagehash".into(), hash), ("subject".into(), subject)]).to_string().into_bytes()
    })
}

/// The leaf's members, in canonical order.
fn members(envelope: &[u8]) -> Result<Vec<(String, Json)>, LeafError> {
    let Json::Object(mut members) = canonical::value(envelope)? else { return Err(LeafError::NoObject) };
    let has = |name: &str| members.iter().any(|(member, _)| member == name);
    if has("sealeddata") && !["data", "datasalt", "proposalhash"].into_iter().any(has) {
        return sealed(members);
    }
    let data = Json::take(&mut members, "data").ok_or(LeafError::Missing { member: "data" })?;
    let salt = sixteen(&mut members, "datasalt")?;
    let proposal = sixteen(&mut members, "proposalhash")?;
    let hash = hidden(&salt, &proposal, &data).to_hex();
    if Json::put(&mut members, "datahash", Json::String(hash)).is_some() {
        return Err(LeafError::Hashed);
    }
    Ok(members)
}

/// The members of what was recorded sealed.
fn sealed(mut members: Vec<(String, Json)>) -> Result<Vec<(String, Json)>, LeafError> {
    let ciphertext = match Json::take(&mut members, "sealeddata") {
        Some(Json::String(text)) => encoding::from_base64(&text).ok_or(LeafError::NoBase64)?,
        _ => return Err(LeafError::NoBase64),
    };
    match members.iter().find(|(name, _)| name == "datahash") {
        Some((_, Json::String(text))) if encoding::from_hex::<{ Hash::SIZE }>(text).is_some() => {}
        Some(_) => return Err(LeafError::NoHash),
        None => return Err(LeafError::Missing { member: "datahash" }),
    }
    let hash = Json::String(sha256(&[&ciphertext]).to_hex());
    if Json::put(&mut members, "sealedhash", hash).is_some() {
        return Err(LeafError::Hashed);
    }
    Ok(members)
}

fn written(members: Vec<(String, Json)>) -> Result<Vec<u8>, LeafError> {
    let leaf = Json::Object(members).to_string().into_bytes();
    if leaf.len() > LARGEST { Err(LeafError::TooLarge { size: leaf.len() }) } else { Ok(leaf) }
}

/// The salted hash that stands in a leaf for an event's data: `datahash`, in bytes.
///
/// # Errors
/// [`canonical::Error`] if the data has no canonical form.
pub fn data_hash(salt: &[u8; 16], proposal: &[u8; 16], data: &[u8]) -> Result<Hash, canonical::Error> {
    Ok(hidden(salt, proposal, &canonical::value(data)?))
}

fn hidden(salt: &[u8; 16], proposal: &[u8; 16], data: &Json) -> Hash {
    sha256(&[salt, proposal, data.to_string().as_bytes()])
}

/// Takes out a member that is 16 bytes in hexadecimal.
fn sixteen(members: &mut Vec<(String, Json)>, member: &'static str) -> Result<[u8; 16], LeafError> {
    match Json::take(members, member) {
        Some(Json::String(text)) => encoding::from_hex(&text).ok_or(LeafError::NoHex { member }),
        Some(_) => Err(LeafError::NoHex { member }),
        None => Err(LeafError::Missing { member }),
    }
}

/// The bytes are no recorded envelope to make a leaf of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// They have no canonical form.
    #[error("the envelope has no canonical form")]
    Canonical(#[from] canonical::Error),
    /// They are JSON, but no object.
    #[error("an envelope is an object")]
    NoObject,
    /// A member is missing.
    #[error("the envelope has no “{member}”")]
    Missing {
        /// Which one.
        member: &'static str,
    },
    /// A member is not what it should be.
    #[error("“{member}” is not 32 lower-case hexadecimal digits")]
    NoHex {
        /// Which one.
        member: &'static str,
    },
    /// There is a `datahash` beside the data, or a `sealedhash` beside what is sealed: this is no envelope, or half
    /// a leaf.
    #[error("the envelope has the hash already that its leaf is to have")]
    Hashed,
    /// What is sealed is no text in base64.
    #[error("“sealeddata” is not base64")]
    NoBase64,
    /// The hash of what is sealed is none.
    #[error("“datahash” is not 64 lower-case hexadecimal digits")]
    NoHash,
    /// No tile takes a leaf as large.
    #[error("a leaf of {size} bytes is too large")]
    TooLarge {
        /// How large it would be.
        size: usize,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const SALT: &str = "000102030405060708090a0b0c0d0e0f";
    const PROPOSAL: &str = "101112131415161718191a1b1c1d1e1f";

    fn envelope(data: &Value) -> Value {
        json!({"specversion": "1.0", "id": "1", "source": "urn:agency:pk", "actor": "o\u{301}fficer",
            "datasalt": SALT, "proposalhash": PROPOSAL, "data": data})
    }

    fn of(envelope: &Value) -> Result<Vec<u8>, LeafError> {
        leaf(envelope.to_string().as_bytes())
    }

    #[test]
    fn the_leaf_of_the_first_day_is_the_leaf_for_ever() {
        let data = json!({"title": "Gespräch", "participants": ["CA", "PK"], "n": 1.5});
        let leaf = of(&envelope(&data)).unwrap();
        // Made with sha256sum of the 32 bytes 00…1f and this canonical text.
        let canonical = r#"{"n":1.5,"participants":["CA","PK"],"title":"Gespräch"}"#;
        let bytes = (0..32).chain(canonical.bytes()).collect::<Vec<_>>();
        let hash = sha256(&[&bytes]).to_hex();
        assert_eq!(hash, "5fe66af1ca448d2150f89c5f12cd2e34d388038c706f077d9c4c1750b092baaa");
        // Unicode is not normalised.
        let actor = "o\u{301}fficer";
        let expected = format!(
            r#"{{"actor":"{actor}","datahash":"{hash}","id":"1","source":"urn:agency:pk","specversion":"1.0"}}"#
        );
        assert_eq!(String::from_utf8(leaf).unwrap(), expected);
    }

    #[test]
    fn nothing_in_a_leaf_tells_of_the_content() {
        let leaf = String::from_utf8(of(&envelope(&json!({"title": "secret"}))).unwrap()).unwrap();
        for hidden in ["secret", "title", SALT, PROPOSAL, "datasalt", "proposalhash", "\"data\""] {
            assert!(!leaf.contains(hidden), "{hidden} in {leaf}");
        }
    }

    #[test]
    fn every_member_counts_and_the_form_does_not() {
        let envelope = envelope(&json!({"a": {"b": [1, true, null, "x"]}}));
        let leaf = of(&envelope).unwrap();
        let pretty = serde_json::to_string_pretty(&envelope).unwrap();
        assert_eq!(super::leaf(pretty.as_bytes()).unwrap(), leaf);
        for member in envelope.as_object().unwrap().keys() {
            let mut changed = envelope.clone();
            changed[member] = match member.as_str() {
                "datasalt" | "proposalhash" => json!("f".repeat(32)),
                "data" => json!({"a": {"b": [1, true, null, "y"]}}),
                _ => json!("changed"),
            };
            assert_ne!(of(&changed).unwrap(), leaf, "{member}");
        }
        let mut more = envelope;
        more["traceparent"] = json!("00-1-1-01");
        assert_ne!(of(&more).unwrap(), leaf);
    }

    #[test]
    fn what_is_no_envelope_is_refused() {
        for member in ["data", "datasalt", "proposalhash"] {
            let mut without = envelope(&json!({}));
            without.as_object_mut().unwrap().remove(member);
            assert_eq!(of(&without), Err(LeafError::Missing { member }));
        }
        for member in ["datasalt", "proposalhash"] {
            for wrong in [json!(null), json!(""), json!(PROPOSAL.to_uppercase()), json!(&PROPOSAL[1..])] {
                let mut with = envelope(&json!({}));
                with[member] = wrong;
                assert_eq!(of(&with), Err(LeafError::NoHex { member }));
            }
        }
        let mut hashed = envelope(&json!({}));
        hashed["datahash"] = json!("");
        assert_eq!(of(&hashed), Err(LeafError::Hashed));
        assert_eq!(leaf(b"[]"), Err(LeafError::NoObject));
        let twice = format!(r#"{{"data":{{"a":1,"a":2}},"datasalt":"{SALT}","proposalhash":"{PROPOSAL}"}}"#);
        let duplicate = canonical::Error { offset: 15, problem: canonical::Problem::Duplicate };
        assert_eq!(leaf(twice.as_bytes()), Err(duplicate.into()));
    }

    /// As it is recorded, when that is the ciphertext of its data.
    fn sealed(open: &Value, ciphertext: &[u8]) -> Value {
        let mut sealed = open.clone();
        let members = sealed.as_object_mut().unwrap();
        let data = members.remove("data").unwrap().to_string();
        let mut sixteen = |name| encoding::from_hex(members.remove(name).unwrap().as_str().unwrap()).unwrap();
        let (salt, proposal) = (sixteen("datasalt"), sixteen("proposalhash"));
        sealed["datahash"] = json!(data_hash(&salt, &proposal, data.as_bytes()).unwrap().to_hex());
        sealed["sealeddata"] = json!(encoding::base64(ciphertext));
        sealed
    }

    #[test]
    fn what_is_sealed_has_one_leaf_with_its_content_and_without() {
        let open = envelope(&json!({"title": "Gespräch"}));
        let recorded = sealed(&open, b"ciphertext");
        let leaf = of(&recorded).unwrap();
        let hash = recorded["datahash"].as_str().unwrap();
        // Made with sha256sum.
        let of_ciphertext = "305531dcc50ebca31cf1d5b31e9fc76ed51f66b3b6dd5a030c6539ae6532f979";
        let actor = "o\u{301}fficer";
        let expected = format!(
            r#"{{"actor":"{actor}","datahash":"{hash}","id":"1","sealedhash":"{of_ciphertext}","source":"urn:agency:pk","specversion":"1.0"}}"#
        );
        assert_eq!(String::from_utf8(leaf.clone()).unwrap(), expected);
        // Opened, it is an envelope like others, with the hash of what was recorded.
        let mut opened = open.clone();
        opened["sealedhash"] = json!(of_ciphertext);
        assert_eq!(of(&opened).unwrap(), leaf);
        assert_ne!(of(&open).unwrap(), leaf);
        assert_ne!(of(&sealed(&open, b"another")).unwrap(), leaf, "the ciphertext is bound");
    }

    #[test]
    fn what_is_not_sealed_as_it_should_be_is_refused() {
        let recorded = sealed(&envelope(&json!({"a": 1})), b"ciphertext");
        let with = |member: &str, value: Value| {
            let mut with = recorded.clone();
            with[member] = value;
            of(&with)
        };
        for wrong in [json!(null), json!("?"), json!("AA"), json!({})] {
            assert_eq!(with("sealeddata", wrong), Err(LeafError::NoBase64));
        }
        for wrong in [json!(null), json!(""), json!(SALT), json!("A".repeat(64))] {
            assert_eq!(with("datahash", wrong), Err(LeafError::NoHash));
        }
        assert_eq!(with("sealedhash", json!("")), Err(LeafError::Hashed));
        // With some of the content in plain beside the ciphertext it is none of ours.
        assert_eq!(with("datasalt", json!(SALT)), Err(LeafError::Missing { member: "data" }));
        assert_eq!(with("data", json!({})), Err(LeafError::Missing { member: "datasalt" }));
        let mut without = recorded.clone();
        without.as_object_mut().unwrap().remove("datahash");
        assert_eq!(of(&without), Err(LeafError::Missing { member: "datahash" }));
    }

    #[test]
    fn the_largest_leaf_is_what_a_bundle_takes() {
        let mut large = envelope(&json!({}));
        let room = LARGEST - of(&large).unwrap().len();
        large["actor"] = json!(format!("o\u{301}fficer{}", "a".repeat(room)));
        assert_eq!(of(&large).unwrap().len(), LARGEST);
        large["actor"] = json!(format!("o\u{301}fficer{}", "a".repeat(room + 1)));
        assert_eq!(of(&large), Err(LeafError::TooLarge { size: LARGEST + 1 }));
    }

    #[test]
    fn whatever_stands_in_the_log_has_a_leaf_and_it_says_where_it_stands() {
        let mut own = envelope(&json!({"a": 1}));
        own["subject"] = json!("matter/a");
        let message = own.to_string().into_bytes();
        assert_eq!(of_message("matter/a", &message), leaf(&message).unwrap());
        let moved = of_message("matter/b", &message);
        assert!(moved.starts_with(b"{\"messagehash\":") && moved.ends_with(b"\"subject\":\"matter/b\"}"));
        let mut large = own.clone();
        large["actor"] = json!("a".repeat(LARGEST));
        let mut twice = message.clone();
        twice.splice(1..1, *b"\"actor\":\"x\",");
        let strange = [b"".to_vec(), b"{}".to_vec(), large.to_string().into_bytes(), twice];
        let leaves = strange.map(|message| of_message("matter/a", &message));
        for (place, leaf) in leaves.iter().enumerate() {
            assert_eq!(Some(place), leaves.iter().position(|other| other == leaf), "{place}");
            assert!(leaf.starts_with(b"{\"messagehash\":"));
        }
    }

    proptest! {
        #[test]
        fn no_leaf_is_longer_than_its_envelope(id in ".{0,20}", actor in ".{0,20}", data in ".{0,4}") {
            let mut envelope = envelope(&json!({}));
            envelope["id"] = json!(id);
            envelope["actor"] = json!(actor);
            if !data.is_empty() {
                envelope["data"] = json!({"a": data});
            }
            prop_assert!(of(&envelope).unwrap().len() <= envelope.to_string().len());
        }

        #[test]
        fn making_leaves_is_total(bytes: Vec<u8>, text in "\\PC{0,40}") {
            let _ = (leaf(&bytes), leaf(text.as_bytes()));
        }
    }
}
