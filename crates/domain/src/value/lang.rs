//! Languages of text: BCP 47 tags.

use std::fmt;
use std::str::FromStr;

use oxilangtag::LanguageTag;

use super::Expected;
use super::scalar::textual;
use crate::read::Reader;

/// A language tag in its usual case: `en`, `ur-PK`, `zh-Hant`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lang(Box<str>);

impl Lang {
    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language of texts that name none, if the recorder has one.
    pub(crate) fn of_context(reader: &Reader<'_>) -> Option<Self> {
        reader.context().language.as_deref()?.parse().ok()
    }
}

impl FromStr for Lang {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match LanguageTag::parse_and_normalize(text) {
            Ok(tag) => Ok(Self(tag.into_inner().into())),
            Err(_) => Err(Expected::new("expected a BCP 47 language tag such as en, ur or fr-CA")),
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

textual!(Lang);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_their_usual_case() {
        for (typed, usual) in [("EN", "en"), ("fr-ca", "fr-CA"), ("zh-hant-tw", "zh-Hant-TW")] {
            assert_eq!(typed.parse::<Lang>().unwrap().as_str(), usual);
        }
        for wrong in ["", "english language", "e", "en_US"] {
            assert!(wrong.parse::<Lang>().is_err(), "{wrong}");
        }
    }
}
