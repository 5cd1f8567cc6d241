//! Managing subscriptions: who may, what is asked of notifiers, and what is told of it.

use contract::subjects::SUBSCRIPTIONS;
use contract::{Principal, Role};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use service::Reply;
use testkit::http_client;

use crate::edge::{Edge, officer, refused};

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
