//! Parties as they are named on the command line.

use domain::value::CountryCode;
use serde_json::{Value, json};

/// A party: JSON if it begins with a brace, with title and country if a country's code ends it, else a name. What
/// kind of party that is, the register tells.
///
/// # Errors
/// What is wrong with the JSON.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let text = text.trim();
    if text.starts_with('{') {
        return serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"));
    }
    Ok(person(text).unwrap_or_else(|| text.into()))
}

/// `NAME, TITLE, CODE` or `NAME, CODE`. A title may have commas, a name not.
fn person(text: &str) -> Option<Value> {
    let (before, code) = text.rsplit_once(',')?;
    let country = code.trim().parse::<CountryCode>().ok()?;
    let (name, title) = before.split_once(',').map_or((before, None), |(name, title)| (name, Some(title)));
    let mut person = json!({"name": name.trim(), "country": country.as_str()});
    if let Some(title) = title {
        person["title"] = title.trim().into();
    }
    Some(person)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_is_a_name_a_person_or_json() {
        let khan = json!({"name": "Tarik Ali Khan", "country": "CA", "title": "High Commissioner"});
        assert_eq!(read("Tarik Ali Khan, High Commissioner, CA"), Ok(khan));
        let minister = read("A B, Minister of Trade, Energy and Mining, PK").unwrap();
        assert_eq!(
            (&minister["name"], &minister["title"]),
            (&json!("A B"), &json!("Minister of Trade, Energy and Mining"))
        );
        assert_eq!(read("A B, US"), Ok(json!({"name": "A B", "country": "US"})));
        for name in ["CA", "Tarik Ali Khan", "Barrick Gold, Inc.", "Korea, Republic of"] {
            assert_eq!(read(name), Ok(json!(name)));
        }
        assert_eq!(read(r#"{"name":"X"}"#), Ok(json!({"name": "X"})));
        assert!(read(r#"{"name":"#).is_err());
    }
}
