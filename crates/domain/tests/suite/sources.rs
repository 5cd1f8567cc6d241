use domain::Aggregate;
use serde_json::json;

use crate::given::{Given, nothing};

fn captured() -> Given {
    nothing(Aggregate::Source).when("source.captured", json!({
        "kind": "news", "publisher": "Arab News", "title": "Talks", "updated": "2025-04-13", "language": "en",
    }))
}

#[test]
fn captured_is_dated_by_its_publication() {
    let given = captured().then(json!({ "status": "captured", "title": "Talks", "kind": "news" }));
    assert_eq!(given.record.valid_time().and_then(|span| span.latest), Some(jiff::civil::date(2025, 4, 13)));
    given.without(&["citations"]);
}

#[test]
fn captured_needs_something_to_find_it_by() {
    nothing(Aggregate::Source).refuses(
        "source.captured",
        json!({ "kind": "news" }),
        &[("", "one of title, url, sha256")],
    );
}

#[test]
fn revised() {
    captured().when("source.revised", json!({ "updated": "2025-04-14", "title": "Talks held" })).then(json!({
        "status": "revised", "title": "Talks held", "revisions": [{ "title": "Talks held", "event": "#2" }],
    }));
}

#[test]
fn withdrawn() {
    captured()
        .when("source.withdrawn", json!({ "reason": "In error." }))
        .then(json!({ "status": "withdrawn" }));
}
