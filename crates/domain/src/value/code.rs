//! Codes that others assign: subdivisions, time zones, commodities, grades, hashes, web addresses.

use std::fmt;
use std::str::FromStr;

use super::scalar::textual;
use super::{CountryCode, Expected};

/// Declares codes that are kept as text.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// The code as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        textual!($name);
    )+};
}

codes! {
    /// An ISO 3166-2 code, checked for its form: `PK-BA`.
    Subdivision,
    /// The name of an IANA time zone, checked for its form: `Asia/Karachi`.
    TimeZone,
    /// A code of the Harmonized System, of two to twelve digits: `120510`. Dots may be written and are left out.
    Commodity,
    /// A SHA-256 in lower-case hexadecimal.
    Sha256,
    /// An absolute address on the web, `http` or `https`.
    Url,
}

impl Subdivision {
    /// The country that it is part of.
    #[must_use]
    pub fn country(&self) -> Option<CountryCode> {
        self.0.split_once('-')?.0.parse().ok()
    }
}

impl FromStr for Subdivision {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = |part: &str| {
            (1..=3).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        match text.split_once('-') {
            Some((country, part)) if country.parse::<CountryCode>().is_ok() && form(part) => {
                Ok(Self(text.into()))
            }
            _ => Err(Expected::new("expected an ISO 3166-2 code such as PK-BA")),
        }
    }
}

impl FromStr for TimeZone {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+'))
        };
        // `EST` and its like are abbreviations, not places; `UTC` is the one name without an area.
        let form = text == "UTC" || (text.contains('/') && text.len() <= 64 && text.split('/').all(part));
        if form {
            Ok(Self(text.into()))
        } else {
            Err(Expected::new("expected the name of an IANA time zone such as Asia/Karachi or UTC"))
        }
    }
}

impl FromStr for Commodity {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.replace('.', "");
        if matches!(digits.len(), 2 | 4 | 6 | 8 | 10 | 12) && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(digits.into()))
        } else {
            Err(Expected::new(
                "expected a Harmonized System code such as 12 or 1205.10: pairs of digits, 6 at most",
            ))
        }
    }
}

impl FromStr for Sha256 {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase().into()))
        } else {
            Err(Expected::new("expected a SHA-256 of 64 hexadecimal digits"))
        }
    }
}

impl FromStr for Url {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match url::Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && text.len() <= 2_000 => {
                Ok(Self(String::from(url).into()))
            }
            _ => Err(Expected::new("expected an address that begins with https:// or http://")),
        }
    }
}

/// An Admiralty grade: how reliable the source, how credible the information. `A1` to `F6`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grade {
    reliability: char,
    credibility: char,
}

impl Grade {
    /// How reliable the source is: `A` completely … `E` not at all, `F` cannot be judged.
    #[must_use]
    pub const fn reliability(self) -> char {
        self.reliability
    }

    /// How credible the information is: `1` confirmed … `5` improbable, `6` cannot be judged.
    #[must_use]
    pub const fn credibility(self) -> char {
        self.credibility
    }
}

impl FromStr for Grade {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut letters = text.chars();
        match (letters.next(), letters.next(), letters.next()) {
            (Some(reliability @ 'A'..='F'), Some(credibility @ '1'..='6'), None) => {
                Ok(Self { reliability, credibility })
            }
            _ => Err(Expected::new("expected an Admiralty grade from A1 to F6")),
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", self.reliability, self.credibility)
    }
}

textual!(Grade);

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: FromStr<Err = Expected> + fmt::Display>(right: &[&str], wrong: &[&str]) {
        for text in right {
            let code = text.parse::<T>().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(code.to_string(), *text);
        }
        for text in wrong {
            assert!(text.parse::<T>().is_err(), "{text}");
        }
    }

    #[test]
    fn codes_have_their_forms() {
        check::<Subdivision>(
            &["PK-BA", "US-CA", "FR-75C", "XK-1"],
            &["PK", "PK-", "pk-ba", "UK-EN", "PK-ABCD", "PK-B-A"],
        );
        check::<TimeZone>(
            &["Asia/Karachi", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "UTC"],
            &["PKT", "+05:00", "Asia/", "/Karachi", "Asia/Kar achi", "../etc/passwd"],
        );
        check::<Commodity>(
            &["12", "1205", "120510", "12051000"],
            &["", "1", "120", "canola", "12345678901234"],
        );
        check::<Grade>(&["A1", "F6", "C3"], &["", "A", "A7", "G1", "a1", "A10", "1A"]);
        check::<Url>(
            &["https://www.arabnews.com/node/1", "http://[::1]:8080/"],
            &["arabnews.com", "ftp://a.b/", "javascript:alert(1)", "https://", "/a"],
        );
        check::<Sha256>(&[&"0f".repeat(32)], &["", &"0f".repeat(31), &"0g".repeat(32)]);
    }

    #[test]
    fn one_code_has_one_form() {
        assert_eq!("1205.10".parse::<Commodity>().unwrap().as_str(), "120510");
        assert_eq!("AB".repeat(32).parse::<Sha256>().unwrap().as_str(), "ab".repeat(32));
        assert_eq!("PK-BA".parse::<Subdivision>().unwrap().country().unwrap().as_str(), "PK");
    }
}
