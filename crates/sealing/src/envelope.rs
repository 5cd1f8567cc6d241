//! An envelope sealed, opened and closed. Pure, but for the random nonce.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use contract::{Recorded, Salt};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};
use transparency::Hash;
use transparency::leaf::{data_hash, leaf};
use zeroize::Zeroizing;

use crate::Key;

const DATA: &str = "data";
const SALT: &str = "datasalt";
const PROPOSAL: &str = "proposalhash";
const HASH: &str = "datahash";
const SEALED: &str = "sealeddata";
const SEALED_HASH: &str = "sealedhash";

/// What we write begins so, and nothing else that we write: whether an envelope is sealed costs no look inside.
const BEGINS_SEALED: &[u8] = b"{\"sealeddata\":";
const BEGINS_OPENED: &[u8] = b"{\"sealedhash\":";

/// Of a nonce, in bytes.
const NONCE: usize = 24;

/// Of salt and proposal hash, in bytes.
const HIDDEN: usize = 16 + 16;

/// What a ciphertext is of, so that another use of the key would be another message.
const PURPOSE: &str = "chancery sealed event v1";

type Members<'e> = BTreeMap<String, &'e RawValue>;

/// Whether this is an envelope as it is recorded sealed.
#[must_use]
pub fn is_sealed(envelope: &[u8]) -> bool {
    envelope.starts_with(BEGINS_SEALED)
}

/// Whether this is one that was sealed and has been opened.
#[must_use]
pub fn is_opened(envelope: &[u8]) -> bool {
    envelope.starts_with(BEGINS_OPENED)
}

/// Encrypts the content of an envelope: what is recorded instead.
///
/// # Errors
/// [`NoEnvelope`] if it has no such content, or none that has a canonical form.
pub fn seal(envelope: &[u8], key: &Key) -> Result<Vec<u8>, NoEnvelope> {
    let mut members = members(envelope).ok_or(NoEnvelope)?;
    let bound = bound(&members).ok_or(NoEnvelope)?;
    let mut take = |name| members.remove(name).ok_or(NoEnvelope);
    let (data, salt, proposal) = (take(DATA)?, take(SALT)?, take(PROPOSAL)?);
    let salt = parsed::<Salt>(salt).ok_or(NoEnvelope)?;
    let proposal = parsed::<Salt>(proposal).ok_or(NoEnvelope)?;
    let hash = data_hash(&salt.0, &proposal.0, data.get().as_bytes()).map_err(|_| NoEnvelope)?;
    let plain = Zeroizing::new([&salt.0, &proposal.0, data.get().as_bytes()].concat());

    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).expect("a system that gave a key gives a nonce");
    let payload = Payload { msg: &plain, aad: bound.as_bytes() };
    let ciphertext = cipher(key).encrypt(&XNonce::from(nonce), payload);
    let ciphertext = ciphertext.expect("an envelope is far smaller than the cipher's limit");
    let hash = raw(&hash.to_hex());
    members.insert(HASH.to_owned(), &hash);
    Ok(written(SEALED, &STANDARD.encode([&nonce[..], &ciphertext].concat()), &members))
}

/// How long an envelope of this length becomes when it is sealed, of which the data takes so many bytes.
#[must_use]
pub const fn sealed_length(envelope: usize, data: usize) -> usize {
    // Names, quotes and commas: "data":…, "datasalt":"32 digits", and "proposalhash":"32 digits", give place to
    // "datahash":"64 digits", and "sealeddata":"…",
    const TAKEN: usize = 8 + 46 + 50;
    const PUT: usize = 78 + 16;
    const TAG: usize = 16;
    let ciphertext = NONCE + HIDDEN + data + TAG;
    envelope - data - TAKEN + PUT + ciphertext.div_ceil(3) * 4
}

