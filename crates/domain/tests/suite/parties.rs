use domain::Aggregate;
use serde_json::json;

use crate::given::{Given, nothing};

fn party() -> Given {
    nothing(Aggregate::Party)
}

#[test]
fn registered_under_its_names() {
    let given = party()
        .when(
            "party.registered",
            json!({ "names": ["Inter-Services Public Relations", "ISPR"], "kind": "organisation",
            "country": "PK", "identifiers": "wikidata:Q1" }),
        )
        .then(json!({
            "status": "registered", "title": "Inter-Services Public Relations",
            "names": [{ "name": "Inter-Services Public Relations", "event": "#1" }, { "name": "ISPR" }],
            "identifiers": [{ "scheme": "wikidata", "value": "Q1" }],
        }));
    assert!(given.record.facets().parties.contains("organisation:ispr"));
}

#[test]
fn named_from_then_on() {
    party()
        .when("party.registered", json!({ "names": "Swaziland", "kind": "state", "country": "SZ" }))
        .when("party.named", json!({ "name": "Eswatini", "lang": "en", "occurred": "2018-04-19" }))
        .then(json!({ "name": "Eswatini", "title": "Eswatini", "names": [
            { "name": "Swaziland" }, { "name": "Eswatini", "lang": "en", "since": { "edtf": "2018-04-19" } },
        ] }));
}

#[test]
fn posts_are_taken_up_and_left() {
    party()
        .when("party.registered", json!({ "names": "Jam Kamal Khan", "kind": "person" }))
        .when(
            "party.appointed",
            json!({ "post": "Minister", "organisation": "Commerce", "occurred": "2024-03" }),
        )
        .then(json!({ "posts": [{ "post": "Minister", "since": { "edtf": "2024-03" } }] }))
        .when("party.left_post", json!({ "post": "minister", "occurred": "2025-10" }))
        .then(json!({ "posts": [{ "post": "Minister", "left": { "edtf": "2025-10" }, "event": "#2" }] }))
        .without(&["anomalies"]);
}

#[test]
fn left_post_alone_says_that_it_was_held() {
    party()
        .when("party.left_post", json!({ "post": "Envoy" }))
        .then(json!({ "posts": [{ "post": "Envoy", "left": {} }] }));
}
