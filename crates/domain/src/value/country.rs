//! Countries: ISO 3166-1 alpha-2 codes with their English names.
//!
//! Names are labels, not positions: what a source calls a state is kept as it was stated.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use super::scalar::textual;
use super::{Expected, Name, fold};

/// A country's code: assigned (`PK`) or left to users (`AA`, `QM` to `QZ`, `XA` to `XZ`, `ZZ`; so `XK`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CountryCode([u8; 2]);

impl CountryCode {
    /// The country of an English name, short or otherwise usual, however it is typed.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        static BY_NAME: LazyLock<HashMap<String, CountryCode>> = LazyLock::new(|| {
            let names = |(code, name, others): &Row| {
                let code = CountryCode::from_str(code).ok();
                let names = std::iter::once(*name).chain(others.split('|')).map(fold);
                names
                    .filter(|name| !name.is_empty())
                    .filter_map(|name| Some((name, code?)))
                    .collect::<Vec<_>>()
            };
            COUNTRIES.iter().flat_map(names).collect()
        });
        BY_NAME.get(&fold(name)).copied()
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Its short English name; of a code left to users, the code.
    #[must_use]
    pub fn name(self) -> Name {
        let name = row(self.as_str()).map_or(self.as_str(), |(_, name, _)| name);
        name.parse().expect("the table and the codes hold short names")
    }

    /// The code where a name is wanted: the side of a state.
    #[must_use]
    pub fn code_as_name(self) -> Name {
        self.as_str().parse().expect("two letters are a name")
    }
}

impl FromStr for CountryCode {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match *text.as_bytes() {
            [a, b] if is_for_users(a, b) || row(text).is_some() => Ok(Self([a, b])),
            _ => Err(Expected::new("expected an ISO 3166-1 alpha-2 code in capitals such as PK")),
        }
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Debug for CountryCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

textual!(CountryCode);

const fn is_for_users(a: u8, b: u8) -> bool {
    matches!((a, b), (b'A', b'A') | (b'Q', b'M'..=b'Z') | (b'X', b'A'..=b'Z') | (b'Z', b'Z'))
}

fn row(code: &str) -> Option<&'static Row> {
    let found = COUNTRIES.binary_search_by(|row| row.0.cmp(code)).ok()?;
    Some(&COUNTRIES[found])
}

