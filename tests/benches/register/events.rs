//! Events as desks record them, about a kilobyte each: the life of one dialogue, told in many variants.

use serde_json::{Value, json};
use uuid::Uuid;

/// Events in the life of a record.
pub(crate) const LIFE: usize = 5;

/// How many lives differ from each other.
pub(crate) const VARIANTS: usize = 40;

const PARTNERS: [(&str, &str); 10] = [
    ("CA", "Ottawa"),
    ("US", "Washington"),
    ("CN", "Beijing"),
    ("TR", "Ankara"),
    ("DE", "Berlin"),
    ("JP", "Tokyo"),
    ("AE", "Abu Dhabi"),
    ("GB", "London"),
    ("IR", "Tehran"),
    ("UZ", "Tashkent"),
];
const TOPICS: [&str; 7] =
    ["trade", "investment", "mining", "agriculture", "energy", "technology", "security"];

/// What happens in the life of a record, as a producer proposes it.
pub(crate) struct Life([String; LIFE]);

impl Life {
    /// The same number gives the same life.
    pub(crate) fn of(variant: usize) -> Self {
        let (country, city) = PARTNERS[variant % PARTNERS.len()];
        let topic = TOPICS[variant % TOPICS.len()];
        let date = format!("{}-{:02}-{:02}", 2015 + variant % 11, 1 + variant % 12, 1 + variant % 28);
        let data = [
            ("scheduled", scheduled(country, city, topic, &date)),
            ("participants_amended", amended(country)),
            ("held", held(country, topic, &date)),
            ("statement_issued", issued("PK", country, topic, &date)),
            ("statement_issued", issued(country, "PK", topic, &date)),
        ];
        Self(data.map(|(event, data)| format!(r#"{{"type":"engagement.{event}","data":{data},"#)))
    }

    /// One submission: the `index`th event of the life, for this record. The register mints its id.
    pub(crate) fn proposal(&self, index: usize, record: Uuid) -> String {
        format!(r#"{}"subject":"engagement/{record}"}}"#, self.0[index])
    }

    /// The whole life as one submission.
    pub(crate) fn whole(&self, record: Uuid) -> String {
        let events = (0..LIFE).map(|index| self.proposal(index, record));
        format!("[{}]", events.collect::<Vec<_>>().join(","))
    }
}

fn delegation(country: &str, role: &str) -> Value {
    json!({
        "name": format!("Delegation of {country}"), "kind": "group", "country": country, "role": role,
        "title": "Senior officials", "organisation": "Ministry of Foreign Affairs",
        "members": [
            { "name": format!("Foreign Secretary of {country}"), "kind": "person", "country": country, "role": "lead" },
            { "name": format!("Head of the desk in {country}"), "kind": "person", "country": country },
        ],
    })
}

fn scheduled(country: &str, city: &str, topic: &str, date: &str) -> Value {
    json!({
        "kind": "dialogue",
        "title": format!("Bilateral dialogue of Pakistan and {country} on {topic}"),
        "window": date,
        "place": { "name": city, "kind": "city", "country": country },
        "participants": [delegation(country, "host"), delegation("PK", "visitor")],
        "topics": [{ "code": topic, "weight": "main" }, { "code": "diplomacy", "weight": "mentioned" }],
        "notes": ["The agenda was agreed between the two desks; the draft of the joint statement is expected a week before."],
    })
}

fn amended(country: &str) -> Value {
    json!({
        "participants": [delegation(country, "host"), delegation("PK", "visitor"),
            { "name": "Chamber of Commerce", "kind": "organisation", "country": country, "role": "observer" }],
        "reason": "The chamber of commerce asked to be present during the session on trade and was admitted.",
        "notes": ["Interpretation is provided by the host; the visitors bring one interpreter of their own."],
    })
}

fn held(country: &str, topic: &str, date: &str) -> Value {
    json!({
        "occurred": date,
        "utterances": [said(country, "emphasise", topic), said("PK", "commend", topic)],
        "citations": [cited(country)],
        "notes": ["The session ran for three hours; a working lunch followed, at which no notes were taken."],
    })
}

fn issued(issuer: &str, other: &str, topic: &str, date: &str) -> Value {
    json!({
        "issuers": [{ "name": format!("Ministry of Foreign Affairs of {issuer}"), "kind": "organisation", "country": issuer }],
        "form": "statement",
        "occurred": date,
        "utterances": [said(issuer, "welcome", topic)],
        "citations": [cited(issuer), cited(other)],
    })
}

fn said(country: &str, act: &str, topic: &str) -> Value {
    json!({
        "speakers": [{ "name": format!("Foreign Secretary of {country}"), "kind": "person", "country": country }],
        "act": act,
        "about": topic,
        "text": format!("Cooperation in {topic} has grown steadily and both sides have an interest in carrying it further, \
            by exchanges of experts and by removing what stands in the way of timely approvals."),
    })
}

fn cited(country: &str) -> Value {
    json!({
        "source": format!("https://example.org/{country}/press/readout"),
        "locator": "third paragraph",
        "quote": "The two sides reviewed the whole range of their relations.",
        "via": ["the ministry's spokesperson"],
        "grade": "B2",
    })
}
