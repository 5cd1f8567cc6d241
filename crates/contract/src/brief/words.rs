//! Times as people read them: `2025-04-13` is 13 April 2025.

use domain::value::{CountryCode, When};
use jiff::civil::Date;

/// The months as they are called in times put into words.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A time as known: in words, else in those of the source.
#[must_use]
pub fn of_when(when: &When) -> String {
    let words = match (&when.edtf, &when.as_stated) {
        (Some(edtf), _) => of_edtf(edtf.as_str()),
        (None, Some(stated)) => format!("“{}”", stated.as_str()),
        (None, None) => String::new(),
    };
    if when.inferred { format!("{words} (inferred)") } else { words }
}

/// A day.
#[must_use]
pub fn of_date(date: Date) -> String {
    of_edtf(&date.to_string())
}

/// Who recorded something: an agency that is named by a country's code is called as the country.
#[must_use]
pub fn of_agency(agency: &str) -> String {
    let name = agency.strip_prefix("urn:agency:").unwrap_or(agency);
    let (first, rest) = name.split_once([':', '.']).unwrap_or((name, ""));
    let country = first.to_ascii_uppercase().parse::<CountryCode>().map(CountryCode::name);
    match (country, rest) {
        (Ok(country), "") => country.as_str().to_owned(),
        (Ok(country), rest) => format!("{} ({rest})", country.as_str()),
        (Err(_), _) => name.to_owned(),
    }
}

/// An EDTF text; what there are no words for stays as it is.
#[must_use]
pub fn of_edtf(text: &str) -> String {
    if let Some(set) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return of_set(set);
    }
    match text.split_once('/') {
        Some(("..", until)) => format!("until {}", of_point(until)),
        Some((since, "..")) => format!("since {}", of_point(since)),
        Some(("", until)) => format!("up to {}", of_point(until)),
        Some((since, "")) => format!("from {}", of_point(since)),
        Some((from, to)) => format!("{} to {}", of_point(from), of_point(to)),
        None => of_point(text),
    }
}

/// Some time within a set.
fn of_set(set: &str) -> String {
    match set.split_once("..") {
        Some(("", by)) => format!("by {}", of_point(by)),
        Some((from, "")) => format!("{} or later", of_point(from)),
        Some((from, to)) => format!("between {} and {}", of_point(from), of_point(to)),
        None => set.split(',').map(|one| of_point(one.trim())).collect::<Vec<_>>().join(" or "),
    }
}

fn of_point(text: &str) -> String {
    let plain = text.trim_end_matches(['?', '~', '%']);
    let words = of_day(plain).unwrap_or_else(|| plain.to_owned());
    match text[plain.len()..].chars().next() {
        Some('~') => format!("about {words}"),
        Some('?') => format!("{words} (uncertain)"),
        Some(_) => format!("about {words} (uncertain)"),
        None => words,
    }
}

fn of_day(text: &str) -> Option<String> {
    if let Some((day, time)) = text.split_once('T') {
        return Some(format!("{}, {time}", of_day(day)?));
    }
    let mut parts = text.splitn(3, '-');
    let year = parts.next().filter(|year| year.len() == 4 && is_number(year))?;
    let Some(month) = parts.next() else { return Some(year.to_owned()) };
    let month = match month.parse::<usize>().ok()? {
        21 => "spring",
        22 => "summer",
        23 => "autumn",
        24 => "winter",
        month => MONTHS.get(month.checked_sub(1)?)?,
    };
    match parts.next() {
        Some(day) if is_number(day) => Some(format!("{} {month} {year}", day.parse::<u8>().ok()?)),
        Some(_) => None,
        None => Some(format!("{month} {year}")),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_put_into_words() {
        for (edtf, words) in [
            ("2025-04-13", "13 April 2025"),
            ("2025-06", "June 2025"),
            ("2025", "2025"),
            ("2025-21", "spring 2025"),
            ("2025-04-12/2025-04-14", "12 April 2025 to 14 April 2025"),
            ("2025-04/..", "since April 2025"),
            ("../2025", "until 2025"),
            ("2025-04-12/", "from 12 April 2025"),
            ("[..2025-09-01]", "by 1 September 2025"),
            ("[2001-09-11..]", "11 September 2001 or later"),
            ("[2025-01..2025-03]", "between January 2025 and March 2025"),
            ("[2025-01,2025-03]", "January 2025 or March 2025"),
            ("2004-06~", "about June 2004"),
            ("2004?", "2004 (uncertain)"),
            ("2004-06%", "about June 2004 (uncertain)"),
            ("2025-04-13T10:00:00Z", "13 April 2025, 10:00:00Z"),
            ("201X", "201X"),
            ("2004-XX", "2004-XX"),
            ("2004-06-XX", "2004-06-XX"),
            ("-0044", "-0044"),
        ] {
            assert_eq!(of_edtf(edtf), words);
        }
    }

    #[test]
    fn an_agency_is_called_as_its_country() {
        for (agency, words) in [
            ("urn:agency:pk", "Pakistan"),
            ("urn:agency:pk:mofa", "Pakistan (mofa)"),
            ("urn:agency:secretariat", "secretariat"),
            ("Desk", "Desk"),
        ] {
            assert_eq!(of_agency(agency), words);
        }
    }

    #[test]
    fn words_of_a_source_are_quoted_where_nothing_else_is_known() {
        let when = |json| of_when(&serde_json::from_value(json).unwrap());
        assert_eq!(when(serde_json::json!({"as_stated": "Saturday"})), "“Saturday”");
        let inferred = serde_json::json!({"edtf": "2025-06", "as_stated": "in June", "inferred": true});
        assert_eq!(when(inferred), "June 2025 (inferred)");
    }
}
