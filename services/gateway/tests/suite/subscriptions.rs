//! Managing subscriptions: who may, what is asked of notifiers, and what is told of it.

use contract::subjects::SUBSCRIPTIONS;
use contract::{Principal, Role};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use service::Reply;
use testkit::http_client;

use crate::edge::{Edge, officer, places, refused};

const ID: &str = "018f0000-0000-7000-8000-000000000007";

fn manager() -> Principal {
    Principal { roles: [Role::Reader, Role::SubscriberManager].into(), ..officer() }
}

fn request(edge: &Edge, who: &Principal, method: Method, path: &str) -> RequestBuilder {
    http_client().request(method, edge.url(path)).bearer_auth(edge.token(who))
}

fn subscription() -> Reply {
    Reply::ok(json!({"id": ID, "revision": 5_000_000_000_u64, "secret": "whsec_x"}).to_string())
}

#[tokio::test]
async fn what_is_written_goes_to_a_notifier_as_it_is() {
    let edge = Edge::start().await;
    edge.plan(subscription().with_status(201));
    let wanted = json!({"channel": {"type": "webhook", "url": "x"}, "colour": "red"});
    let response = request(&edge, &manager(), Method::POST, "/v1/subscriptions").json(&wanted);
    let response = response.send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["location"], format!("/v1/subscriptions/{ID}"));
    assert!(response.headers()["etag"].to_str().unwrap().starts_with("\"5000000000-"));
    assert_eq!(response.headers()["cache-control"], "no-store");
    let (subject, question) = edge.question();
    assert_eq!((subject, &question["principal"]["agency"]), (SUBSCRIPTIONS, &json!("urn:agency:pk")));
    assert_eq!(question["query"], json!({"ask": "create", "wanted": wanted}));
}

#[tokio::test]
async fn each_route_asks_for_one_thing() {
    let edge = Edge::start().await;
    let one = format!("/v1/subscriptions/{ID}");
    let asked = async |method, path: &str, tag: Option<&str>| {
        edge.plan(subscription());
        let request = request(&edge, &manager(), method, path);
        let request = tag.into_iter().fold(request, |request, tag| request.header("if-match", tag));
        let status = request.send().await.unwrap().status().as_u16();
        (status, edge.question().1["query"].clone())
    };
    let page = json!({"ask": "list", "cursor": "x", "limit": 7});
    assert_eq!(asked(Method::GET, "/v1/subscriptions?limit=7&cursor=x", None).await, (200, page));
    assert_eq!(asked(Method::GET, &one, None).await, (200, json!({"ask": "get", "id": ID})));
    let deleted = json!({"ask": "delete", "id": ID, "revision": null});
    assert_eq!(asked(Method::DELETE, &one, None).await, (204, deleted));
    let deleted = json!({"ask": "delete", "id": ID, "revision": 5_000_000_000_u64});
    assert_eq!(asked(Method::DELETE, &one, Some("\"5000000000-0a\"")).await, (204, deleted));
}