/// Decrypts what was recorded sealed: an envelope with its content, of which the same leaf can be made.
///
/// # Errors
/// [`Unopened`] if anything of it is not as it was sealed, or the key is another.
pub fn open(sealed: &[u8], key: &Key) -> Result<Vec<u8>, Unopened> {
    let mut members = members(sealed).ok_or(Unopened::Form)?;
    let bound = bound(&members).ok_or(Unopened::Form)?;
    let text = members.remove(SEALED).and_then(parsed::<String>).ok_or(Unopened::Form)?;
    let bytes = STANDARD.decode(text).map_err(|_| Unopened::Form)?;
    let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE>().ok_or(Unopened::Form)?;
    let payload = Payload { msg: ciphertext, aad: bound.as_bytes() };
    let plain = cipher(key).decrypt(&XNonce::from(*nonce), payload).map_err(|_| Unopened::Cipher)?;
    let plain = Zeroizing::new(plain);

    let (hidden, data) = plain.split_first_chunk::<HIDDEN>().ok_or(Unopened::Form)?;
    let [salt, proposal] = hidden.as_chunks::<16>().0 else { return Err(Unopened::Form) };
    let stated = members.remove(HASH).and_then(parsed::<String>).ok_or(Unopened::Form)?;
    let hash = data_hash(salt, proposal, data).map_err(|_| Unopened::Form)?;
    if hash.to_hex() != stated {
        return Err(Unopened::Hash);
    }
    let data = serde_json::from_slice::<&RawValue>(data).map_err(|_| Unopened::Form)?;
    let (salt, proposal) = (raw(&Salt(*salt)), raw(&Salt(*proposal)));
    members.extend([(DATA.to_owned(), data), (SALT.to_owned(), &*salt), (PROPOSAL.to_owned(), &*proposal)]);
    let hash = Hash::new(Sha256::digest(&bytes).into()).to_hex();
    Ok(written(SEALED_HASH, &hash, &members))
}

/// What is left of a sealed envelope, or one that was opened, without its content: its leaf. `None`: it is neither.
#[must_use]
pub fn close(envelope: &[u8]) -> Option<Vec<u8>> {
    (is_sealed(envelope) || is_opened(envelope)).then(|| leaf(envelope).ok()).flatten()
}

/// An envelope as it could be read.
#[derive(Clone, Debug)]
pub struct Read {
    /// What it says; of a closed one, with nothing as its data.
    pub recorded: Recorded,
    /// How it was recorded.
    pub seal: Seal,
}

/// Whether content was recorded encrypted, and can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// It was recorded in plain.
    None,
    /// It was sealed, and the key opened it.
    Opened,
    /// It was sealed, and there is nothing to open it with.
    Closed,
}

/// Reads an envelope in any of its forms; `None`: it is none.
#[must_use]
pub fn read(envelope: &[u8]) -> Option<Read> {
    if let Ok(recorded) = Recorded::parse(envelope) {
        let seal = if is_opened(envelope) { Seal::Opened } else { Seal::None };
        return Some(Read { recorded, seal });
    }
    let mut members = members(envelope)?;
    let is_closed = members.contains_key(HASH)
        && (members.contains_key(SEALED) || members.contains_key(SEALED_HASH))
        && [DATA, SALT, PROPOSAL].iter().all(|name| !members.contains_key(*name));
    let (nothing, zeros) = (raw(&json!({})), raw(&Salt([0; 16])));
    members.extend([
        (DATA.to_owned(), &*nothing),
        (SALT.to_owned(), &*zeros),
        (PROPOSAL.to_owned(), &*zeros),
    ]);
    let emptied = serde_json::to_vec(&members).ok().filter(|_| is_closed)?;
    Some(Read { recorded: Recorded::parse(&emptied).ok()?, seal: Seal::Closed })
}

/// The bytes are no envelope whose content could be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no envelope with data, datasalt and proposalhash that could be sealed")]
pub struct NoEnvelope;

/// Why what is sealed does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    /// It has not the form of a sealed envelope.
    #[error("it has not the form of a sealed envelope")]
    Form,
    /// It was altered, moved, or sealed with another key.
    #[error("it was altered, moved, or sealed with another key")]
    Cipher,
    /// Its content is another than the one that its leaf promises.
    #[error("its content is not the one that its datahash is of")]
    Hash,
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.as_bytes().into())
}