/// Code, name, other names.
type Row = (&'static str, &'static str, &'static str);

/// In the order of the codes. Codes may be added, never taken away: what was recorded stays readable.
#[rustfmt::skip]
const COUNTRIES: &[Row] = &[
    ("AD", "Andorra", ""),
    ("AE", "United Arab Emirates", "UAE"),
    ("AF", "Afghanistan", ""),
    ("AG", "Antigua and Barbuda", ""),
    ("AI", "Anguilla", ""),
    ("AL", "Albania", ""),
    ("AM", "Armenia", ""),
    ("AO", "Angola", ""),
    ("AQ", "Antarctica", ""),
    ("AR", "Argentina", ""),
    ("AS", "American Samoa", ""),
    ("AT", "Austria", ""),
    ("AU", "Australia", ""),
    ("AW", "Aruba", ""),
    ("AX", "Åland Islands", ""),
    ("AZ", "Azerbaijan", ""),
    ("BA", "Bosnia and Herzegovina", "Bosnia"),
    ("BB", "Barbados", ""),
    ("BD", "Bangladesh", ""),
    ("BE", "Belgium", ""),
    ("BF", "Burkina Faso", ""),
    ("BG", "Bulgaria", ""),
    ("BH", "Bahrain", ""),
    ("BI", "Burundi", ""),
    ("BJ", "Benin", ""),
    ("BL", "Saint Barthélemy", ""),
    ("BM", "Bermuda", ""),
    ("BN", "Brunei Darussalam", "Brunei"),
    ("BO", "Bolivia", "Plurinational State of Bolivia"),
    ("BQ", "Bonaire, Sint Eustatius and Saba", ""),
    ("BR", "Brazil", ""),
    ("BS", "Bahamas", "The Bahamas"),
    ("BT", "Bhutan", ""),
    ("BV", "Bouvet Island", ""),
    ("BW", "Botswana", ""),
    ("BY", "Belarus", ""),
    ("BZ", "Belize", ""),
    ("CA", "Canada", ""),
    ("CC", "Cocos (Keeling) Islands", ""),
    ("CD", "Democratic Republic of the Congo", "DRC|DR Congo"),
    ("CF", "Central African Republic", ""),
    ("CG", "Congo", "Republic of the Congo"),
    ("CH", "Switzerland", ""),
    ("CI", "Côte d’Ivoire", "Ivory Coast"),
    ("CK", "Cook Islands", ""),
    ("CL", "Chile", ""),
    ("CM", "Cameroon", ""),
    ("CN", "China", "People’s Republic of China|PRC"),
    ("CO", "Colombia", ""),
    ("CR", "Costa Rica", ""),
    ("CU", "Cuba", ""),
    ("CV", "Cabo Verde", "Cape Verde"),
    ("CW", "Curaçao", ""),
    ("CX", "Christmas Island", ""),
    ("CY", "Cyprus", ""),
    ("CZ", "Czechia", "Czech Republic"),
    ("DE", "Germany", "Federal Republic of Germany"),
    ("DJ", "Djibouti", ""),
    ("DK", "Denmark", ""),
    ("DM", "Dominica", ""),
    ("DO", "Dominican Republic", ""),
    ("DZ", "Algeria", ""),
    ("EC", "Ecuador", ""),
    ("EE", "Estonia", ""),
    ("EG", "Egypt", ""),
    ("EH", "Western Sahara", ""),
    ("ER", "Eritrea", ""),
    ("ES", "Spain", ""),
    ("ET", "Ethiopia", ""),
    ("FI", "Finland", ""),
    ("FJ", "Fiji", ""),
    ("FK", "Falkland Islands (Malvinas)", ""),
    ("FM", "Micronesia", "Federated States of Micronesia"),
    ("FO", "Faroe Islands", ""),
    ("FR", "France", ""),
    ("GA", "Gabon", ""),
    ("GB", "United Kingdom", "UK|Great Britain|Britain|United Kingdom of Great Britain and Northern Ireland"),
    ("GD", "Grenada", ""),
    ("GE", "Georgia", ""),
    ("GF", "French Guiana", ""),
    ("GG", "Guernsey", ""),
    ("GH", "Ghana", ""),
    ("GI", "Gibraltar", ""),
    ("GL", "Greenland", ""),
    ("GM", "Gambia", "The Gambia"),
    ("GN", "Guinea", ""),
    ("GP", "Guadeloupe", ""),
    ("GQ", "Equatorial Guinea", ""),
    ("GR", "Greece", ""),
    ("GS", "South Georgia and the South Sandwich Islands", ""),
    ("GT", "Guatemala", ""),
    ("GU", "Guam", ""),
    ("GW", "Guinea-Bissau", ""),
    ("GY", "Guyana", ""),
    ("HK", "Hong Kong", ""),
    ("HM", "Heard Island and McDonald Islands", ""),
    ("HN", "Honduras", ""),
    ("HR", "Croatia", ""),
    ("HT", "Haiti", ""),
    ("HU", "Hungary", ""),
    ("ID", "Indonesia", ""),
    ("IE", "Ireland", ""),
    ("IL", "Israel", ""),
    ("IM", "Isle of Man", ""),
    ("IN", "India", ""),
    ("IO", "British Indian Ocean Territory", ""),
    ("IQ", "Iraq", ""),
    ("IR", "Iran", "Islamic Republic of Iran"),
    ("IS", "Iceland", ""),
    ("IT", "Italy", ""),
    ("JE", "Jersey", ""),
    ("JM", "Jamaica", ""),
    ("JO", "Jordan", ""),
    ("JP", "Japan", ""),
    ("KE", "Kenya", ""),
    ("KG", "Kyrgyzstan", ""),
    ("KH", "Cambodia", ""),
    ("KI", "Kiribati", ""),
    ("KM", "Comoros", ""),
    ("KN", "Saint Kitts and Nevis", ""),
    ("KP", "North Korea", "Democratic People’s Republic of Korea|DPRK"),
    ("KR", "South Korea", "Republic of Korea|ROK"),
    ("KW", "Kuwait", ""),
    ("KY", "Cayman Islands", ""),
    ("KZ", "Kazakhstan", ""),
    ("LA", "Laos", "Lao People’s Democratic Republic"),
    ("LB", "Lebanon", ""),
    ("LC", "Saint Lucia", ""),
    ("LI", "Liechtenstein", ""),
    ("LK", "Sri Lanka", ""),
    ("LR", "Liberia", ""),
    ("LS", "Lesotho", ""),
    ("LT", "Lithuania", ""),
    ("LU", "Luxembourg", ""),
    ("LV", "Latvia", ""),
    ("LY", "Libya", ""),
    ("MA", "Morocco", ""),
    ("MC", "Monaco", ""),
    ("MD", "Moldova", "Republic of Moldova"),
    ("ME", "Montenegro", ""),
    ("MF", "Saint Martin", ""),
    ("MG", "Madagascar", ""),
    ("MH", "Marshall Islands", ""),
    ("MK", "North Macedonia", ""),
    ("ML", "Mali", ""),
    ("MM", "Myanmar", "Burma"),
    ("MN", "Mongolia", ""),
    ("MO", "Macao", "Macau"),
    ("MP", "Northern Mariana Islands", ""),
    ("MQ", "Martinique", ""),
    ("MR", "Mauritania", ""),
    ("MS", "Montserrat", ""),
    ("MT", "Malta", ""),
    ("MU", "Mauritius", ""),
    ("MV", "Maldives", ""),
    ("MW", "Malawi", ""),
    ("MX", "Mexico", ""),
    ("MY", "Malaysia", ""),
    ("MZ", "Mozambique", ""),
    ("NA", "Namibia", ""),
    ("NC", "New Caledonia", ""),
    ("NE", "Niger", ""),
    ("NF", "Norfolk Island", ""),
    ("NG", "Nigeria", ""),
    ("NI", "Nicaragua", ""),
    ("NL", "Netherlands", "Kingdom of the Netherlands|The Netherlands"),
    ("NO", "Norway", ""),
    ("NP", "Nepal", ""),
    ("NR", "Nauru", ""),
    ("NU", "Niue", ""),
    ("NZ", "New Zealand", ""),
    ("OM", "Oman", ""),
    ("PA", "Panama", ""),
    ("PE", "Peru", ""),
    ("PF", "French Polynesia", ""),
    ("PG", "Papua New Guinea", ""),
    ("PH", "Philippines", "The Philippines"),
    ("PK", "Pakistan", "Islamic Republic of Pakistan"),
    ("PL", "Poland", ""),
    ("PM", "Saint Pierre and Miquelon", ""),
    ("PN", "Pitcairn", ""),
    ("PR", "Puerto Rico", ""),
    ("PS", "Palestine", "State of Palestine"),
    ("PT", "Portugal", ""),
    ("PW", "Palau", ""),
    ("PY", "Paraguay", ""),
    ("QA", "Qatar", ""),
    ("RE", "Réunion", ""),
    ("RO", "Romania", ""),
    ("RS", "Serbia", ""),
    ("RU", "Russia", "Russian Federation"),
    ("RW", "Rwanda", ""),
    ("SA", "Saudi Arabia", "Kingdom of Saudi Arabia|KSA"),
    ("SB", "Solomon Islands", ""),
    ("SC", "Seychelles", ""),
    ("SD", "Sudan", ""),
    ("SE", "Sweden", ""),
    ("SG", "Singapore", ""),
    ("SH", "Saint Helena, Ascension and Tristan da Cunha", ""),
    ("SI", "Slovenia", ""),
    ("SJ", "Svalbard and Jan Mayen", ""),
    ("SK", "Slovakia", ""),
    ("SL", "Sierra Leone", ""),
    ("SM", "San Marino", ""),
    ("SN", "Senegal", ""),
    ("SO", "Somalia", ""),
    ("SR", "Suriname", ""),
    ("SS", "South Sudan", ""),
    ("ST", "São Tomé and Príncipe", ""),
    ("SV", "El Salvador", ""),
    ("SX", "Sint Maarten", ""),
    ("SY", "Syria", "Syrian Arab Republic"),
    ("SZ", "Eswatini", ""),
    ("TC", "Turks and Caicos Islands", ""),
    ("TD", "Chad", ""),
    ("TF", "French Southern Territories", ""),
    ("TG", "Togo", ""),
    ("TH", "Thailand", ""),
    ("TJ", "Tajikistan", ""),
    ("TK", "Tokelau", ""),
    ("TL", "Timor-Leste", "East Timor"),
    ("TM", "Turkmenistan", ""),
    ("TN", "Tunisia", ""),
    ("TO", "Tonga", ""),
    ("TR", "Türkiye", "Turkey"),
    ("TT", "Trinidad and Tobago", ""),
    ("TV", "Tuvalu", ""),
    ("TW", "Taiwan", ""),
    ("TZ", "Tanzania", "United Republic of Tanzania"),
    ("UA", "Ukraine", ""),
    ("UG", "Uganda", ""),
    ("UM", "United States Minor Outlying Islands", ""),
    ("US", "United States", "United States of America|USA|America"),
    ("UY", "Uruguay", ""),
    ("UZ", "Uzbekistan", ""),
    ("VA", "Holy See", "Vatican"),
    ("VC", "Saint Vincent and the Grenadines", ""),
    ("VE", "Venezuela", "Bolivarian Republic of Venezuela"),
    ("VG", "British Virgin Islands", ""),
    ("VI", "United States Virgin Islands", ""),
    ("VN", "Viet Nam", "Vietnam"),
    ("VU", "Vanuatu", ""),
    ("WF", "Wallis and Futuna", ""),
    ("WS", "Samoa", ""),
    ("XK", "Kosovo", ""),
    ("YE", "Yemen", ""),
    ("YT", "Mayotte", ""),
    ("ZA", "South Africa", ""),
    ("ZM", "Zambia", ""),
    ("ZW", "Zimbabwe", ""),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn code(text: &str) -> CountryCode {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn the_codes_are_those_of_the_standard() {
        let ours = COUNTRIES.iter().map(|row| row.0).collect::<Vec<_>>();
        let theirs = celes::Country::get_countries().map(|country| country.alpha2).into_iter();
        assert!(ours.is_sorted());
        assert_eq!(ours.into_iter().collect::<BTreeSet<_>>(), theirs.collect());
    }

    #[test]
    fn no_name_stands_for_two() {
        let names =
            COUNTRIES.iter().flat_map(|(_, name, others)| std::iter::once(*name).chain(others.split('|')));
        let folded = names.filter(|name| !name.is_empty()).map(fold).collect::<Vec<_>>();
        assert_eq!(folded.iter().collect::<BTreeSet<_>>().len(), folded.len());
        for row in COUNTRIES {
            assert_eq!(CountryCode::named(row.1), Some(code(row.0)));
            assert_eq!(code(row.0).name().as_str(), row.1);
        }
    }

    #[test]
    fn codes_left_to_users_are_codes() {
        for text in ["AA", "QM", "QZ", "XA", "XZ", "ZZ"] {
            assert_eq!(code(text).name().as_str(), text);
        }
        assert_eq!(code("XK").name().as_str(), "Kosovo");
        for text in ["", "P", "pk", "Pk", "PAK", "UK", "EU", "QL", "ZY", "ÄÄ", "P K"] {
            assert!(text.parse::<CountryCode>().is_err(), "{text}");
        }
    }

    #[test]
    fn usual_names_are_known() {
        for (name, of) in [("USA", "US"), ("the Netherlands", "NL"), ("turkiye", "TR"), ("UK", "GB")] {
            assert_eq!(CountryCode::named(name), Some(code(of)));
        }
        assert_eq!(CountryCode::named("Atlantis"), None);
    }
}
