//! Reads: parameters in, the read model's bytes out.

use contract::subjects::{CALENDAR, DOSSIERS, SEARCH, TIMELINE};
use domain::{Aggregate, Subject};
use reqwest::Method;
use serde_json::{Value, json};
use service::Reply;

use crate::edge::{Edge, officer, places, refused};

const ID: &str = "018f0000-0000-7000-8000-000000000002";

async fn asked(edge: &Edge, path: &str) -> (&'static str, Value) {
    let response = edge.get(path).await;
    assert_eq!(response.status(), 200, "{path}: {:?}", response.text().await);
    edge.question()
}

#[tokio::test]
async fn a_record_is_served_as_it_came() {
    let edge = Edge::start().await;
    edge.plan(Reply::ok(r#"{ "kept" : "as it is" }"#).at(12).of_version(3));
    let response = edge.get(&format!("/v1/engagements/{ID}?min_position=11")).await;
    assert!(response.headers()["etag"].to_str().unwrap().starts_with("\"3-"));
    assert_eq!(response.headers()["chancery-position"], "12");
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.text().await.unwrap(), r#"{ "kept" : "as it is" }"#);
    let (subject, question) = edge.question();
    assert_eq!(subject, DOSSIERS);
    assert_eq!(question["query"], json!({"ask": "record", "subject": format!("engagement/{ID}")}));
    assert_eq!(question["min_position"], 11);
    assert_eq!(question["principal"], serde_json::to_value(officer()).unwrap());
}

#[tokio::test]
async fn who_holds_what_is_served_is_not_sent_it_again() {
    let edge = Edge::start().await;
    let get = async |body: &'static str, held: &str| {
        edge.plan(Reply::ok(body).at(12).of_version(3));
        let request = edge.request(Method::GET, &format!("/v1/engagements/{ID}"));
        let response = request.header("if-none-match", held).send().await.unwrap();
        assert_eq!(response.headers()["chancery-position"], "12");
        let tag = response.headers()["etag"].to_str().unwrap().to_owned();
        (response.status().as_u16(), tag)
    };
    let (_, tag) = get("{}", "\"none\"").await;
    for held in [&tag, &format!("W/{tag}"), &format!("\"2-ab\", {tag}"), "*"] {
        assert_eq!(get("{}", held).await, (304, tag.clone()), "{held}");
    }
    assert_eq!(get("{}", "\"3\"").await.0, 200, "the version does not tell who links to it");
    // A link from another record, which is no event of this one.
    let (status, other) = get(r#"{"linked":[]}"#, &tag).await;
    assert_eq!(status, 200);
    assert!(other != tag && other.starts_with("\"3-"), "{other}");
}

#[tokio::test]
async fn a_key_of_the_caller_names_the_record() {
    let edge = Edge::start().await;
    for (path, aggregate, key) in [
        ("/v1/engagements/~b3", Aggregate::Engagement, "b3"),
        ("/v1/parties/~a%2Fb%20c", Aggregate::Party, "a/b c"),
    ] {
        let (_, question) = asked(&edge, path).await;
        let subject = Subject::of_key("urn:agency:pk", aggregate, key);
        assert_eq!(question["query"]["subject"], subject.to_string());
    }
    for path in ["/v1/engagements/7", "/v1/engagements/~", "/v1/engagements/~/events", "/v1/events/7"] {
        assert_eq!(refused(edge.get(path).await).await.0, 404, "{path}");
    }
    assert!(edge.asked().is_empty());
}

#[tokio::test]
async fn the_accounts_of_a_record_are_asked_for_beside_it() {
    let edge = Edge::start().await;
    let (subject, question) = asked(&edge, &format!("/v1/engagements/{ID}/accounts?known_at=7")).await;
    assert_eq!(subject, DOSSIERS);
    assert_eq!(question["query"], json!({"ask": "accounts", "subject": format!("engagement/{ID}")}));
    assert_eq!(question["known_at"], 7);
    assert_eq!(refused(edge.get(&format!("/v1/engagements/{ID}/accounts?since=7")).await).await.0, 400);
}

#[tokio::test]
async fn every_collection_is_listed_by_its_filters() {
    let edge = Edge::start().await;
    for aggregate in Aggregate::ALL {
        let (subject, question) = asked(&edge, &format!("/v1/{}", aggregate.collection())).await;
        assert_eq!((subject, &question["query"]["aggregate"]), (DOSSIERS, &json!(aggregate.as_str())));
        assert_eq!(question["query"]["limit"], 50);
    }
    let path = "/v1/engagements?party=CA&party=Tarik+Ali%20Khan&country=PK&topic=trade&kind=visit.state\
                &status=held&from=2025-04&to=2025&text=mining&sort=recorded&order=oldest&limit=500&cursor=abc";
    let (_, question) = asked(&edge, path).await;
    assert_eq!(
        question["query"],
        json!({
            "ask": "list", "aggregate": "engagement", "owner": null, "beneficiary": null, "strength": null,
            "filters": {
                "parties": ["CA", "Tarik Ali Khan"], "country": "PK", "topic": "trade", "kind": "visit.state",
                "status": "held", "from": "2025-04", "to": "2025", "text": "mining",
            },
            "sort": "recorded", "order": "oldest", "limit": 500, "cursor": "abc",
        })
    );
}

#[tokio::test]
async fn the_timeline_is_asked_of_its_own() {
    let edge = Edge::start().await;
    let (subject, question) = asked(&edge, "/v1/timeline?party=PK&aggregate=engagement&limit=5").await;
    assert_eq!(subject, TIMELINE);
    let query = &question["query"];
    assert_eq!(
        (&query["filters"]["parties"], &query["aggregate"], &query["limit"]),
        (&json!(["PK"]), &json!("engagement"), &json!(5))
    );
    let (status, problem) = refused(edge.get("/v1/timeline?aggregate=visit").await).await;
    assert_eq!((status, places(&problem)), (400, vec!["?aggregate"]));
}

#[tokio::test]
async fn what_is_foreseen_is_asked_of_the_calendar_with_a_day() {
    let edge = Edge::start().await;
    let (subject, question) =
        asked(&edge, "/v1/overdue?today=2025-08-01&state=late&state=overdue&party=US").await;
    assert_eq!(subject, CALENDAR);
    assert_eq!(
        question["query"],
        json!({
            "ask": "overdue", "today": "2025-08-01", "within": 30, "state": ["late", "overdue"], "due": [],
            "filters": {"parties": ["US"]}, "order": "oldest", "cursor": null, "limit": 50,
        })
    );
    let (_, question) = asked(&edge, "/v1/calendar?today=2025-08-01&due=clock&to=2026").await;
    let filters = json!({"from": "2025-08-01", "to": "2026"});
    assert_eq!((&question["query"]["filters"], &question["query"]["due"]), (&filters, &json!(["clock"])));
    let (_, question) = asked(&edge, "/v1/overdue?known_at=7").await;
    assert_eq!(question["known_at"], 7);
    assert_eq!(refused(edge.get("/v1/overdue?state=early&today=soon").await).await.0, 400);
}

#[tokio::test]
async fn a_time_is_a_position_before_the_question_is_put() {
    let edge = Edge::start().await;
    edge.plan(Reply::ok(r#"{"position":41}"#).at(60));
    let response = edge.get(&format!("/v1/engagements/{ID}?known_at=2025-08-01&min_position=50")).await;
    assert_eq!(response.status(), 200);
    let questions = edge.asked();
    let [(_, first), (_, second)] = questions.as_slice() else { panic!("{questions:#?}") };
    let (end, min) = ("2025-08-01T23:59:59.999999999Z", &json!(50));
    assert_eq!((&first["query"], &first["min_position"]), (&json!({"ask": "position", "at": end}), min));
    assert_eq!((&second["known_at"], &second["min_position"]), (&json!(41), min));
}

#[tokio::test]
async fn words_and_counts_are_asked_of_the_search() {
    let edge = Edge::start().await;
    let (subject, question) = asked(&edge, "/v1/search?q=canola+imports&party=CA&aggregate=matter").await;
    assert_eq!(subject, SEARCH);
    assert_eq!(question["query"]["filters"], json!({"parties": ["CA"], "text": "canola imports"}));
    let (_, question) = asked(&edge, "/v1/statistics?by=month&by=outcome&limit=5&today=2025-08-01").await;
    assert_eq!(
        question["query"],
        json!({"ask": "statistics", "aggregate": "engagement", "filters": {}, "by": ["month", "outcome"], "limit": 5,
            "today": "2025-08-01"})
    );
    assert_eq!(refused(edge.get("/v1/search").await).await.0, 400);
}

#[tokio::test]
async fn histories_and_the_log_begin_after_a_number() {
    let edge = Edge::start().await;
    let (_, question) = asked(&edge, &format!("/v1/matters/{ID}/events?after=3&limit=2")).await;
    let subject = format!("matter/{ID}");
    assert_eq!(question["query"], json!({"ask": "history", "subject": subject, "after": 3, "limit": 2}));
    let (_, question) = asked(&edge, "/v1/events?cursor=70").await;
    assert_eq!(question["query"], json!({"ask": "log", "after": 70, "limit": 50}));
    let (_, question) = asked(&edge, &format!("/v1/events/{ID}")).await;
    assert_eq!(question["query"], json!({"ask": "event", "uid": ID}));
    let (_, question) = asked(&edge, "/v1/events/~mine").await;
    let uid = domain::event_uid("urn:agency:pk", "mine");
    assert_eq!(question["query"], json!({"ask": "event", "uid": uid}));
    assert_eq!(refused(edge.get("/v1/events?after=1&cursor=2").await).await.0, 400);
}

#[tokio::test]
async fn the_log_is_served_as_cloudevents_where_asked() {
    let edge = Edge::start().await;
    let page = r#"{"items":[{"position":1,"uid":"u","event":{"id":"1"}},{"event":{"id":"2"}}],"next":"2","position":9}"#;
    edge.plan(Reply::ok(page).at(9));
    let request = edge.request(Method::GET, "/v1/events?limit=2");
    let response = request.header("accept", "application/cloudevents-batch+json").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/cloudevents-batch+json");
    assert_eq!(response.headers()["link"], "</v1/events?after=2&limit=2>; rel=\"next\"");
    assert_eq!(response.headers()["chancery-position"], "9");
    assert_eq!(response.text().await.unwrap(), r#"[{"id":"1"},{"id":"2"}]"#);

    edge.plan(Reply::ok(r#"{"position":1,"event":{"id":"1"}}"#).at(9));
    let request = edge.request(Method::GET, &format!("/v1/events/{ID}"));
    let response = request.header("accept", "application/cloudevents+json").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/cloudevents+json");
    assert_eq!(response.text().await.unwrap(), r#"{"id":"1"}"#);

    edge.plan(contract::Problem::new(contract::ProblemKind::NotFound, "no such event").into());
    let request = edge.request(Method::GET, &format!("/v1/events/{ID}"));
    let response = request.header("accept", "application/cloudevents+json").send().await.unwrap();
    assert_eq!(refused(response).await.0, 404);
}

#[tokio::test]
async fn parameters_are_read_strictly() {
    let edge = Edge::start().await;
    let path = "/v1/engagements?limit=0&order=up&min_position=-1&colour=red&kind=a&kind=b&text=";
    let (status, problem) = refused(edge.get(path).await).await;
    assert_eq!(status, 400);
    let mut found = places(&problem);
    found.sort_unstable();
    assert_eq!(found, ["?colour", "?kind", "?limit", "?min_position", "?order", "?text"]);
    assert!(edge.asked().is_empty());
}

#[tokio::test]
async fn a_value_that_nothing_can_have_is_a_mistake() {
    let edge = Edge::start().await;
    let path =
        "/v1/engagements?country=Canada&topic=TRADE&kind=State+visit&status=done&from=yesterday&to=2025-13";
    let (status, problem) = refused(edge.get(path).await).await;
    assert_eq!(status, 400);
    assert_eq!(places(&problem), ["?country", "?topic", "?kind", "?status", "?from", "?to"]);
    assert!(problem["errors"][3]["detail"].as_str().unwrap().contains("not_held"), "{problem:#}");
    let path = "/v1/timeline?topic=TRADE&from=yesterday&to=2025-13";
    let (status, problem) = refused(edge.get(path).await).await;
    assert_eq!((status, places(&problem)), (400, vec!["?topic", "?from", "?to"]));
    // Each collection has statuses of its own.
    assert_eq!(refused(edge.get("/v1/matters?status=held").await).await.0, 400);
    assert!(edge.asked().is_empty());
    asked(&edge, "/v1/matters?status=closed&country=ca&from=1985~&to=2025-04-XX").await;
    asked(&edge, "/v1/commitments?status=merged&topic=security.counterterrorism").await;
}

#[tokio::test]
async fn a_head_has_no_body() {
    let edge = Edge::start().await;
    edge.plan(Reply::ok("{}").at(12).of_version(3));
    let response = edge.request(Method::HEAD, &format!("/v1/engagements/{ID}")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.headers().contains_key("etag"));
    assert_eq!(response.bytes().await.unwrap(), "");
}

#[tokio::test]
async fn a_brief_is_served_in_the_form_that_is_wanted() {
    let edge = Edge::start().await;
    let (subject, question) =
        asked(&edge, "/v1/briefs/PK/~envoy?today=2025-08-01&since=12&known_at=20").await;
    let envoy = Subject::of_key("urn:agency:pk", Aggregate::Party, "envoy").to_string();
    assert_eq!((subject, &question["known_at"]), (DOSSIERS, &json!(20)));
    assert_eq!(
        question["query"],
        json!({"ask": "brief", "us": "PK", "them": envoy, "since": 12, "today": "2025-08-01"})
    );
    let document = json!({"us": {"key": "PK", "name": "Pakistan"}, "them": {"key": "CA", "name": "Canada"},
        "marking": "OFFICIAL", "today": "2025-08-01", "position": 33});
    for (query, accept, kind, begins) in [
        ("", "application/json", "application/json", "{"),
        ("", "text/html,*/*;q=0.8", "text/html; charset=utf-8", "<!doctype html>"),
        ("", "text/markdown", "text/markdown; charset=utf-8", "**OFFICIAL**"),
        ("?format=md", "text/html", "text/markdown; charset=utf-8", "**OFFICIAL**"),
        ("?format=html", "application/json", "text/html; charset=utf-8", "<!doctype html>"),
    ] {
        edge.plan(Reply::ok(document.to_string()).at(33));
        let request = edge.request(Method::GET, &format!("/v1/briefs/PK/CA{query}"));
        let response = request.header("accept", accept).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
            (200, kind)
        );
        assert_eq!(response.headers()["chancery-position"], "33");
        let is_page = kind.starts_with("text/html");
        assert_eq!(response.headers().contains_key("content-security-policy"), is_page);
        assert!(response.text().await.unwrap().starts_with(begins));
    }
    for (path, status) in
        [("/v1/briefs/PK/CA?format=pdf", 400), ("/v1/briefs/PK/~", 404), ("/v1/briefs/PK/CA?since=x", 400)]
    {
        assert_eq!(refused(edge.get(path).await).await.0, status, "{path}");
    }
}
