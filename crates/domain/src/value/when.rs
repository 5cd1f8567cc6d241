//! When something happened or is to happen, as far as it is known.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Bounds, Edtf, Name, TimeZone};
use crate::read::{Reader, Shape};

/// A time as known: in EDTF, in the words of the source, or both. Shorthand: the EDTF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// The time; absent when only the words are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edtf: Option<Edtf>,
    /// The words of the source: “Sunday”, “earlier in the day”.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_stated: Option<Name>,
    /// The time zone that a date-time without an offset is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tz: Option<TimeZone>,
    /// Worked out by the recorder, not stated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inferred: bool,
}

impl When {
    /// A time that is known in EDTF alone.
    #[must_use]
    pub const fn at(edtf: Edtf) -> Self {
        Self { edtf: Some(edtf), as_stated: None, tz: None, inferred: false }
    }

    /// The earliest and latest days it may be.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        self.edtf.as_ref().map_or(Bounds::UNKNOWN, Edtf::bounds)
    }
}

impl Shape for When {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        if input.is_string() {
            return Edtf::read(input, reader).map(Self::at);
        }
        reader.object(input, |when| {
            let known = when.raw("edtf").or(when.raw("as_stated")).is_some();
            let read = Self {
                edtf: when.optional("edtf"),
                as_stated: when.optional("as_stated"),
                tz: when.optional("tz"),
                inferred: when.optional("inferred").unwrap_or_default(),
            };
            if known { Some(read) } else { when.reader().expected("expected edtf, as_stated or both") }
        })?
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::reading::{mistakes, normal};

    #[test]
    fn a_text_is_the_time() {
        assert_eq!(normal::<When>(&json!(" 2025-06 ")), json!({"edtf": "2025-06"}));
    }

    #[test]
    fn words_and_zone_are_kept() {
        let stated =
            json!({"edtf": "2025-04-13", "as_stated": "Sunday", "tz": "Asia/Karachi", "inferred": true});
        assert_eq!(normal::<When>(&stated), stated);
        assert_eq!(
            normal::<When>(&json!({"as_stated": "Saturday", "inferred": false})),
            json!({"as_stated": "Saturday"})
        );
    }

    #[test]
    fn every_mistake_is_named() {
        let wrong = json!({"edtf": "2025-13", "tz": "PKT", "inferred": "yes", "on": 1});
        let places = mistakes::<When>(&wrong);
        let places = places.iter().map(|m| m.split(':').next().unwrap()).collect::<Vec<_>>();
        assert_eq!(places, ["/edtf", "/tz", "/inferred", "/on"]);
        assert_eq!(mistakes::<When>(&json!({"inferred": true})), [": expected edtf, as_stated or both"]);
        assert_eq!(mistakes::<When>(&json!(2025)), [": expected an object"]);
    }

    #[test]
    fn words_alone_have_no_bounds() {
        let when: When = serde_json::from_value(json!({"as_stated": "Saturday"})).unwrap();
        assert_eq!(when.bounds(), Bounds::UNKNOWN);
    }
}
