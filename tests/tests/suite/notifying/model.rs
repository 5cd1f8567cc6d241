//! What is recorded, who subscribes to what, and what each is to hear of.

use std::collections::BTreeSet;

use contract::Principal;
use contract::subscription::Stored;
use serde_json::{Value, json};
use system_tests::{AGENCY, principal};
use uuid::Uuid;

/// Events of one record.
const OF_RECORD: u64 = 10;

const COUNTRIES: [&str; 12] = ["CA", "US", "FR", "DE", "GB", "IT", "JP", "TR", "IR", "AF", "CN", "AE"];

/// Markings, and which of the readers sees what bears them: by level, and by to whom it may be released.
const MARKINGS: [(&str, [bool; 4]); 5] = [
    ("OFFICIAL", [true, true, true, true]),
    ("OFFICIAL-SENSITIVE", [true, false, true, true]),
    ("SECRET", [true, false, true, false]),
    ("SECRET//REL CA,PK", [true, false, true, false]),
    ("OFFICIAL//REL NONE", [true, false, false, false]),
];

/// In the order of the columns above.
fn readers() -> [Principal; 4] {
    let of = |party: &str, level: &str| Principal {
        level: level.into(),
        ..principal(&format!("urn:agency:{}", party.to_lowercase()), party)
    };
    [principal(AGENCY, "PK"), of("US", "OFFICIAL"), of("CA", "SECRET"), of("FR", "OFFICIAL-SENSITIVE")]
}

/// A number's place in a list of so many.
fn nth(number: u64, count: usize) -> usize {
    usize::try_from(number % count as u64).expect("below a count")
}

/// What an event is about; it follows from its record.
struct About {
    record: u64,
    is_matter: bool,
    country: &'static str,
    marking: &'static str,
    sees: [bool; 4],
}

fn about(number: u64) -> About {
    let record = number / OF_RECORD;
    // Whatever of a record follows from its number follows from other bits of it.
    let mixed = record.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let (marking, sees) = MARKINGS[nth(mixed >> 50, MARKINGS.len())];
    About {
        record,
        is_matter: record.is_multiple_of(3),
        country: COUNTRIES[nth(mixed >> 30, COUNTRIES.len())],
        marking,
        sees,
    }
}

/// The event of a number.
pub(super) fn event(number: u64) -> Value {
    let About { record, is_matter, country, marking, .. } = about(number);
    let month = format!("20{:02}-{:02}", number % 90 + 10, number % 12 + 1);
    let (kind, subject, data) = if is_matter {
        let data = json!({
            "kind": "trade_flow", "title": format!("Flow {record}"), "status": "moved", "occurred": month,
            "parties": [{"party": country, "role": "exporter"}, {"party": "PK", "role": "importer"}],
            "topics": ["trade"], "description": format!("Shipment {number}"),
        });
        ("matter.development_recorded", format!("matter/~{record}"), data)
    } else {
        let data = json!({
            "kind": "dialogue", "title": format!("Dialogue {record}"), "window": month,
            "participants": [country, "PK"], "topics": ["trade"], "notes": [format!("Put off by {number}")],
        });
        ("engagement.scheduled", format!("engagement/~{record}"), data)
    };
    let mut event = json!({"id": format!("n/{number}"), "type": kind, "subject": subject, "data": data});
    if number.is_multiple_of(OF_RECORD) {
        event["marking"] = json!(marking);
    }
    event
}

/// The number of an event by its id.
pub(super) fn number(id: &str) -> u64 {
    id.strip_prefix("n/").and_then(|number| number.parse().ok()).expect("an event of this test")
}

/// One of fifty.
pub(super) struct Subscriber {
    pub(super) nth: usize,
    pub(super) id: Uuid,
    reader: usize,
}

impl Subscriber {
    pub(super) fn all() -> Vec<Self> {
        (0..50).map(|nth| Self { nth, id: Uuid::new_v4(), reader: nth / 4 % 4 }).collect()
    }

    pub(super) fn path(&self) -> String {
        format!("/{}", self.nth)
    }

    /// Its endpoint takes its time.
    pub(super) fn is_slow(&self) -> bool {
        (10..15).contains(&self.nth)
    }

    /// Its endpoint fails for a while.
    pub(super) fn is_failing(&self) -> bool {
        (20..30).contains(&self.nth)
    }

    /// Its endpoint wants nothing more after some.
    pub(super) fn is_gone(&self) -> bool {
        [32, 36].contains(&self.nth)
    }

    fn country(&self) -> &'static str {
        COUNTRIES[self.nth % COUNTRIES.len()]
    }

    fn filter(&self) -> Value {
        let country = self.country();
        match self.nth {
            0 | 7 => json!({}),
            nth => match nth % 4 {
                0 => json!({"party": [country]}),
                1 => json!({"country": [country], "aggregate": ["matter"]}),
                2 => json!({"type": ["engagement.scheduled"], "party": [country]}),
                _ => json!({"level": ["SECRET", "OFFICIAL"], "party": [country], "topic": ["trade"]}),
            },
        }
    }

    fn wants(&self, about: &About) -> bool {
        let of_country = about.country == self.country();
        match self.nth {
            0 | 7 => true,
            nth => match nth % 4 {
                0 => of_country,
                1 => of_country && about.is_matter,
                2 => of_country && !about.is_matter,
                _ => of_country && !about.marking.starts_with("OFFICIAL-SENSITIVE"),
            },
        }
    }

    /// What of these it is to hear of, in their order.
    pub(super) fn among(&self, numbers: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let is_for = |number: &u64| {
            let about = about(*number);
            about.sees[self.reader] && self.wants(&about)
        };
        numbers.into_iter().filter(is_for).collect()
    }

    pub(super) fn stored(&self, base: &str) -> Stored {
        let reader = &readers()[self.reader];
        let stored = json!({
            "id": self.id, "owner": reader.agency, "filter": self.filter(), "after": 0,
            "channel": {"type": "webhook", "url": format!("{base}{}", self.path())},
            "created": "2026-01-01T00:00:00Z", "created_by": "manager", "changed": "2026-01-01T00:00:00Z",
            "reader": reader.cleared(), "keys": [{"secret": super::endpoints::SECRET}],
        });
        serde_json::from_value(stored).expect("a subscription")
    }
}

#[test]
fn subscribers_differ_and_most_have_something_to_hear() {
    let heard = Subscriber::all().iter().map(|subscriber| subscriber.among(0..3_000)).collect::<Vec<_>>();
    assert!(heard.iter().filter(|heard| !heard.is_empty()).count() > 40);
    assert!(heard.iter().collect::<BTreeSet<_>>().len() > 30);
    let all = Subscriber::all();
    for subscriber in all.iter().filter(|subscriber| subscriber.is_gone()) {
        assert!(heard[subscriber.nth].len() > 20, "{}", subscriber.nth);
    }
}
