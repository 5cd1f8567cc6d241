//! Who: a state, an organisation, a person or a group, as named.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::scalar::text;
use super::words::words;
use super::{CountryCode, Lang, Name, fold};
use crate::read::{Object, Reader, Shape};
use crate::{Aggregate, Subject};

words! {
    /// What a party is.
    pub enum PartyKind {
        /// A state; known by its ISO 3166-1 alpha-2 code.
        State => "state",
        /// A ministry, company, alliance, institution.
        Organisation => "organisation",
        /// A human being.
        Person => "person",
        /// A delegation, or people who have no name in common.
        Group => "group",
    }
}

/// A party as named.
///
/// Shorthand: a text. It is a state by its code (`CA`) or English name (`Canada`); the organisation that ISO
/// 3166-1 reserves `EU` and `UN` for; an organisation if it is one word in capitals (`ISPR`); else a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PartyRef {
    /// The name as stated.
    pub name: Name,
    /// What it is.
    pub kind: PartyKind,
    /// The record of the party; absent: found by name when read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Subject>,
    /// The country it belongs to; of a state, itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// The language of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<Lang>,
}

impl PartyRef {
    /// A state by its code.
    #[must_use]
    pub fn state(country: CountryCode) -> Self {
        Self::plain(country.name(), PartyKind::State, Some(country))
    }

    /// What parties are looked up by: a state's code, else `<kind>:<folded name>`.
    #[must_use]
    pub fn key(&self) -> String {
        match (self.kind, self.country) {
            (PartyKind::State, Some(country)) => country.to_string(),
            _ => format!("{}:{}", self.kind, fold(self.name.as_str())),
        }
    }

    /// Reads a party that, if nothing else is said, is a `usual`.
    pub fn read_as(usual: PartyKind, input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        if input.is_string() {
            let name = Name::read(input, reader)?;
            return Self::named(name, usual, reader);
        }
        reader.object(input, |party| Self::fields(usual, party))?
    }

    /// Reads a party's own fields of an object that may have others.
    pub(super) fn fields(usual: PartyKind, party: &mut Object<'_, '_, '_>) -> Option<Self> {
        let is_named = party.raw("name").is_some();
        let name = party.optional::<Name>("name");
        let kind = party.optional("kind");
        let id =
            party.raw("id").and_then(|id| party.reader().within("id", |reader| Identity::read(id, reader)));
        let country = party.optional("country");
        let lang = party.optional("lang");
        let (id, own) = match id {
            Some(Identity::Record(subject)) => (Some(subject), None),
            Some(Identity::State(code)) => (None, Some(code)),
            None => (None, None),
        };
        let country: Option<CountryCode> = country.or(own);
        if !is_named {
            return match (kind, country) {
                (None | Some(PartyKind::State), Some(code)) => Some(Self { id, lang, ..Self::state(code) }),
                _ => party.reader().within("name", |reader| reader.expected("is required")),
            };
        }
        let stated = Self { name: name?, kind: kind.unwrap_or(PartyKind::Person), id, country, lang };
        match kind {
            Some(PartyKind::State) => stated.with_own_code(party.reader()),
            Some(_) => Some(stated),
            None if own.is_some() => Some(Self { kind: PartyKind::State, ..stated }),
            None => {
                let named = Self::named(stated.name.clone(), usual, party.reader())?;
                let agrees = stated.country.is_none() || stated.country == named.country;
                let kind =
                    if agrees || named.kind != PartyKind::State { named.kind } else { PartyKind::Person };
                Some(Self { kind, country: stated.country.or(named.country), ..stated })
            }
        }
    }

    /// What a name alone says.
    fn named(name: Name, usual: PartyKind, reader: &mut Reader<'_>) -> Option<Self> {
        let text = name.as_str();
        if let Ok(code) = text.parse::<CountryCode>() {
            return Some(Self::state(code));
        }
        if let Some(country) = CountryCode::named(text) {
            return Some(Self::plain(name, PartyKind::State, Some(country)));
        }
        if matches!(text, "EU" | "UN") {
            return Some(Self::plain(name, PartyKind::Organisation, None));
        }
        if is_code_like(text) {
            return reader.expected(format!(
                "“{text}” is no ISO 3166-1 alpha-2 code (upper case); another party needs its kind: \
                 {{\"name\": …, \"kind\": …}}"
            ));
        }
        if text.starts_with("party/") {
            return reader
                .expected("a party by its record needs its name as stated: {\"name\": …, \"id\": …}");
        }
        let kind = if is_acronym(text) { PartyKind::Organisation } else { usual };
        Some(Self::plain(name, kind, None))
    }

    /// A state needs a code: the one stated, else the one its name stands for.
    fn with_own_code(self, reader: &mut Reader<'_>) -> Option<Self> {
        match self.country.or_else(|| CountryCode::named(self.name.as_str())) {
            Some(country) => Some(Self { country: Some(country), ..self }),
            None => reader.within("country", |reader| {
                reader.expected("a state is known by its ISO 3166-1 alpha-2 code")
            }),
        }
    }

    const fn plain(name: Name, kind: PartyKind, country: Option<CountryCode>) -> Self {
        Self { name, kind, id: None, country, lang: None }
    }
}

impl Shape for PartyRef {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        Self::read_as(PartyKind::Person, input, reader)
    }
}

/// What an `id` may be on input.
enum Identity {
    State(CountryCode),
    Record(Subject),
}

impl Identity {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        if let Ok(code) = text(input, reader)?.trim().parse() {
            return Some(Self::State(code));
        }
        let subject = Subject::read(input, reader)?;
        if subject.aggregate != Aggregate::Party {
            return reader.expected("expected party/<uuid>, party/~KEY or an ISO 3166-1 alpha-2 code");
        }
        Some(Self::Record(subject))
    }
}

/// Two letters in one case: meant as a code.
fn is_code_like(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 2 && (bytes.iter().all(u8::is_ascii_uppercase) || bytes.iter().all(u8::is_ascii_lowercase))
}

/// One word in capitals, three letters or more: `ISPR`, `NATO`.
fn is_acronym(text: &str) -> bool {
    text.len() >= 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}
