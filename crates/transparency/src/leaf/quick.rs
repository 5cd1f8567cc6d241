//! The leaf of an envelope that is written canonically, by cutting and joining: no values are made.
//!
//! Whole exports are written so, and so is the log: verifying the one and building the tree of the other spend their
//! time here.

use super::{LARGEST, LeafError};
use crate::hash::sha256;
use crate::{canonical, encoding};

/// The leaf, or why there is none; `None` where it has to be read as other envelopes are, also because it is to name a
/// record and names another.
pub(super) fn leaf(envelope: &[u8], subject: Option<&str>) -> Option<Result<Vec<u8>, LeafError>> {
    let members = canonical::members(std::str::from_utf8(envelope).ok()?)?;
    // Of plain ASCII, the order of bytes is the canonical order.
    let find = |member: &str| {
        let place = members.binary_search_by(|(name, _)| (*name).cmp(member)).ok()?;
        Some(members[place].1)
    };
    let named = |subject| find("subject").and_then(unquoted) == Some(subject);
    if !subject.is_none_or(named) {
        return None;
    }
    // What was recorded sealed, and what is no envelope.
    if find("sealeddata").is_some() || (find("data").is_some() && find("datahash").is_some()) {
        return None;
    }
    let Some(data) = find("data") else { return Some(Err(LeafError::Missing { member: "data" })) };
    let sixteen = |member| encoding::from_hex::<16>(find(member).and_then(unquoted)?);
    let (salt, proposal) = (sixteen("datasalt")?, sixteen("proposalhash")?);
    let hash = sha256(&[&salt, &proposal, data.as_bytes()]).to_hex();

    let mut leaf = Vec::with_capacity(envelope.len());
    let mut add = |name: &str, value: &str| {
        leaf.push(if leaf.is_empty() { b'{' } else { b',' });
        for part in ["\"", name, "\":", value] {
            leaf.extend_from_slice(part.as_bytes());
        }
    };
    let hash = format!("\"{hash}\"");
    let kept = members.iter().filter(|(name, _)| !matches!(*name, "data" | "datasalt" | "proposalhash"));
    let mut kept = kept.peekable();
    while let Some((name, value)) = kept.next_if(|(name, _)| *name < "datahash") {
        add(name, value);
    }
    add("datahash", &hash);
    kept.for_each(|(name, value)| add(name, value));
    leaf.push(b'}');
    (leaf.len() <= LARGEST).then_some(Ok(leaf))
}

/// A text as it stands between its quotes, which is what it says unless it has escapes: those begin with a backslash.
fn unquoted(value: &str) -> Option<&str> {
    value.strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::super::{members, written};
    use super::*;
    use crate::canonical::canonical;

    const SALT: &str = "000102030405060708090a0b0c0d0e0f";

    fn slowly(envelope: &[u8]) -> Result<Vec<u8>, LeafError> {
        members(envelope).and_then(written)
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaves = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-999_999_999_999_999_i64..1_000_000_000_000_000).prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
            "[\\x00-\\x7f]{0,8}".prop_map(Value::from),
        ];
        leaves.prop_recursive(4, 24, 5, |inner| {
            let members = prop::collection::btree_map("[ -~]{0,6}", inner.clone(), 0..5);
            prop_oneof![
                prop::collection::vec(inner, 0..5).prop_map(Value::from),
                members.prop_map(|members| {
                    let plain = |(name, _): &(String, Value)| !name.contains(['"', '\\']);
                    Value::Object(members.into_iter().filter(plain).collect())
                }),
            ]
        })
    }

    fn envelopes() -> impl Strategy<Value = Map<String, Value>> {
        (values(), prop::collection::btree_map("[a-z]{1,6}", values(), 0..6)).prop_map(|(data, more)| {
            let mut envelope = more.into_iter().collect::<Map<_, _>>();
            envelope.remove("datahash");
            envelope.extend([("data".into(), data), ("datasalt".into(), json!(SALT))]);
            envelope.insert("proposalhash".into(), json!(SALT));
            envelope
        })
    }

    proptest! {
        #[test]
        fn it_is_the_leaf_that_values_make(envelope in envelopes()) {
            let envelope = canonical(Value::Object(envelope).to_string().as_bytes()).unwrap();
            let expected = slowly(envelope.as_bytes()).unwrap();
            prop_assert_eq!(leaf(envelope.as_bytes(), None).unwrap().unwrap(), expected);
        }

        #[test]
        fn what_is_not_canonical_is_never_cut(
            envelope in envelopes(),
            at: prop::sample::Index,
            byte: u8,
            kind in 0..3_u8,
        ) {
            let mut text = canonical(Value::Object(envelope).to_string().as_bytes()).unwrap().into_bytes();
            let at = at.index(text.len());
            match kind {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                _ => { text.remove(at); }
            }
            if let Some(quick) = leaf(&text, None) {
                prop_assert_eq!(quick, slowly(&text), "{}", String::from_utf8_lossy(&text));
            }
        }
    }

    #[test]
    fn each_way_of_writing_that_is_not_the_one_is_left_to_others() {
        let written =
            |data: &str| format!(r#"{{"data":{data},"datasalt":"{SALT}","proposalhash":"{SALT}"}}"#);
        for data in
            ["1.5", "1e2", "-0", "01", " 1", r#"{"b":1,"a":2}"#, r#"{"a":1,"a":1}"#, r#""\/""#, r#""\u0041""#]
        {
            assert_eq!(leaf(written(data).as_bytes(), None), None, "{data}");
        }
        for data in [r#""\u001f\n\"é""#, "[]", "{}", "[{},[1,-20,0]]", r#"{"":null,"a":true,"b":false}"#] {
            assert_eq!(
                leaf(written(data).as_bytes(), None),
                Some(slowly(written(data).as_bytes())),
                "{data}"
            );
        }
        let deep = written(&format!("{}{}", "[".repeat(127), "]".repeat(127)));
        assert_eq!(leaf(deep.as_bytes(), None), Some(slowly(deep.as_bytes())));
        assert_eq!(leaf(written(&format!("{}{}", "[".repeat(128), "]".repeat(128))).as_bytes(), None), None);
    }

    #[test]
    fn an_envelope_of_another_record_is_left_to_others() {
        let written =
            format!(r#"{{"data":{{}},"datasalt":"{SALT}","proposalhash":"{SALT}","subject":"matter/a"}}"#);
        assert_eq!(leaf(written.as_bytes(), Some("matter/a")), Some(slowly(written.as_bytes())));
        assert_eq!(leaf(written.as_bytes(), Some("matter/b")), None);
        let nameless = written.replace(r#","subject":"matter/a""#, "");
        assert_eq!(leaf(nameless.as_bytes(), Some("matter/a")), None);
    }
}
