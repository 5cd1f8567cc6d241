//! What the calendar and the list of what is overdue have in common: what was foreseen, and how far it is.

use clap::builder::PossibleValue;
use jiff::civil::Date;
use serde_json::Value;

use crate::filters::{Parameters, push};
use crate::words;

/// What sort of things.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Which")]
pub(crate) struct Due {
    /// Only what is foreseen of these; repeatable
    #[arg(long, value_name = "SORT", value_delimiter = ',', value_parser = sorts())]
    due: Vec<String>,
}

impl Due {
    pub(crate) fn add_to(&self, query: &mut Parameters) {
        for sort in &self.due {
            push(query, "due", Some(sort));
        }
    }
}

fn sorts() -> [PossibleValue; 4] {
    [
        PossibleValue::new("engagement").help("Engagements that are expected or scheduled"),
        PossibleValue::new("commitment").help("Commitments with a day by which they are to be fulfilled"),
        PossibleValue::new("clock").help("Periods that the law or the practice of a party starts"),
        PossibleValue::new("review").help("Markings that are to be reviewed"),
    ]
}

/// What is foreseen: its title, what it is, who takes part or owes it, and its address.
pub(crate) fn what(item: &Value) -> String {
    let field = |name: &str| words::plain(&item[name]);
    let sort = match item["due"].as_str() {
        Some("review") => "marking to be reviewed".to_owned(),
        Some("clock") => String::new(),
        _ => field("aggregate"),
    };
    let kind = if item["strength"].is_null() { field("kind") } else { words::code(&item["strength"]) };
    let about = words::apart(&[sort, words::code(&item["status"]), kind, who(item)]);
    words::entry(&field("title"), &[clock(&item["clock"]), about], &field("subject"))
}

/// Who owes it, or who takes part.
fn who(item: &Value) -> String {
    let owners = words::plain(&item["owners"]);
    if owners.is_empty() { words::parties(item) } else { format!("owed by {owners}") }
}

/// Of a period that the law starts: what it is, since when it runs, and who says so.
fn clock(clock: &Value) -> String {
    if clock.is_null() {
        return String::new();
    }
    let field = |name: &str| words::plain(&clock[name]);
    let name = Some(field("name")).filter(|name| !name.is_empty()).unwrap_or_else(|| field("rule"));
    let party = field("party");
    let name = if party.is_empty() { name } else { format!("{name} ({party})") };
    let days = clock["days"].as_i64().map(words::days).unwrap_or_default();
    let after = words::code(&clock["after"]);
    let after = if after.is_empty() { after } else { format!("from {after} on {}", field("since")) };
    words::apart(&[name, format!("{days} {after}").trim().to_owned(), field("authority")])
}

/// How far something is from a day, by the days between which it is to come.
pub(crate) fn distance(item: &Value, today: Date) -> String {
    let day = |name: &str| item[name].as_str().and_then(|day| day.parse::<Date>().ok());
    let (earliest, latest) = (day("earliest"), day("latest"));
    let until = |day: Date| i64::from(today.until(day).map_or(0, |span| span.get_days()));
    match (earliest.map(until), latest.map(until)) {
        (_, Some(past)) if past < 0 => format!("{} ago", words::days(-past)),
        (_, Some(0)) => "today".to_owned(),
        (Some(1), _) => "tomorrow".to_owned(),
        (Some(begin), _) if begin > 1 => format!("in {}", words::days(begin)),
        (_, Some(left)) => format!("within {}", words::days(left)),
        (Some(_), None) => "begun".to_owned(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_foreseen_is_told_by_its_sort() {
        let dialogue = json!({"due": "engagement", "aggregate": "engagement", "subject": "engagement/1",
            "title": "Dialogue", "status": "expected", "kind": "dialogue", "names": ["Pakistan", "United States"]});
        assert_eq!(
            plain(&dialogue),
            "Dialogue\nengagement · expected · dialogue · Pakistan, United States\nengagement/1"
        );
        let clock = json!({"due": "clock", "aggregate": "instrument", "subject": "instrument/1", "title": "A treaty",
            "status": "in_force", "clock": {"name": "Registration", "party": "US", "rule": "x", "after": "in_force",
            "since": "2025-04-13", "days": 90, "authority": "Article 102"}});
        assert_eq!(
            plain(&clock),
            "A treaty\nRegistration (US) · 90 days from in force on 2025-04-13 · Article 102\nin force\ninstrument/1"
        );
        let promise = json!({"due": "commitment", "aggregate": "commitment", "subject": "commitment/1",
            "title": "To meet", "status": "open", "strength": "both_agreed", "owners": ["PK", "CA"]});
        assert_eq!(
            plain(&promise),
            "To meet\ncommitment · open · both agreed · owed by PK, CA\ncommitment/1"
        );
    }

    #[test]
    fn how_far_it_is_depends_on_the_day() {
        let june = json!({"earliest": "2025-06-01", "latest": "2025-06-30"});
        let cases = [
            ("2025-05-01", "in 31 days"),
            ("2025-05-31", "tomorrow"),
            ("2025-06-01", "within 29 days"),
            ("2025-06-30", "today"),
            ("2025-07-01", "1 day ago"),
            ("2026-08-01", "397 days ago"),
        ];
        for (today, expected) in cases {
            assert_eq!(distance(&june, today.parse().unwrap()), expected);
        }
        assert_eq!(distance(&json!({"earliest": "2025-06-01"}), "2025-07-01".parse().unwrap()), "begun");
        assert_eq!(distance(&json!({}), "2025-07-01".parse().unwrap()), "");
    }

    fn plain(item: &Value) -> String {
        crate::ink::rendered(&what(item), false)
    }
}
