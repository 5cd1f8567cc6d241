//! Reports of other shapes, told with the same vocabulary; and what correcting one shows.

use serde_json::{Value, json};
use system_tests::{Client, holds, principal};

use crate::{record, whole};

#[tokio::test]
async fn a_dialogue_postponed_twice_and_moved_is_held_in_the_other_city() {
    let system = whole().await;
    let client = system.client();
    record(&client, "stories/postponed-dialogue").await;
    let shows = json!({
        "status": "held", "place": {"name": "New Delhi"}, "occurred": {"edtf": "2018-09-06"},
        "window": {"edtf": "2018-09-06"}, "first_window": {"edtf": "2018-04"}, "anomalies": null,
    });
    let dialogue = client.find("engagements", "party=US&party=IN&kind=dialogue", &shows).await;
    let postponed = history(&client, &dialogue).await;
    let postponed =
        postponed.iter().filter(|item| item["event"]["type"] == "chancery.engagement.postponed.v1");
    assert_eq!(postponed.count(), 2);
}

#[tokio::test]
async fn two_readouts_that_disagree_stand_side_by_side() {
    let system = whole().await;
    let client = system.client();
    record(&client, "stories/two-readouts").await;
    let call = client.find("engagements", "party=US&party=CN&kind=call", &json!({"status": "held"})).await;
    // The first report stands until somebody adjudicates; the other is shown beside it.
    assert_eq!(call["occurred"]["edtf"], "2021-09-09");
    let contest = json!({"contests": [{
        "pointer": "*/occurred*",
        "standing": {"value": {"edtf": "2021-09-09"}}, "alternatives": [{"value": {"edtf": "2021-09-10"}}],
    }]});
    assert!(holds(&call, &contest), "{call:#}");
}

#[tokio::test]
async fn a_retracted_readout_leaves_the_call_as_it_was_before() {
    let system = whole().await;
    let client = system.client();
    record(&client, "stories/retracted-readout").await;
    let shows =
        json!({"status": "scheduled", "occurred": null, "retractions": [{"reason": "*did not take place*"}]});
    let call = client.find("engagements", "party=FR&party=CA", &shows).await;
    let history = history(&client, &call).await;
    let held = history.iter().find(|item| item["event"]["type"] == "chancery.engagement.held.v1");
    let (held, retracted) = (held.expect("nothing is removed"), history.last().expect("it has events"));
    assert_eq!(held["retracted_by"], retracted["uid"], "{held:#}");
}

#[tokio::test]
async fn six_parties_sit_at_one_table() {
    let system = whole().await;
    let client = system.client();
    record(&client, "stories/six-party-summit").await;
    let six = "party=CN&party=JP&party=KP&party=KR&party=RU&party=US";
    let shows = json!({"participants": [{}, {}, {}, {}, {}, {}], "place": {"name": "Beijing"}});
    client.find("engagements", six, &shows).await;
    client.find("commitments", six, &json!({"owners": [{}, {}, {}, {}, {}, {}]})).await;
    let during = client.list("engagements", &format!("{six}&from=2003-08-28&to=2003-08-28")).await;
    assert_eq!(during.len(), 1);
    assert!(client.list("engagements", &format!("{six}&from=2003-09")).await.is_empty());
    let timeline = client.get("/v1/timeline?party=KP&party=RU&order=oldest").await.ok();
    assert!(holds(&timeline, &json!({"items": [{"aggregate": "engagement"}, {"aggregate": "commitment"}]})));
}

#[tokio::test]
async fn each_party_of_a_treaty_consents_on_a_date_of_its_own() {
    let system = whole().await;
    let client = system.client();
    record(&client, "stories/per-party-consents").await;
    let treaty = client.find("instruments", "party=JP&kind=agreement", &json!({"status": "in_force"})).await;
    let history = history(&client, &treaty).await;
    let consents =
        history.iter().filter(|item| item["event"]["type"] == "chancery.instrument.consent_expressed.v1");
    let dates = consents.map(|item| item["event"]["data"]["occurred"]["edtf"].clone()).collect::<Vec<_>>();
    let expected =
        ["2018-06-28", "2018-07-06", "2018-07-19", "2018-10-25", "2018-10-29", "2018-10-31", "2018-11-15"];
    assert_eq!(dates, expected);
    let shows = json!({"standing": [
        {"party": {"country": "MX"}, "consent": {"occurred": {"edtf": "2018-06-28"}}},
        {"party": {"country": "VN"}, "consent": {"occurred": {"edtf": "2018-11-15"}}},
    ]});
    assert!(holds(&treaty, &shows), "{treaty:#}");
}

#[tokio::test]
async fn a_trade_flow_stops_starts_and_stops() {
    let system = whole().await;
    let client = system.client();
    record(&client, "stories/trade-flow").await;
    let flow = client.find("matters", "party=UA&kind=trade_flow", &json!({"commodity": "1001"})).await;
    let course = flow["developments"].as_array().expect("it has developments").iter();
    let course = course.map(|development| development["status"].clone()).collect::<Vec<_>>();
    assert_eq!(course, ["running", "suspended", "resumed", "suspended"]);
}

