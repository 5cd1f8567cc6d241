//! Footnotes.

use std::collections::BTreeSet;

use contract::brief::Passage;

use super::*;

pub(super) fn every_line_has_a_footnote(document: &Document) {
    let sections = [
        &document.they_offered,
        &document.both_agreed,
        &document.they_will_raise,
        &document.we_want,
        &document.good_news,
        &document.coming,
    ];
    let lines = sections
        .into_iter()
        .flatten()
        .chain(document.last_met.iter().map(|met| &met.line))
        .chain(document.instruments.iter().map(|one| &one.line));
    for line in lines {
        assert!(!line.notes.is_empty(), "{} has no footnote", line.text);
        for n in &line.notes {
            let note = &document.notes[usize::try_from(*n).unwrap() - 1];
            assert_eq!((note.n, note.publisher.as_deref()), (*n, Some("Arab News")));
            let is_exact = |passage: &Passage| passage.locator.is_some() && passage.grade.is_some();
            assert!(!note.passages.is_empty() && note.passages.iter().all(is_exact), "{note:?}");
        }
    }
    let sources = document.notes.iter().map(|note| &note.source).collect::<BTreeSet<_>>();
    assert_eq!(document.notes.len(), sources.len(), "one number for each source: {:#?}", document.notes);
}

#[tokio::test]
async fn every_footnote_is_referred_to() {
    for them in ["CA", "US"] {
        let document = of(&reports(), brief("PK", them)).await;
        let numbers = document.notes.iter().map(|note| note.n).collect::<Vec<_>>();
        assert_eq!(numbers, (1..=u32::try_from(numbers.len()).unwrap()).collect::<Vec<_>>());
        let json = serde_json::to_value(&document).unwrap();
        let referred = numbers_in(&json);
        assert!(numbers.iter().all(|n| referred.contains(n)), "{numbers:?} of {referred:?}");
    }
}

/// What is referred to anywhere.
fn numbers_in(value: &Value) -> BTreeSet<u32> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("notes").and_then(Value::as_array).into_iter().flatten();
            let own = own.filter_map(Value::as_u64).filter_map(|n| n.try_into().ok());
            own.chain(fields.values().flat_map(numbers_in)).collect()
        }
        Value::Array(items) => items.iter().flat_map(numbers_in).collect(),
        _ => BTreeSet::new(),
    }
}

#[tokio::test]
async fn what_is_cited_of_one_source_is_one_note() {
    let mut register = Register::default();
    let wire = subject(Source, "wire");
    register.record(
        "source.captured",
        wire,
        "OFFICIAL",
        &json!({"title": "Dispatch", "publisher": "A wire"}),
    );
    let met = |title: &str, cited: Value| json!({"kind": "call", "title": title, "participants": ["PK", "CA"], "occurred": "2025-03-01", "citations": cited});
    let at = |place: &str| json!({"source": wire, "locator": place, "via": ["Radio"]});
    let web = |place: &str| json!({"source": "https://example.org/a", "locator": place});
    let calls =
        [met("1", json!([at("p. 1"), at("p. 2"), web("top")])), met("2", json!([at("p. 2"), at("p. 3")]))];
    for (key, call) in calls.iter().enumerate() {
        register.record("engagement.held", subject(Engagement, &key.to_string()), "OFFICIAL", call);
    }
    let document = of(&register, brief("PK", "CA")).await;
    let numbers = document.last_met.iter().map(|met| &met.line.notes[..]).collect::<Vec<_>>();
    assert_eq!(numbers, [&[1, 2][..], &[1]]);
    let [dispatch, page] = &document.notes[..] else { panic!("{:#?}", document.notes) };
    let places = |note: &contract::brief::Note| {
        note.passages.iter().filter_map(|passage| passage.locator.clone()).collect::<Vec<_>>()
    };
    assert_eq!(places(dispatch), ["p. 1", "p. 2", "p. 3"]);
    assert!(dispatch.passages.iter().all(|passage| passage.via == ["Radio"]));
    assert_eq!((places(page), page.url.as_deref()), (vec!["top".to_owned()], Some("https://example.org/a")));
}

#[tokio::test]
async fn sources_that_may_not_be_seen_are_not_told_to_be_one() {
    let mut register = Register::default();
    let cable = subject(Source, "cable");
    let cable_of = json!({"title": "Cable", "publisher": "Mission"});
    register.record("source.captured", cable, "SECRET", &cable_of);
    let cited = json!([{"source": cable, "locator": "p. 1"}, {"source": cable, "locator": "p. 2"}]);
    let held =
        json!({"kind": "call", "participants": ["PK", "CA"], "occurred": "2025-03-01", "citations": cited});
    register.record("engagement.held", subject(Engagement, "1"), "OFFICIAL", &held);
    let projected = projected(&register).await;
    for (principal, notes) in [(insider(), 1), (reader("OFFICIAL", &[], "PK"), 2)] {
        let document = written(&asked(&projected, &principal, brief("PK", "CA"), None).await);
        assert_eq!(document.notes.len(), notes, "{:#?}", document.notes);
    }
}

#[tokio::test]
async fn a_section_without_lines_is_an_empty_list() {
    let reply = asked(&projected(&Register::default()).await, &insider(), brief("PK", "CA"), None).await;
    let document = crate::testing::json(&reply);
    for section in [
        "last_met",
        "they_offered",
        "we_owe",
        "both_agreed",
        "instruments",
        "they_will_raise",
        "we_want",
        "good_news",
        "coming",
        "lapsed",
        "also_open",
        "disputed",
        "notes",
        "remarks",
    ] {
        assert_eq!(document[section], json!([]), "{section}");
    }
    assert_eq!(document["more"], json!({}));
}
