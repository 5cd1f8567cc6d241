//! `POST /v1/events` in every mode.

use contract::subjects::COMMANDS;
use serde_json::{Value, json};
use service::Reply;

use crate::edge::{Edge, officer, places, recorded, refused};

const LEAST: &str = r#"{"type":"engagement.held","data":{"kind":"call","participants":["CA"]}}"#;

fn events(question: &Value) -> &Value {
    &question["events"]
}

#[tokio::test]
async fn the_least_event_is_passed_on_as_it_was_sent() {
    let edge = Edge::start().await;
    edge.plan(recorded(201));
    let response = edge.post("/v1/events", LEAST).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["chancery-position"], "9");
    assert_eq!(
        response.headers()["location"],
        "/v1/engagements/018f0000-0000-7000-8000-000000000002?min_position=9"
    );
    assert_eq!(response.headers()["etag"], "\"3\"");
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.bytes().await.unwrap(), recorded(201).body);
    let (subject, question) = edge.question();
    assert_eq!(subject, COMMANDS);
    assert_eq!(events(&question), &json!([serde_json::from_str::<Value>(LEAST).unwrap()]));
    assert_eq!(question["principal"], serde_json::to_value(officer()).unwrap());
    assert_eq!(
        (&question["listed"], &question["dry_run"], &question["strict"]),
        (&json!(false), &json!(false), &json!(false))
    );
}

