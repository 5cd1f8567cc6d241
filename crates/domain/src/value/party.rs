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
            return Self::named(name, None, usual, reader);
        }
        reader.object(input, |party| Self::fields(usual, party))?
    }

    /// Reads a party's own fields of an object that may have others.
    pub(super) fn fields(usual: PartyKind, party: &mut Object<'_, '_, '_>) -> Option<Self> {
        let is_named = party.raw("name").is_some();
        let name = party.optional::<Name>("name");
        let kind = party.optional::<PartyKind>("kind");
        let country = party.optional::<CountryCode>("country");
        let lang = party.optional("lang");
        let id =
            party.raw("id").and_then(|id| party.reader().within("id", |reader| Identity::read(id, reader)));
        let (id, own) = id.map_or((None, None), Identity::split);
        let agrees =
            |own| kind.is_none_or(|kind| kind == PartyKind::State) && country.is_none_or(|c| c == own);
        if !own.is_none_or(agrees) {
            return party.reader().within("id", |reader| {
                reader.expected("expected party/<uuid> or party/~KEY: a code is a state's, and its country's")
            });
        }
        let kind = kind.or(own.and(Some(PartyKind::State)));
        let read = match (name, kind, country.or(own)) {
            (None, ..) if is_named => return None,
            // Not a group without a name: that is never the state.
            (None, None, Some(code)) if usual != PartyKind::Group => Self::state(code),
            (None, Some(PartyKind::State), Some(code)) => Self::state(code),
            (None, ..) => return party.reader().within("name", |reader| reader.expected("is required")),
            (Some(name), None, country) => Self::named(name, country, usual, party.reader())?,
            (Some(name), Some(kind), country) => Self::of_kind(name, kind, country, party.reader())?,
        };
        Some(Self { id, lang, ..read })
    }

    /// What a name says of which no kind is stated.
    fn named(
        name: Name,
        country: Option<CountryCode>,
        usual: PartyKind,
        reader: &mut Reader<'_>,
    ) -> Option<Self> {
        let text = name.as_str();
        let agrees = |state: &CountryCode| country.is_none_or(|country| country == *state);
        if let Some(state) = text.parse().ok().filter(agrees) {
            return Some(Self::state(state));
        }
        if let Some(state) = CountryCode::named(text).filter(agrees) {
            return Some(Self::plain(name, PartyKind::State, Some(state)));
        }
        if is_code_like(text) && !is_reserved(text) {
            return reader.expected(format!(
                "“{text}” is no ISO 3166-1 alpha-2 code in capitals; for another party state its kind"
            ));
        }
        if text.starts_with("party/") {
            return reader.expected("expected the party's name as stated, beside its id");
        }
        let is_organisation = is_reserved(text) || is_acronym(text);
        let kind = if is_organisation { PartyKind::Organisation } else { usual };
        Some(Self::plain(name, kind, country))
    }

    /// A state needs a code: the one stated, else the one its name stands for.
    fn of_kind(
        name: Name,
        kind: PartyKind,
        country: Option<CountryCode>,
        reader: &mut Reader<'_>,
    ) -> Option<Self> {
        if kind != PartyKind::State {
            return Some(Self::plain(name, kind, country));
        }
        match country.or_else(|| CountryCode::named(name.as_str())) {
            Some(code) => Some(Self::plain(name, kind, Some(code))),
            None => reader.within("country", |reader| {
                reader.expected("expected the ISO 3166-1 alpha-2 code that a state is known by")
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

    const fn split(self) -> (Option<Subject>, Option<CountryCode>) {
        match self {
            Self::Record(subject) => (Some(subject), None),
            Self::State(code) => (None, Some(code)),
        }
    }
}

/// Two letters in one case: meant as a code.
/// The keys that a party may have, as people write it: a state by code or name, others by name, anyone by key.
#[must_use]
pub fn party_keys(written: &str) -> Vec<String> {
    let written = written.trim();
    if let Ok(code) = written.to_ascii_uppercase().parse::<CountryCode>() {
        return vec![code.to_string()];
    }
    if let Some((kind, name)) = written.split_once(':') {
        return vec![format!("{kind}:{}", fold(name))];
    }
    let state = CountryCode::named(written).map(|code| code.to_string());
    let name = fold(written);
    let others = ["organisation", "person", "group"].map(|kind| format!("{kind}:{name}"));
    state.into_iter().chain(others).collect()
}

fn is_code_like(text: &str) -> bool {
    let all = |is: fn(&u8) -> bool| text.as_bytes().iter().all(is);
    text.len() == 2 && (all(u8::is_ascii_uppercase) || all(u8::is_ascii_lowercase))
}

/// Reserved in ISO 3166-1 for an organisation.
fn is_reserved(text: &str) -> bool {
    matches!(text, "EU" | "UN")
}

/// One word in capitals, three letters or more: `ISPR`, `NATO`.
fn is_acronym(text: &str) -> bool {
    text.len() >= 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::reading::{mistakes, normal, read};

    fn party(input: Value) -> PartyRef {
        read(&input).unwrap_or_else(|mistakes| panic!("{input}: {mistakes:?}")).0
    }

    #[test]
    fn a_text_says_what_it_is() {
        for (text, name, kind, key) in [
            ("CA", "Canada", PartyKind::State, "CA"),
            ("Canada", "Canada", PartyKind::State, "CA"),
            ("UK", "UK", PartyKind::State, "GB"),
            ("XK", "Kosovo", PartyKind::State, "XK"),
            ("EU", "EU", PartyKind::Organisation, "organisation:eu"),
            ("ISPR", "ISPR", PartyKind::Organisation, "organisation:ispr"),
            ("Xi", "Xi", PartyKind::Person, "person:xi"),
            ("Tarik Ali Khan", "Tarik Ali Khan", PartyKind::Person, "person:tarik ali khan"),
        ] {
            let party = party(json!(text));
            assert_eq!((party.name.as_str(), party.kind, party.key().as_str()), (name, kind, key), "{text}");
        }
    }

    #[test]
    fn what_is_stated_goes_before_what_a_name_says() {
        let person = json!({"name": "Jordan", "kind": "person", "country": "US"});
        assert_eq!(normal::<PartyRef>(&person), person);
        assert_eq!(normal::<PartyRef>(&json!({"name": "Jordan", "country": "US"})), person);
        let state = json!({"name": "Islamabad", "kind": "state", "country": "PK", "lang": "en"});
        assert_eq!(normal::<PartyRef>(&state), state);
    }

    #[test]
    fn a_state_is_its_code_however_it_is_given() {
        let canada = json!({"name": "Canada", "kind": "state", "country": "CA"});
        for input in [
            json!({"name": "Canada", "kind": "state"}),
            json!({"name": "Canada", "id": "CA"}),
            json!({"name": "CA"}),
            json!({"country": "CA"}),
            json!({"id": "CA", "kind": "state"}),
        ] {
            assert_eq!(normal::<PartyRef>(&input), canada, "{input}");
        }
    }

    #[test]
    fn a_party_on_record_is_a_reference() {
        let (party, references) =
            read::<PartyRef>(&json!({"name": "Asim Munir", "id": "party/~munir"})).unwrap();
        assert_eq!((party.id, party.kind), (Some(references[0].to), PartyKind::Person));
    }

    #[test]
    fn what_is_no_party_is_named() {
        for (input, place) in [
            (json!("ca"), ""),
            (json!("QA1\u{0}"), ""),
            (json!("YU"), ""),
            (json!("party/~munir"), ""),
            (json!(7), ""),
            (json!({}), "/name"),
            (json!({"kind": "group", "country": "US"}), "/name"),
            (json!({"name": "Ruritania", "kind": "state"}), "/country"),
            (json!({"name": "Munir", "kind": "person", "id": "PK"}), "/id"),
            (json!({"name": "Munir", "id": "engagement/~a"}), "/id"),
            (json!({"name": "Munir", "nationality": "PK"}), "/nationality"),
        ] {
            let mistakes = mistakes::<PartyRef>(&input);
            assert_eq!(mistakes.len(), 1, "{input}: {mistakes:?}");
            assert!(mistakes[0].starts_with(&format!("{place}: ")), "{input}: {mistakes:?}");
        }
    }
}
