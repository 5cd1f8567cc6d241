//! Something that each field may hold.

use domain::{Aggregate, EventKind, EventName};
use serde_json::{Value, json};

/// What a field of this name may hold in an event of this type.
pub(crate) fn sample(kind: EventKind, field: &str, seed: u32) -> Value {
    let pick = |values: &[Value]| values[seed as usize % values.len()].clone();
    match field {
        "occurred" | "window" | "due" | "published" | "updated" | "review_on" | "open_for_signature" => {
            pick(&[
                json!("2025-04-13"),
                json!("2025-04"),
                json!("2025-04-14"),
                json!({ "as_stated": "Sunday" }),
                json!("[..2025-05]"),
            ])
        }
        "participants" | "signatories" => pick(&[
            json!(["CA", { "name": "PK", "role": "host" }]),
            json!([{ "name": "CA", "role": "visitor", "attendance": "absent" }]),
            json!([{ "name": "Delegation", "country": "US", "members": ["A", "B"] }]),
        ]),
        "parties" if kind.aggregate() == Aggregate::Matter => {
            pick(&[json!("CA"), json!({ "party": "PK", "role": "importer" })])
        }
        "by" | "parties" | "owners" | "beneficiaries" | "issuers" | "signed_by_sides" => pick(&[
            json!(["CA"]),
            json!(["PK", "US"]),
            json!({ "name": "Delegation", "kind": "group", "country": "US" }),
        ]),
        "party" => pick(&[json!("CA"), json!("PK")]),
        "place" => {
            pick(&[json!("Doha"), json!("PK"), json!({ "name": "Serena", "kind": "venue", "country": "PK" })])
        }
        "topics" => pick(&[json!("trade"), json!([{ "code": "trade", "weight": "main" }, "mining"])]),
        "amounts" => json!({ "value": (seed % 100).to_string(), "currency": "USD" }),
        "quantities" => json!({ "value": (seed % 100).to_string(), "unit": "t" }),
        "count" => json!(seed % 9),
        "in_part" => json!(seed.is_multiple_of(2)),
        "links" => json!({ "rel": "part_of", "to": "engagement/~visit" }),
        "utterances" => json!({ "speakers": "CA", "text": "Yes." }),
        "citations" => json!("https://example.org/report"),
        "superseded_by" | "record" => json!(format!("{}/~other", kind.aggregate())),
        "changes" => json!([
            { "pointer": "/occurred", "new": "2025-04-16" },
            { "pointer": "/notes/-", "new": "So." },
        ]),
        "event" | "restates" | "hold" => json!("~1"),
        "pointer" => json!("/occurred"),
        "alternative" | "chosen" => json!("2025-04-15"),
        _ => word(kind, field, seed),
    }
}

/// What a field that holds one word, code or name may hold.
fn word(kind: EventKind, field: &str, seed: u32) -> Value {
    let pick = |words: &[&str]| json!(words[seed as usize % words.len()]);
    match (field, kind.aggregate(), kind.event()) {
        ("kind", _, EventName::ConsentExpressed) => pick(&["ratification", "accession"]),
        ("kind", _, EventName::Amended) => pick(&["amendment", "rectification"]),
        ("kind", Aggregate::Engagement, _) => pick(&["call", "visit", "visit.state"]),
        ("kind", Aggregate::Instrument, _) => pick(&["mou", "treaty"]),
        ("kind", Aggregate::Matter, _) => pick(&["issue", "project"]),
        ("kind", Aggregate::Party, _) => pick(&["person", "organisation"]),
        ("kind", ..) => pick(&["news", "cable"]),
        ("how", _, EventName::NegotiationConcluded) => pick(&["agreed", "adopted"]),
        ("how", _, EventName::Disposed) => pick(&["transferred", "destroyed"]),
        ("how", ..) => pick(&["expired", "agreed"]),
        ("strength", ..) => pick(&["discussed", "agreed"]),
        ("mode", ..) => pick(&["phone", "video"]),
        ("binding", ..) => pick(&["yes", "no", "unknown"]),
        ("commodity", ..) => pick(&["1205", "120510"]),
        ("country", ..) => pick(&["PK"]),
        ("identifiers", ..) => pick(&["wikidata:Q1"]),
        ("language" | "lang", ..) => pick(&["en", "ur"]),
        ("sha256", ..) => pick(&["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]),
        ("url", ..) => pick(&["https://example.org/"]),
        ("level", ..) => pick(&["SECRET", "OFFICIAL"]),
        ("caveats", ..) => pick(&["EYES"]),
        ("to", ..) => pick(&["CA", "US"]),
        ("action", ..) => pick(&["review", "destroy"]),
        _ => pick(&["Words.", "Other words.", "More words."]),
    }
}
