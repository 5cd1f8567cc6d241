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
    let facets = given.record.facets();
    assert!(facets.parties.contains("organisation:ispr"));
    assert_eq!(
        facets.names["organisation:inter services public relations"],
        "Inter-Services Public Relations"
    );
    assert!(facets.mentions.iter().all(|mention| mention.id == Some(given.record.subject())));
}

#[test]
fn each_party_is_called_what_it_was_first_called() {
    let data = json!({ "kind": "meeting", "participants": [
        { "name": "Gen. Asim Munir", "country": "PK" },
        { "name": "U.S. Congressional Delegation", "kind": "group", "side": "Both Houses" }, "Canada"] });
    let given = nothing(Aggregate::Engagement).when("engagement.held", data);
    let facets = given.record.facets();
    assert_eq!(facets.names["person:gen asim munir"], "Gen. Asim Munir");
    assert_eq!(facets.names["group:us congressional delegation"], "U.S. Congressional Delegation");
    assert_eq!(facets.names["group:both houses"], "Both Houses");
    assert_eq!((facets.names["PK"].as_str(), facets.names["CA"].as_str()), ("Pakistan", "Canada"));
    assert_eq!(facets.parties, facets.names.into_keys().collect());
}

#[test]
fn named_from_then_on() {
    party()
        .when("party.registered", json!({ "names": "Swaziland", "kind": "state", "country": "SZ" }))
        .when("party.named", json!({ "name": "Eswatini", "occurred": "2018-04-19" }))
        .then(json!({ "name": "Eswatini", "title": "Eswatini", "names": [
            { "name": "Swaziland", "until": { "edtf": "2018-04-19" } },
            { "name": "Eswatini", "since": { "edtf": "2018-04-19" } },
        ] }))
        .lacks("/names/0/since")
        .lacks("/names/1/until");
}

#[test]
fn names_are_in_the_order_of_their_use_however_late_they_are_recorded() {
    party()
        .when("party.named", json!({ "name": "Northern League", "occurred": "1991" }))
        .when("party.named", json!({ "name": "The League", "occurred": "2018" }))
        .when("party.named", json!({ "name": "Lombard League", "occurred": "1984" }))
        .then(json!({ "name": "The League", "names": [
            { "name": "Lombard League", "since": { "edtf": "1984" }, "until": { "edtf": "1991" } },
            { "name": "Northern League", "until": { "edtf": "2018" } },
            { "name": "The League", "event": "#2" },
        ] }))
        .when("party.registered", json!({ "names": ["Autonomist League", "LAL"], "kind": "organisation" }))
        .then(json!({ "name": "The League", "names": [
            { "name": "Autonomist League", "until": { "edtf": "1984" } }, { "name": "LAL" }, {}, {}, {},
        ] }))
        .lacks("/names/1/until")
        // Nobody says when.
        .when("party.named", json!({ "name": "League for Premier" }))
        .then(json!({ "name": "League for Premier", "names": [{}, {}, {}, {}, { "until": {} }, {}] }));
}

#[test]
fn a_name_in_another_language_is_an_added_name() {
    party()
        .when("party.registered", json!({ "names": "Barrick Gold", "kind": "organisation" }))
        .when("party.named", json!({ "name": "باریک", "lang": "ur" }))
        .then(json!({ "name": "Barrick Gold", "title": "Barrick Gold", "names": [
            { "name": "Barrick Gold" }, { "name": "باریک", "lang": "ur" },
        ] }))
        .when("party.named", json!({ "name": "Barrick Mining" }))
        .then(json!({ "name": "Barrick Mining", "title": "Barrick Mining", "names": [{}, {}, {}] }));
    party()
        .when("party.registered", json!({ "names": ["Swaziland"], "lang": "en" }))
        .when("party.named", json!({ "name": "Royaume d'Eswatini", "lang": "fr" }))
        .when("party.named", json!({ "name": "Eswatini", "lang": "en-GB" }))
        .then(json!({ "name": "Eswatini", "names": [{ "name": "Swaziland", "lang": "en" }, {}, {}] }));
    party()
        .when("party.named", json!({ "name": "باریک", "lang": "ur" }))
        .when("party.named", json!({ "name": "Barrick", "lang": "en" }))
        .then(json!({ "name": "باریک", "title": "باریک" }));
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

#[test]
fn a_post_ends_with_the_leaving_that_can_end_it() {
    party()
        .when("party.appointed", json!({ "post": "Minister", "organisation": "Finance", "occurred": "2020" }))
        .when(
            "party.appointed",
            json!({ "post": "Minister", "organisation": "Commerce", "occurred": "2024-03" }),
        )
        .when("party.appointed", json!({ "post": "Minister", "organisation": "Finance", "occurred": "2015" }))
        .when("party.left_post", json!({ "post": "minister", "organisation": "Finance", "occurred": "2018" }))
        .then(json!({ "posts": [
            { "organisation": "Finance", "since": { "edtf": "2015" }, "left": { "edtf": "2018" } },
            { "organisation": "Finance", "since": { "edtf": "2020" } },
            { "organisation": "Commerce", "since": { "edtf": "2024-03" } },
        ] }))
        .lacks("/posts/1/left")
        .lacks("/posts/2/left");
}
