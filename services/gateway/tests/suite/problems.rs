//! Every refusal is a problem that says what to do.

use contract::{Principal, ProblemKind, Role};
use reqwest::Method;
use serde_json::Value;
use service::token::{ISSUER, Keys};
use tempfile::TempDir;
use testkit::http_client;

use crate::edge::{Edge, officer, refused};

const ID: &str = "018f0000-0000-7000-8000-000000000002";

#[tokio::test]
async fn no_route_works_without_a_token() {
    let edge = Edge::start().await;
    let paths = ["/v1/events", "/v1/timeline", "/v1/engagements", &format!("/v1/sources/{ID}/events")];
    for path in paths {
        let response = http_client().get(edge.url(path)).send().await.unwrap();
        assert_eq!(response.headers()["www-authenticate"], r#"Bearer realm="chancery""#);
        assert_eq!(refused(response).await.0, 401, "{path}");
    }
    let response = http_client().post(edge.url("/v1/events")).body("{}").send().await.unwrap();
    assert_eq!(refused(response).await.0, 401);
    assert!(edge.asked().is_empty());
}

#[tokio::test]
async fn a_token_that_is_not_good_is_refused() {
    let edge = Edge::start().await;
    let folder = TempDir::new().unwrap();
    let other = Keys::create_if_absent(folder.path()).unwrap().issuer(ISSUER).unwrap();
    let hour = std::time::Duration::from_secs(3600);
    let forged = other.issue(&officer(), service::Clock::system().now(), hour).unwrap();
    let mine = edge.keys.issuer(ISSUER).unwrap();
    let old = mine.issue(&officer(), "2020-01-01T00:00:00Z".parse().unwrap(), hour).unwrap();
    for (token, part) in
        [(forged, "not signed"), (old, "expired at 2020-01-01T01:00:00Z"), ("x".into(), "read")]
    {
        let response = http_client().get(edge.url("/v1/events")).bearer_auth(token).send().await.unwrap();
        let challenge = response.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains("invalid_token"), "{challenge}");
        let (status, problem) = refused(response).await;
        assert_eq!(status, 401);
        assert!(problem["detail"].as_str().unwrap().contains(part), "{problem}");
    }
    let response = http_client().get(edge.url("/v1/events")).basic_auth("a", Some("b")).send().await.unwrap();
    assert_eq!(refused(response).await.0, 401);
}

#[tokio::test]
async fn each_role_allows_its_own() {
    let edge = Edge::start().await;
    let only = |role| edge.token(&Principal { roles: [role].into(), ..officer() });
    let body = r#"{"type":"engagement.held"}"#;
    let submit = |token| {
        let request = http_client().post(edge.url("/v1/events")).bearer_auth(token).body(body);
        request.header("content-type", "application/json").send()
    };
    assert_eq!(submit(only(Role::Recorder)).await.unwrap().status(), 200);
    let (status, problem) = refused(submit(only(Role::Reader)).await.unwrap()).await;
    assert_eq!((status, &problem["detail"]), (403, &Value::from("the token lacks the role recorder")));
    let read = |token| http_client().get(edge.url("/v1/events")).bearer_auth(token).send();
    assert_eq!(read(only(Role::Reader)).await.unwrap().status(), 200);
    assert_eq!(refused(read(only(Role::Recorder)).await.unwrap()).await.0, 403);
}

#[tokio::test]
async fn routes_methods_and_media_types_that_do_not_exist_are_problems() {
    let edge = Edge::start().await;
    for path in ["/nothing", "/v1", "/v1/visits", &format!("/v1/engagements/{ID}/x"), "/problems/none"] {
        assert_eq!(refused(edge.get(path).await).await.0, 404, "{path}");
    }
    for path in ["/problems/%ff", "/v1/engagements/x%00"] {
        assert_eq!(refused(edge.get(path).await).await.0, 404, "{path}");
    }
    assert_eq!(refused(edge.get("/v1/engagements/%ff").await).await.0, 400);
    let response = edge.request(Method::DELETE, "/v1/events").send().await.unwrap();
    let allowed = response.headers()["allow"].to_str().unwrap().to_owned();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
    assert_eq!(refused(response).await.0, 405);
    let response = edge.request(Method::GET, "/v1/events").header("accept", "text/csv").send().await.unwrap();
    assert_eq!(refused(response).await.0, 406);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"] {
        let request = edge.request(Method::POST, "/v1/events").header("content-type", kind).body("{}");
        assert_eq!(refused(request.send().await.unwrap()).await.0, 415, "{kind}");
    }
    let request = edge.post("/v1/events", "{}").header("content-encoding", "gzip");
    assert_eq!(refused(request.send().await.unwrap()).await.0, 415);
    let request = edge.request(Method::POST, "/v1/events").body("{}");
    assert_eq!(refused(request.send().await.unwrap()).await.0, 415);
}

