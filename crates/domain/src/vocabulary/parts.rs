//! Values that only single fields hold.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::MatterRole;
use crate::read::{Reader, Shape};
use crate::value::scalar::textual;
use crate::value::{Expected, Name, PartyRef};

/// A dotted lower-case code: `meeting`, `visit.state`. The set is open.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(Box<str>);

impl Code {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its first part: `visit`.
    #[must_use]
    pub fn top(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }

    /// Whether it is `other` or a kind of it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl FromStr for Code {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if text.len() <= 60 && text.split('.').all(part) {
            Ok(Self(text.into()))
        } else {
            Err(Expected::new("expected a lower-case code such as meeting, call or visit.state"))
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A JSON pointer (RFC 6901): empty, or parts that each follow a slash.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pointer(Box<str>);

impl Pointer {
    /// The pointer as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its parts, unescaped.
    pub fn parts(&self) -> impl Iterator<Item = String> {
        self.0.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"))
    }

    /// Its first part: a field.
    #[must_use]
    pub fn field(&self) -> String {
        self.parts().next().unwrap_or_default()
    }

    /// Whether it is `other` or a place within it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The place of a name or an index within this one.
    #[must_use]
    pub fn within(&self, part: impl fmt::Display) -> Self {
        let part = part.to_string().replace('~', "~0").replace('/', "~1");
        Self(format!("{self}/{part}").into())
    }

    /// The whole.
    #[must_use]
    pub fn root() -> Self {
        Self("".into())
    }
}

impl FromStr for Pointer {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let escapes = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        if text.len() <= 300 && (text.is_empty() || text.starts_with('/')) && escapes {
            Ok(Self(text.into()))
        } else {
            Err(Expected::new("expected a JSON pointer into the event's data such as /participants/0/name"))
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

textual!(Code, Pointer);

/// What an engagement is an edition of. Shorthand: its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// What the series is called.
    pub name: Name,
    /// Which one of it: “third round”, “2026”.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<Name>,
}

impl Shape for Series {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        if input.is_string() {
            return Name::read(input, reader).map(|name| Self { name, edition: None });
        }
        reader.object(input, |series| {
            let (name, edition) = (series.required("name"), series.optional("edition"));
            Some(Self { name: name?, edition })
        })?
    }
}

/// A party with what it is to a matter. Shorthand: the party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatterParty {
    /// Who.
    pub party: PartyRef,
    /// What it is to the matter.
    pub role: MatterRole,
}

impl Shape for MatterParty {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        if input.get("party").is_none() {
            return PartyRef::read(input, reader).map(|party| Self { party, role: MatterRole::default() });
        }
        reader.object(input, |object| {
            let (party, role) = (object.required("party"), object.optional("role").unwrap_or_default());
            Some(Self { party: party?, role })
        })?
    }
}

/// How others number a party: `wikidata` `Q668`. Shorthand: `wikidata:Q668`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    /// Whose numbering.
    pub scheme: Name,
    /// The number.
    pub value: Name,
}

impl Shape for Identifier {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        if let Value::String(text) = input {
            let parts = text.split_once(':').map(|(scheme, value)| (scheme.parse(), value.parse()));
            return match parts {
                Some((Ok(scheme), Ok(value))) => Some(Self { scheme, value }),
                _ => reader.expected("expected scheme:value such as wikidata:Q668"),
            };
        }
        reader.object(input, |identifier| {
            let (scheme, value) = (identifier.required("scheme"), identifier.required("value"));
            Some(Self { scheme: scheme?, value: value? })
        })?
    }
}

/// A change to what an event says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Where: a JSON pointer into the event's `data`; `-` ends a list (RFC 6902).
    pub pointer: Pointer,
    /// What stands there; absent: it is not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Json>,
    /// What is to stand there; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Json>,
}

impl Shape for Change {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        reader.object(input, |change| {
            let pointer = change.required::<Pointer>("pointer");
            let (old, new) = (change.optional("old"), change.optional("new"));
            let pointer = pointer?;
            if pointer.as_str().is_empty() {
                return change.reader().within("pointer", |reader| {
                    reader.expected(
                        "expected a place within data, not the whole; what did not happen is retracted",
                    )
                });
            }
            Some(Self { pointer, old, new })
        })?
    }
}

/// Any JSON but `null`, which counts as absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Json(pub Value);

impl Shape for Json {
    fn read(input: &Value, _: &mut Reader<'_>) -> Option<Self> {
        Some(Self(input.clone()))
    }
}
