//! What claims must look like, for who mints a token and for who is shown one.
//!
//! A claim of another form would not be refused anywhere later: a party that no release names and a level that is
//! none see nothing, and an agency that is no URI is recorded for ever.

use contract::Principal;
use domain::value::CountryCode;
use domain::{Label, Levels};

/// The agency: an absolute URI (RFC 3986) without a fragment.
///
/// # Errors
/// What was expected.
pub fn agency(text: &str) -> Result<String, String> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&byte);
    let scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let named = |scheme: &str, rest: &str| match scheme.to_ascii_lowercase().as_str() {
        "urn" => rest.split_once(':').is_some_and(|(space, name)| space.len() >= 2 && !name.is_empty()),
        "http" | "https" => {
            rest.strip_prefix("//").is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
        }
        _ => !rest.is_empty(),
    };
    let is_uri = text.bytes().all(known)
        && text.split_once(':').is_some_and(|(before, rest)| scheme(before) && named(before, rest));
    if is_uri && text.len() <= 300 {
        Ok(text.to_owned())
    } else {
        Err("expected an absolute URI such as urn:agency:pk or https://agency.example".to_owned())
    }
}

/// The party: an ISO 3166-1 alpha-2 code.
///
/// # Errors
/// What was expected.
pub fn party(text: &str) -> Result<String, String> {
    text.parse::<CountryCode>().map(|code| code.to_string()).map_err(|expected| expected.to_string())
}

/// The clearance: one of the levels in use.
///
/// # Errors
/// What was expected.
pub fn clearance(text: &str) -> Result<String, String> {
    let levels = Levels::default();
    if levels.knows(text) {
        return Ok(text.to_owned());
    }
    let names = levels.iter().map(Label::as_str).collect::<Vec<_>>();
    Err(format!("expected one of the levels {}", names.join(", ")))
}

/// A caveat.
///
/// # Errors
/// What was expected.
pub fn caveat(text: &str) -> Result<String, String> {
    let expected = |_| "expected the name of a caveat in capitals, such as EYES ONLY".to_owned();
    text.parse::<Label>().map(|label| label.to_string()).map_err(expected)
}

/// The person or system: something to be named by.
///
/// # Errors
/// What was expected.
pub fn subject(text: &str) -> Result<String, String> {
    let is_name = !text.trim().is_empty() && text.len() <= 300 && !text.contains(char::is_control);
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("expected a name of 1 to 300 bytes on one line".to_owned())
    }
}

/// Every claim that has not its form, with what it says and what was expected.
pub(super) fn mistakes(principal: &Principal) -> Vec<String> {
    let mistake = |claim: &str, text: &str, read: fn(&str) -> Result<String, String>| {
        read(text).err().map(|expected| format!("its {claim} is “{text}”: {expected}"))
    };
    let single = [
        mistake("sub", &principal.subject, subject),
        mistake("agency", &principal.agency, agency),
        mistake("party", &principal.party, party),
        mistake("clearance", &principal.level, clearance),
    ];
    let caveats = principal.caveats.iter().map(|text| mistake("caveats", text, caveat));
    single.into_iter().chain(caveats).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agency_is_an_absolute_uri() {
        for good in
            ["urn:agency:pk", "https://mofa.gov.pk/desks/americas", "did:web:mofa.gov.pk", "tag:a,2026:b"]
        {
            assert_eq!(agency(good).as_deref(), Ok(good));
        }
        for wrong in [
            "",
            "mofa",
            "not a uri",
            "/desk",
            "urn:",
            "urn:agency",
            "urn:agency:",
            "https:///x",
            "https:x",
            "1a:b",
            "a:ü",
        ] {
            assert!(agency(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parties_levels_and_caveats_are_known_words() {
        assert!(party("CA").is_ok() && party("Canada").is_err() && party("ca").is_err());
        assert!(clearance("TOP SECRET").is_ok() && clearance("COSMIC").is_err());
        assert!(caveat("EYES ONLY").is_ok() && caveat("eyes").is_err());
        assert!(subject("aide").is_ok() && subject(" ").is_err());
    }
}
