//! What tells a retry from a conflict: a hash of the proposal as it was sent.
//!
//! The hash is of what the producer says happened. Left out are `source` and `id`, which are the key it is
//! compared under; `expectedversion`, a condition; `traceparent`, which differs on every try. Objects are hashed
//! by sorted key, so neither white space nor order matters. Stored with each event for ever: a change here makes
//! conflicts of retries.

use contract::{Proposed, Salt};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The first 16 bytes of the SHA-256 of `proposed` with its parsed `data`.
pub(crate) fn of(proposed: &Proposed, data: &Value) -> Salt {
    let mut hash = Sha256::new();
    let time = proposed.time.map(|time| time.to_string());
    let fields = [
        ("type", Some(&proposed.kind)),
        ("subject", proposed.subject.as_ref()),
        ("time", time.as_ref()),
        ("marking", proposed.marking.as_ref()),
        ("onbehalfof", proposed.onbehalfof.as_ref()),
        ("correlationid", proposed.correlationid.as_ref()),
        ("causationid", proposed.causationid.as_ref()),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            feed_text(&mut hash, name);
            feed_text(&mut hash, value);
        }
    }
    feed(&mut hash, data);
    let digest = hash.finalize();
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    Salt(first)
}

fn feed(hash: &mut Sha256, value: &Value) {
    match value {
        Value::Null => hash.update(b"n"),
        Value::Bool(true) => hash.update(b"t"),
        Value::Bool(false) => hash.update(b"f"),
        Value::Number(number) => {
            hash.update(b"#");
            feed_text(hash, &number.to_string());
        }
        Value::String(text) => feed_text(hash, text),
        Value::Array(items) => {
            hash.update(b"[");
            items.iter().for_each(|item| feed(hash, item));
            hash.update(b"]");
        }
        Value::Object(fields) => {
            let mut fields = fields.iter().collect::<Vec<_>>();
            fields.sort_unstable_by_key(|(name, _)| *name);
            hash.update(b"{");
            for (name, value) in fields {
                feed_text(hash, name);
                feed(hash, value);
            }
            hash.update(b"}");
        }
    }
}

/// Length first, so that no two sequences of texts feed the same bytes.
fn feed_text(hash: &mut Sha256, text: &str) {
    hash.update(format!("{}:", text.len()).as_bytes());
    hash.update(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn proposed() -> Proposed {
        Proposed { kind: "engagement.held".into(), id: Some("1".into()), ..Proposed::default() }
    }

    #[test]
    fn the_hash_of_the_first_day_is_the_hash_for_ever() {
        let hash =
            of(&proposed(), &json!({"kind": "call", "participants": ["CA"], "n": [1, 2.5, true, null]}));
        assert_eq!(hash.to_string(), "c9ffaf3a08d4ce3347fe05283e223797");
    }

    #[test]
    fn order_and_what_is_no_content_do_not_matter() {
        let once = of(&proposed(), &json!({"a": 1, "b": {"c": 2, "d": 3}}));
        let data = serde_json::from_str(r#"{ "b": {"d": 3, "c": 2}, "a": 1 }"#).expect("it is JSON");
        let again = Proposed {
            traceparent: Some("00-1-1-01".into()),
            expectedversion: Some(1),
            source: Some("urn:agency:pk".into()),
            ..proposed()
        };
        assert_eq!(of(&again, &data), once);
    }

    #[test]
    fn content_matters() {
        let hash = of(&proposed(), &json!({"a": ["b", "c"]}));
        assert_ne!(of(&proposed(), &json!({"a": ["bc"]})), hash);
        assert_ne!(
            of(&Proposed { onbehalfof: Some("a".into()), ..proposed() }, &json!({"a": ["b", "c"]})),
            hash
        );
    }
}