#[tokio::test]
async fn when_nobody_answers_it_says_so() {
    let edge = Edge::start_with(&["--http-answer-within", "0.2"]).await;
    edge.silence().await;
    let response = edge.get("/v1/events").await;
    assert_eq!(response.headers()["retry-after"], "1");
    let (status, problem) = refused(response).await;
    assert_eq!((status, &problem["type"]), (503, &Value::from("/problems/unavailable")));
    let body = r#"{"type":"engagement.held"}"#;
    let (_, problem) = refused(edge.post("/v1/events", body).send().await.unwrap()).await;
    assert_eq!(problem["type"], "/problems/unavailable", "nothing was sent, so nothing was recorded");
}

#[tokio::test]
async fn a_lost_reply_leaves_the_outcome_unknown() {
    let edge = Edge::start_with(&["--http-answer-within", "0.2"]).await;
    edge.silence().await;
    // Somebody listens and says nothing.
    let mute = edge.server.client().await;
    let subjects = [contract::subjects::COMMANDS, contract::subjects::DOSSIERS];
    let _commands = mute.subscribe(subjects[0]).await.unwrap();
    let _queries = mute.subscribe(subjects[1]).await.unwrap();
    mute.flush().await.unwrap();
    let body = r#"{"type":"engagement.held"}"#;
    let response = edge.post("/v1/events", body).send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "1");
    let (status, problem) = refused(response).await;
    assert_eq!((status, &problem["type"]), (503, &Value::from("/problems/outcome-unknown")));
    let (_, problem) = refused(edge.post("/v1/events?dry_run=true", body).send().await.unwrap()).await;
    assert_eq!(problem["type"], "/problems/unavailable", "a dry run records nothing");
    let (_, problem) = refused(edge.get("/v1/events").await).await;
    assert_eq!(problem["type"], "/problems/unavailable");
}

#[tokio::test]
async fn every_kind_is_explained() {
    let edge = Edge::start().await;
    for kind in ProblemKind::ALL {
        let response = http_client().get(edge.url(kind.uri())).send().await.unwrap();
        let explained = response.json::<Value>().await.unwrap();
        assert_eq!((&explained["type"], &explained["status"]), (&kind.uri().into(), &kind.status().into()));
        let request = http_client().get(edge.url(kind.uri())).header("accept", "text/html");
        let page = request.send().await.unwrap();
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
        assert!(page.text().await.unwrap().contains(kind.title()));
    }
    let all = http_client().get(edge.url("/problems")).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(all.as_array().unwrap().len(), ProblemKind::ALL.len());
    insta::assert_json_snapshot!("problems", all);
}

#[tokio::test]
async fn what_a_refusal_looks_like_does_not_change_by_accident() {
    let edge = Edge::start().await;
    let wrong = r#"[{"typ":"engagement.held","id":7},{"type":"x","sequence":"1"}]"#;
    let (_, invalid) = refused(edge.post("/v1/events", wrong).send().await.unwrap()).await;
    insta::assert_json_snapshot!("invalid_input", invalid);
    let (_, malformed) = refused(edge.post("/v1/events", "{,}").send().await.unwrap()).await;
    insta::assert_json_snapshot!("malformed", malformed);
    let (_, query) = refused(edge.get("/v1/engagements?limit=x&colour=red").await).await;
    insta::assert_json_snapshot!("invalid_query", query);
    let response = http_client().get(edge.url("/v1/events")).send().await.unwrap();
    insta::assert_json_snapshot!("unauthenticated", refused(response).await.1);
    insta::assert_json_snapshot!("not_found", refused(edge.get("/v2").await).await.1);
    let media = edge.post("/v1/events", "{}").header("content-encoding", "br").send().await.unwrap();
    insta::assert_json_snapshot!("unsupported_media_type", refused(media).await.1);
    let index = http_client().get(edge.url("/")).send().await.unwrap().json::<Value>().await.unwrap();
    insta::assert_json_snapshot!("index", index["routes"]);
}
