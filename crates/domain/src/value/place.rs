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
            let name = place.required::<Name>("name");
            let kind = place.optional("kind");
            let country = place.optional::<CountryCode>("country");
            let subdivision = place.optional::<Subdivision>("subdivision");
            let within = subdivision.as_ref().and_then(Subdivision::country);
            if country.is_some() && within.is_some() && country != within {
                return place.reader().within("subdivision", |reader| {
                    reader.expected("expected a subdivision of the country stated")
                });
            }
            let (name, country) = (name?, country.or(within));
            let named = Self::named(name.clone());
            if kind.is_none() && (country.is_none() || country == named.country) {
                return Some(Self { subdivision, ..named });
            }
            Some(Self { name, kind: kind.unwrap_or(PlaceKind::City), country, subdivision })
        })?
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::reading::{mistakes, normal};

    #[test]
    fn a_name_is_a_country_or_a_city() {
        assert_eq!(normal::<Place>(&json!("Rawalpindi")), json!({"name": "Rawalpindi", "kind": "city"}));
        assert_eq!(
            normal::<Place>(&json!("PK")),
            json!({"name": "Pakistan", "kind": "country", "country": "PK"})
        );
        assert_eq!(normal::<Place>(&json!({"name": "Canada"}))["country"], "CA");
    }

    #[test]
    fn a_subdivision_says_the_country() {
        assert_eq!(
            normal::<Place>(&json!({"name": "Reko Diq", "kind": "venue", "subdivision": "PK-BA"})),
            json!({"name": "Reko Diq", "kind": "venue", "country": "PK", "subdivision": "PK-BA"})
        );
        let wrong = json!({"name": "Quetta", "country": "CA", "subdivision": "PK-BA"});
        assert_eq!(mistakes::<Place>(&wrong), ["/subdivision: expected a subdivision of the country stated"]);
    }

    #[test]
    fn a_city_may_be_called_like_another_country() {
        let city = json!({"name": "Lebanon", "kind": "city", "country": "US"});
        assert_eq!(normal::<Place>(&json!({"name": "Lebanon", "country": "US"})), city);
    }
}
