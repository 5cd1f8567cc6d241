//! Patterns: what is served has much in it, a test says only what matters.

use serde_json::Value;

/// Whether `found` has everything that `pattern` says.
///
/// - An object holds if each of its fields holds; `null` says that a field is absent.
/// - A list holds if each of its items is matched by an item of its own, in any order.
/// - A text between asterisks (`*one*other*`) holds if its parts stand in what is found in this order; any other
///   value must be equal.
#[must_use]
pub fn holds(found: &Value, pattern: &Value) -> bool {
    missing(found, pattern).is_none()
}

/// Where `found` first falls short of `pattern`, as a JSON pointer into the pattern.
#[must_use]
pub fn missing(found: &Value, pattern: &Value) -> Option<String> {
    match (found, pattern) {
        (Value::Object(found), Value::Object(fields)) => fields.iter().find_map(|(name, pattern)| {
            let inner = match (found.get(name), pattern) {
                (None, Value::Null) => return None,
                (None, _) => Some(String::new()),
                (Some(found), pattern) => missing(found, pattern),
            };
            inner.map(|inner| format!("/{name}{inner}"))
        }),
        (Value::Array(found), Value::Array(items)) => {
            let mut left = found.iter().collect::<Vec<_>>();
            items.iter().enumerate().find_map(|(index, pattern)| {
                match left.iter().position(|found| holds(found, pattern)) {
                    Some(at) => {
                        left.remove(at);
                        None
                    }
                    None => Some(format!("/{index}")),
                }
            })
        }
        (Value::String(found), Value::String(pattern)) => {
            let parts = pattern.strip_prefix('*').and_then(|rest| rest.strip_suffix('*'));
            let is_met = parts.map_or(found == pattern, |parts| in_order(found, parts));
            (!is_met).then(String::new)
        }
        _ => (found != pattern).then(String::new),
    }
}

fn in_order(found: &str, parts: &str) -> bool {
    let mut parts = parts.split('*');
    parts.try_fold(found, |rest, part| rest.split_once(part).map(|(_, rest)| rest)).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pattern_says_only_what_matters() {
        let found = json!({"a": [{"b": "one two"}, {"b": "three", "c": 1}]});
        assert!(holds(&found, &json!({"a": [{"c": 1}, {"b": "*o*two*"}], "d": null})));
        assert_eq!(missing(&found, &json!({"a": [{"c": 1}, {"c": 1}]})).as_deref(), Some("/a/1"));
        assert!(!holds(&found, &json!({"a": null})));
    }
}