#[tokio::test]
async fn other_languages_and_scripts_are_kept_as_they_are() {
    let system = whole().await;
    let client = system.client();
    record(&client, "stories/urdu-and-french").await;
    let french = client.find("sources", "text=rencontre", &json!({"language": "fr"})).await;
    assert!(holds(&french, &json!({"links": [{"rel": "translation_of"}]})));
    client.find("sources", "text=%D8%AA%D8%AC%D8%A7%D8%B1%D8%AA%DB%8C", &json!({"language": "ur"})).await;
    let shows = json!({"utterances": [
        {"lang": "fr", "text": "Le Canada tient à des échanges prévisibles."},
        {"lang": "ur", "text": "پاکستان کینیڈا کی سرمایہ کاری کا خیرمقدم کرتا ہے۔"},
    ]});
    client.find("engagements", "country=PK&topic=trade", &shows).await;
}

#[tokio::test]
async fn a_corrected_name_shows_what_it_replaced() {
    let system = whole().await;
    let client = system.client();
    record(&client, "report-a").await;
    let visit = client.find("engagements", "party=US&kind=visit", &json!({})).await;
    assert_eq!(second_member(&visit), "Thomas Souzzi");
    let correction = json!({
        "type": "engagement.corrected", "subject": visit["subject"],
        "data": {
            "event": "~report-a/visit", "reason": "Misspelt in the report", "authority": "House of Representatives",
            "changes": [{
                "pointer": "/participants/0/members/1/name", "old": "Thomas Souzzi", "new": "Thomas Suozzi",
            }],
        },
    });
    let position = client.submit(&correction).await.position();
    let path = format!("/v1/engagements/{}", visit["id"].as_str().expect("an id"));
    let after = client.get(&format!("{path}?min_position={position}")).await.ok();
    assert_eq!(second_member(&after), "Thomas Suozzi");
    let shows = json!({"corrections": [{
        "pointer": "/participants/0/members/1/name", "old": "Thomas Souzzi", "new": "Thomas Suozzi",
        "reason": "Misspelt in the report", "authority": "House of Representatives",
    }]});
    assert!(holds(&after, &shows), "{after:#}");
    let history = history(&client, &visit).await;
    let first = history.first().expect("it has events");
    assert_eq!(second_member(&first["event"]["data"]), "Thomas Souzzi", "history is what was recorded");
    assert!(holds(first, &json!({"corrected_by": [history[1]["uid"]]})), "{first:#}");
    let found = client.list("engagements", "party=Thomas%20Suozzi").await;
    assert_eq!(found.len(), 1, "it is found by the right name");
}

#[tokio::test]
async fn an_agency_gives_its_own_account_and_leaves_those_of_others_alone() {
    let system = whole().await;
    let ours = system.client();
    record(&ours, "stories/two-readouts").await;
    let call = ours.find("engagements", "party=US&party=CN&kind=call", &json!({})).await;
    let first = &history(&ours, &call).await[0]["uid"];

    let theirs = system.client_as(&principal("urn:agency:ca", "CA"));
    let of_call = |kind: &str, data: Value| json!({"type": kind, "subject": call["subject"], "data": data});
    for kind in ["engagement.corrected", "engagement.retracted"] {
        let mut data = json!({"event": first, "reason": "Not so"});
        if kind == "engagement.corrected" {
            data["changes"] =
                json!([{"pointer": "/occurred/edtf", "old": "2021-09-09", "new": "2021-09-10"}]);
        }
        let refused = theirs.submit(&of_call(kind, data)).await;
        assert_eq!(refused.problem().0, 422, "{kind}: {:#}", refused.body);
    }
    let contest = json!({"event": first, "pointer": "/occurred", "alternative": {"edtf": "2021-09-11"}});
    let position = theirs.submit(&of_call("engagement.contested", contest)).await.position();
    let account = json!({"restates": first, "occurred": "2021-09-10"});
    let position = position.max(theirs.submit(&of_call("engagement.held", account)).await.position());

    let query = format!("party=US&party=CN&kind=call&min_position={position}");
    let shows = json!({"occurred": {"edtf": "2021-09-09"}, "contests": [{"pointer": "/occurred"}]});
    let call = ours.find("engagements", &query, &shows).await;
    assert_eq!(history(&ours, &call).await.len(), 4);
}

fn second_member(data: &Value) -> &Value {
    &data["participants"][0]["members"][1]["name"]
}

async fn history(client: &Client, record: &Value) -> Vec<Value> {
    let collection = match record["aggregate"].as_str() {
        Some("party") => "parties".to_owned(),
        aggregate => format!("{}s", aggregate.expect("a record says of which aggregate it is")),
    };
    let id = record["id"].as_str().expect("an id");
    let page = client.get(&format!("/v1/{collection}/{id}/events")).await.ok();
    page["items"].as_array().expect("a page has items").clone()
}