fn members(envelope: &[u8]) -> Option<Members<'_>> {
    serde_json::from_slice(envelope).ok()
}

fn parsed<'e, T: Deserialize<'e>>(value: &'e RawValue) -> Option<T> {
    serde_json::from_str(value.get()).ok()
}

fn raw<T: serde::Serialize + ?Sized>(value: &T) -> Box<RawValue> {
    to_raw_value(value).expect("texts are JSON")
}

/// What a ciphertext is bound to: which event of which record it is.
fn bound(members: &Members<'_>) -> Option<String> {
    let text = |name| members.get(name).copied().and_then(parsed::<String>);
    Some(json!([PURPOSE, text("subject")?, text("source")?, text("id")?]).to_string())
}

/// The envelope with one member before all others.
fn written(name: &str, value: &str, members: &Members<'_>) -> Vec<u8> {
    let mut out = format!("{{\"{name}\":\"{value}\"").into_bytes();
    let rest = serde_json::to_vec(members).expect("raw JSON is JSON");
    if members.is_empty() {
        out.push(b'}');
    } else {
        out.push(b',');
        out.extend(&rest[1..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    const SUBJECT: &str = "matter/0191d3c2-0000-7000-8000-000000000000";

    fn envelope(data: &Value) -> Vec<u8> {
        let envelope = json!({
            "specversion": "1.0", "id": "1", "source": "urn:agency:pk", "type": "chancery.matter.opened.v1",
            "subject": SUBJECT, "time": "2025-04-13T09:30:00Z", "datacontenttype": "application/json",
            "recordedtime": "2025-04-13T09:30:01Z", "agency": "urn:agency:pk", "actor": "officer",
            "marking": "OFFICIAL", "datasalt": "000102030405060708090a0b0c0d0e0f",
            "proposalhash": "101112131415161718191a1b1c1d1e1f", "data": data,
        });
        envelope.to_string().into_bytes()
    }

    fn json_of(bytes: &[u8]) -> Value {
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_to_what_it_was() {
        let key = Key::random().unwrap();
        let plain = envelope(&json!({"title": "Gespräch", "n": 1.5}));
        let sealed = seal(&plain, &key).unwrap();
        assert!(is_sealed(&sealed) && !is_opened(&sealed) && !is_sealed(&plain));
        let text = String::from_utf8(sealed.clone()).unwrap();
        for hidden in ["Gespräch", "title", "datasalt", "proposalhash", "\"data\""] {
            assert!(!text.contains(hidden), "{hidden}");
        }
        let opened = open(&sealed, &key).unwrap();
        assert!(is_opened(&opened) && !is_sealed(&opened));
        let mut value = json_of(&opened);
        assert!(value.as_object_mut().unwrap().remove("sealedhash").is_some());
        assert_eq!(value, json_of(&plain));
        assert_eq!(read(&opened).unwrap().seal, Seal::Opened);
        assert_eq!(read(&plain).unwrap().seal, Seal::None);
    }

    #[test]
    fn the_leaf_is_the_same_sealed_opened_and_closed_and_is_the_closed_form() {
        let key = Key::random().unwrap();
        let sealed = seal(&envelope(&json!({"title": "Gespräch"})), &key).unwrap();
        let opened = open(&sealed, &key).unwrap();
        let closed = leaf(&sealed).unwrap();
        assert_eq!(leaf(&opened).unwrap(), closed);
        assert_eq!(close(&sealed), Some(closed.clone()));
        assert_eq!(close(&opened), Some(closed.clone()));
        let Read { recorded, seal } = read(&closed).unwrap();
        assert_eq!((seal, recorded.data.get(), recorded.actor.as_str()), (Seal::Closed, "{}", "officer"));
        assert_eq!(read(&sealed).unwrap().seal, Seal::Closed);
        assert_eq!(close(&envelope(&json!({}))), None);
    }

    #[test]
    fn two_of_the_same_are_not_alike() {
        let key = Key::random().unwrap();
        let plain = envelope(&json!({"title": "x"}));
        assert_ne!(seal(&plain, &key).unwrap(), seal(&plain, &key).unwrap());
    }

    #[test]
    fn what_was_sealed_opens_nowhere_else() {
        let key = Key::random().unwrap();
        let sealed = json_of(&seal(&envelope(&json!({"title": "x"})), &key).unwrap());
        let moved = |member: &str, value: &str| {
            let mut moved = sealed.clone();
            moved[member] = value.into();
            open(moved.to_string().as_bytes(), &key)
        };
        assert_eq!(moved("id", "2"), Err(Unopened::Cipher));
        assert_eq!(moved("source", "urn:agency:ca"), Err(Unopened::Cipher));
        let other = SUBJECT.replace("0191", "0192");
        assert_eq!(moved("subject", &other), Err(Unopened::Cipher));
        assert_eq!(moved("datahash", &"0".repeat(64)), Err(Unopened::Hash));
        let other = Key::random().unwrap();
        assert_eq!(open(sealed.to_string().as_bytes(), &other), Err(Unopened::Cipher));
        assert_eq!(open(b"{}", &key), Err(Unopened::Form));
    }

    #[test]
    fn what_is_no_envelope_is_read_as_none() {
        let none: [&[u8]; 5] =
            [b"", b"[]", b"{}", b"{\"datahash\":\"\"}", b"{\"sealeddata\":\"\",\"datahash\":\"\"}"];
        for bytes in none {
            assert!(read(bytes).is_none() && seal(bytes, &Key::random().unwrap()) == Err(NoEnvelope));
        }
        // One that only lacks its data was never sealed.
        let mut without = json_of(&envelope(&json!({})));
        without.as_object_mut().unwrap().remove("data");
        assert!(read(without.to_string().as_bytes()).is_none());
    }

    proptest! {
        #[test]
        fn any_flipped_bit_of_what_is_sealed_fails(title in "\\PC{0,40}", place: prop::sample::Index, bit in 0_u8..8) {
            let key = Key::random().unwrap();
            let mut sealed = json_of(&seal(&envelope(&json!({"title": title})), &key).unwrap());
            let mut bytes = STANDARD.decode(sealed["sealeddata"].as_str().unwrap()).unwrap();
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
            sealed["sealeddata"] = STANDARD.encode(&bytes).into();
            prop_assert_eq!(open(sealed.to_string().as_bytes(), &key), Err(Unopened::Cipher));
        }

        #[test]
        fn any_flipped_bit_of_the_key_fails(place in 0_usize..Key::SIZE, bit in 0_u8..8) {
            let key = Key::random().unwrap();
            let sealed = seal(&envelope(&json!({"title": "x"})), &key).unwrap();
            let mut other = *key.as_bytes();
            other[place] ^= 1 << bit;
            prop_assert_eq!(open(&sealed, &Key::from_slice(&other).unwrap()), Err(Unopened::Cipher));
        }

        #[test]
        fn whatever_is_sealed_opens_to_the_byte(text in "\\PC{0,60}", number: i32, list in prop::collection::vec(any::<bool>(), 0..4)) {
            let key = Key::random().unwrap();
            let data = json!({"text": text, "number": number, "list": list});
            let plain = envelope(&data);
            let sealed = seal(&plain, &key).unwrap();
            prop_assert_eq!(sealed.len(), sealed_length(plain.len(), data.to_string().len()));
            let opened = open(&sealed, &key).unwrap();
            let Read { recorded, .. } = read(&opened).unwrap();
            prop_assert_eq!(recorded.data.get(), data.to_string());
        }

        #[test]
        fn reading_and_opening_are_total(bytes: Vec<u8>, text in "\\PC{0,40}") {
            let key = Key::random().unwrap();
            for bytes in [&bytes[..], text.as_bytes()] {
                let _ = (read(bytes).is_some(), close(bytes), open(bytes, &key), seal(bytes, &key));
            }
        }
    }
}