#[tokio::test]
async fn a_list_is_one_submission() {
    let edge = Edge::start().await;
    edge.plan(Reply::ok(r#"{"position":9,"events":[]}"#).at(9));
    let response = edge.post("/v1/events", &format!("[{LEAST},{LEAST}]")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key("location"));
    let (_, question) = edge.question();
    assert_eq!(question["listed"], true);
    assert_eq!(events(&question).as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn headers_say_id_version_and_handling() {
    let edge = Edge::start().await;
    let request = edge.post("/v1/events?dry_run=true", LEAST);
    let request = request.header("idempotency-key", "\"k-1\"").header("if-match", "\"4\"");
    let response = request.header("prefer", "respond-async, handling=strict").send().await.unwrap();
    assert_eq!(response.headers()["preference-applied"], "handling=strict");
    let (_, question) = edge.question();
    assert_eq!(events(&question)[0]["id"], "k-1");
    assert_eq!(events(&question)[0]["expectedversion"], 4);
    assert_eq!((&question["dry_run"], &question["strict"]), (&json!(true), &json!(true)));

    edge.post("/v1/events", LEAST).header("if-match", "\"4-00ab\"").send().await.unwrap();
    assert_eq!(events(&edge.question().1)[0]["expectedversion"], 4);

    let list = format!(r#"[{LEAST},{{"type":"engagement.held","id":"mine"}}]"#);
    edge.post("/v1/events", &list).header("idempotency-key", "k-2").send().await.unwrap();
    let (_, question) = edge.question();
    assert_eq!(events(&question)[0]["id"], "k-2/0");
    assert_eq!(events(&question)[1]["id"], "mine");
}

#[tokio::test]
async fn preconditions_that_cannot_be_read_are_refused() {
    let edge = Edge::start().await;
    let several = edge.post("/v1/events", &format!("[{LEAST},{LEAST}]")).header("if-match", "\"4\"");
    assert_eq!(refused(several.send().await.unwrap()).await.0, 400);
    for tag in ["*", "4", "W/\"4\"", "\"4\", \"5\"", "\"4-no hash\"", "\"-\""] {
        let request = edge.post("/v1/events", LEAST).header("if-match", tag);
        assert_eq!(refused(request.send().await.unwrap()).await.0, 400, "{tag}");
    }
    let other = r#"{"type":"engagement.held","expectedversion":2}"#;
    let request = edge.post("/v1/events", other).header("if-match", "\"4\"");
    let (status, problem) = refused(request.send().await.unwrap()).await;
    assert_eq!((status, places(&problem)), (422, vec!["/expectedversion"]));
    let request = edge.post("/v1/events", LEAST).header("idempotency-key", "");
    assert_eq!(refused(request.send().await.unwrap()).await.0, 400);
    assert!(edge.asked().is_empty());
}

#[tokio::test]
async fn a_structured_cloudevent_is_read() {
    let edge = Edge::start().await;
    let event = json!({
        "specversion": "1.0", "id": "e-1", "source": "urn:agency:pk:commerce", "type": "chancery.engagement.held.v1",
        "subject": "engagement/~b3", "time": "2025-04-13T10:00:00+05:00", "datacontenttype": "application/json",
        "dataschema": "https://example.org/schema", "partitionkey": "x", "marking": "OFFICIAL",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "data": {"kind": "call"},
    });
    let response = edge
        .request(reqwest::Method::POST, "/v1/events")
        .header("content-type", "application/cloudevents+json; charset=UTF-8")
        .body(event.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let (_, question) = edge.question();
    assert_eq!(
        events(&question)[0],
        json!({
            "id": "e-1", "source": "urn:agency:pk:commerce", "type": "chancery.engagement.held.v1",
            "subject": "engagement/~b3", "time": "2025-04-13T05:00:00Z", "marking": "OFFICIAL",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "data": {"kind": "call"},
        })
    );
}

#[tokio::test]
async fn a_batch_is_read_and_may_be_empty() {
    let edge = Edge::start().await;
    let batch = |body: &'static str| {
        let request = edge.request(reqwest::Method::POST, "/v1/events");
        request.header("content-type", "application/cloudevents-batch+json").body(body)
    };
    // The registrar says where its log is: that is in no other place.
    let response = batch("[]").send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["chancery-position"]), (200, &1.into()));
    assert_eq!(edge.question().1["events"], json!([]));
    batch(r#"[{"specversion":"1.0","type":"engagement.held"}]"#).send().await.unwrap();
    assert_eq!(edge.question().1["listed"], true);
    let (status, problem) = refused(batch(r#"[{"type":"engagement.held"}, 7]"#).send().await.unwrap()).await;
    assert_eq!((status, places(&problem)), (422, vec!["/0/specversion", "/1"]));
    let (status, problem) = refused(batch("{}").send().await.unwrap()).await;
    assert_eq!((status, places(&problem)), (422, vec!["", "/specversion", "/type"]));
}

#[tokio::test]
async fn a_binary_cloudevent_is_read() {
    let edge = Edge::start().await;
    let request = edge.post("/v1/events", r#"{"kind":"call"}"#);
    let request = request.header("ce-specversion", "1.0").header("ce-type", "engagement.held");
    let request =
        request.header("ce-id", "Euro%20%E2%82%AC%20%F0%9F%98%80").header("ce-source", "urn:agency:pk");
    request.header("ce-expectedversion", "7").header("ce-sealed", "true").send().await.unwrap();
    assert_eq!(
        events(&edge.question().1)[0],
        json!({
            "id": "Euro € 😀", "source": "urn:agency:pk", "type": "engagement.held", "expectedversion": 7,
            "sealed": true, "data": {"kind": "call"},
        })
    );
    let request = edge.post("/v1/events", "[]").header("ce-type", "engagement.held");
    let request = request.header("ce-time", "%ff").header("ce-sealed", "yes");
    let (status, mut problem) = refused(request.send().await.unwrap()).await;
    problem["errors"].as_array_mut().unwrap().sort_by_key(|error| error["pointer"].to_string());
    assert_eq!((status, places(&problem)), (422, vec!["/data", "/sealed", "/specversion", "/time"]));
}

#[tokio::test]
async fn every_mistake_of_an_envelope_is_named_at_once() {
    let edge = Edge::start().await;
    let wrong = json!([
        {"typ": "engagement.held", "id": "", "time": "yesterday", "data": 7},
        {"type": 7, "expectedversion": -1, "sequence": "1", "a/b": 1, "marking": "x\ny"},
        "no event",
    ]);
    let (status, problem) = refused(edge.post("/v1/events", &wrong.to_string()).send().await.unwrap()).await;
    assert_eq!(status, 422);
    let mut found = places(&problem);
    found.sort_unstable();
    let expected = [
        "/0/data",
        "/0/id",
        "/0/time",
        "/0/typ",
        "/0/type",
        "/1/a~1b",
        "/1/expectedversion",
        "/1/marking",
        "/1/sequence",
        "/1/type",
        "/2",
    ];
    assert_eq!(found, expected);
    assert!(edge.asked().is_empty(), "nothing is recorded");
}

#[tokio::test]
async fn an_attribute_given_twice_is_a_mistake() {
    let edge = Edge::start().await;
    let twice = r#"{"type":"engagement.held","type":"engagement.held","data":{},"data":{}}"#;
    let (status, problem) = refused(edge.post("/v1/events", twice).send().await.unwrap()).await;
    assert_eq!((status, places(&problem)), (422, vec!["/type", "/data"]));
}

#[tokio::test]
async fn what_is_no_json_is_named_by_line_and_column() {
    let edge = Edge::start().await;
    let (status, problem) = refused(edge.post("/v1/events", "{\n  \"type\": }").send().await.unwrap()).await;
    assert_eq!(status, 400);
    assert!(problem["detail"].as_str().unwrap().contains("line 2 column 11"), "{problem}");
    for body in ["", "{} {}", "\"\\ud800\"x", "nul"] {
        assert_eq!(refused(edge.post("/v1/events", body).send().await.unwrap()).await.0, 400, "{body}");
    }
    let request = edge.request(reqwest::Method::POST, "/v1/events").body(vec![b'"', 0xff, b'"']);
    let request = request.header("content-type", "application/json");
    assert_eq!(refused(request.send().await.unwrap()).await.0, 400);
}

#[tokio::test]
async fn numbers_and_characters_that_cannot_be_held_are_mistakes() {
    let edge = Edge::start().await;
    for data in [r#"{"a":1e999}"#, r#"{"a":"\ud800"}"#] {
        let body = format!(r#"{{"type":"engagement.held","data":{data}}}"#);
        let (status, problem) = refused(edge.post("/v1/events", &body).send().await.unwrap()).await;
        assert_eq!((status, places(&problem)), (422, vec!["/data"]), "{data}");
    }
}

#[tokio::test]
async fn a_refusal_of_the_registrar_passes_through() {
    let edge = Edge::start().await;
    let problem =
        contract::Problem::new(contract::ProblemKind::PreconditionFailed, "the record has version 5");
    edge.plan(problem.clone().into());
    let (status, served) = refused(edge.post("/v1/events", LEAST).send().await.unwrap()).await;
    assert_eq!((status, served), (412, serde_json::to_value(problem).unwrap()));
}
