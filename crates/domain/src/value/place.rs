//! Where.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::words::words;
use super::{CountryCode, Name, Subdivision};
use crate::read::{Reader, Shape};

words! {
    /// What sort of place it is.
    pub enum PlaceKind {
        /// A building, a hall, a site.
        Venue => "venue",
        /// A city or town.
        City => "city",
        /// A province, state or wider area.
        Region => "region",
        /// A country.
        Country => "country",
    }
}

/// A place as named. Shorthand: a country's code or name, else the name of a city.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its name as stated.
    pub name: Name,
    /// What sort of place it is.
    pub kind: PlaceKind,
    /// The country that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// The subdivision that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subdivision: Option<Subdivision>,
}

impl Place {
    /// What a name alone says: a country, or else a city.
    fn named(name: Name) -> Self {
        if let Ok(country) = name.as_str().parse::<CountryCode>() {
            return Self::country(country.name(), country);
        }
        match CountryCode::named(name.as_str()) {
            Some(country) => Self::country(name, country),
            None => Self { name, kind: PlaceKind::City, country: None, subdivision: None },
        }
    }

    const fn country(name: Name, country: CountryCode) -> Self {
        Self { name, kind: PlaceKind::Country, country: Some(country), subdivision: None }
    }
}

impl Shape for Place {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        if input.is_string() {
            return Name::read(input, reader).map(Self::named);
        }
        reader.object(input, |place| {
            let name = place.required("name");
            let kind = place.optional("kind");
            let country = place.optional::<CountryCode>("country");
            let subdivision = place.optional::<Subdivision>("subdivision");
            let within = subdivision.as_ref().and_then(Subdivision::country);
            if country.is_some() && within.is_some() && country != within {
                return place.reader().within("subdivision", |reader| {
                    reader.expected("expected a subdivision of the country stated")
                });
            }
            let named = Self::named(name?);
            let kind = kind.unwrap_or(if subdivision.is_some() { PlaceKind::City } else { named.kind });
            let country = country.or(within).or(named.country);
            Some(Self { name: named.name, kind, country, subdivision })
        })?
    }
}