#[tokio::test]
async fn changes_are_asked_for_as_they_are_written() {
    let edge = Edge::start().await;
    let sent = async |method: Method, path: &str, body: Option<Value>| {
        edge.plan(subscription());
        let request = request(&edge, &manager(), method, &format!("/v1/subscriptions/{ID}{path}"));
        let request = body.iter().fold(request.header("if-match", "\"5\""), RequestBuilder::json);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        edge.question().1["query"].clone()
    };
    let patch = json!({"paused": false, "colour": null});
    let changed = json!({"ask": "change", "id": ID, "revision": 5, "patch": patch});
    assert_eq!(sent(Method::PATCH, "", Some(patch)).await, changed);
    let rotated = |wanted| json!({"ask": "rotate", "id": ID, "revision": 5, "wanted": wanted});
    assert_eq!(sent(Method::POST, "/secrets", None).await, rotated(json!({})));
    let wanted = json!({"scheme": "v9"});
    assert_eq!(sent(Method::POST, "/secrets", Some(wanted.clone())).await, rotated(wanted));
    assert_eq!(sent(Method::POST, "/test", None).await, json!({"ask": "test", "id": ID}));
    let replay = json!({"ask": "replay", "id": ID, "after": 3, "through": null});
    assert_eq!(sent(Method::POST, "/replay", Some(json!({"after": 3}))).await, replay);
    let page = |outcome, event| json!({"ask": "deliveries", "id": ID, "outcome": outcome, "event": event, "cursor": null, "limit": 50});
    let bare = |mut query: Value| {
        query.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        query
    };
    let deliveries = format!("/deliveries?outcome=failed&event={ID}");
    assert_eq!(bare(sent(Method::GET, &deliveries, None).await), bare(page(Some("failed"), Some(ID))));
    assert_eq!(bare(sent(Method::GET, "/dead-letters", None).await), bare(page(Some("dead"), None)));
}

#[tokio::test]
async fn times_of_a_replay_are_resolved_to_positions() {
    let edge = Edge::start().await;
    let replay = async |body: Value| {
        let request = request(&edge, &manager(), Method::POST, &format!("/v1/subscriptions/{ID}/replay"));
        request.json(&body).send().await.unwrap()
    };
    for reply in
        [Reply::ok(r#"{"position": 4}"#), Reply::ok(r#"{"position": 9}"#), subscription().with_status(202)]
    {
        edge.plan(reply);
    }
    let span = json!({"from": "2025-08-01T12:00:00Z", "until": "2025-08-02T12:00:00Z"});
    assert_eq!(replay(span).await.status(), 202);
    let asked = edge.asked().into_iter().map(|(_, question)| question["query"].clone()).collect::<Vec<_>>();
    let expected = [
        // What was recorded at that very time belongs to it.
        json!({"ask": "position", "at": "2025-08-01T11:59:59.999999999Z"}),
        json!({"ask": "position", "at": "2025-08-02T12:00:00Z"}),
        json!({"ask": "replay", "id": ID, "after": 4, "through": 9}),
    ];
    assert_eq!(asked, expected);
    let (status, problem) = refused(replay(json!({"after": 3, "from": "yesterday"})).await).await;
    assert_eq!((status, places(&problem)), (422, vec!["/from"]));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_at_the_edge() {
    let edge = Edge::start().await;
    let one = format!("/v1/subscriptions/{ID}");
    for (method, path) in [(Method::GET, "/v1/subscriptions"), (Method::POST, "/v1/subscriptions")] {
        for roles in [[Role::Reader].into(), [Role::SubscriberManager].into()] {
            let who = Principal { roles, ..officer() };
            let answer = request(&edge, &who, method.clone(), path).send().await.unwrap();
            assert_eq!(refused(answer).await.0, 403, "{method} {path}");
        }
    }
    let send = async |method, path: &str, tag: &'static str, kind: &'static str, body: &'static str| {
        let request = request(&edge, &manager(), method, path).header("if-match", tag);
        let answer = request.header("content-type", kind).body(body).send().await.unwrap();
        refused(answer).await.0
    };
    let json = "application/json";
    assert_eq!(send(Method::POST, "/v1/subscriptions", "", "text/plain", "{}").await, 415);
    assert_eq!(send(Method::POST, "/v1/subscriptions", "", json, "{").await, 400);
    assert_eq!(send(Method::POST, "/v1/subscriptions?dry_run=true", "", json, "{}").await, 400);
    assert_eq!(send(Method::DELETE, &one, "W/\"5\"", json, "").await, 400);
    assert_eq!(send(Method::DELETE, "/v1/subscriptions/ours", "\"5\"", json, "").await, 404);
    assert!(edge.asked().is_empty());
    edge.silence().await;
    assert_eq!(send(Method::DELETE, &one, "\"5\"", json, "").await, 503);
}
