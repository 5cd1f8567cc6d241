//! Sizes, times, ids, counts and an orderly stop.

use reqwest::Method;
use testkit::{PATIENCE, eventually, http_client};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::edge::{Edge, refused};

async fn raw(edge: &Edge, head: &str) -> String {
    let mut stream = TcpStream::connect(edge.settings.bound.address().await).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    read.expect("the gateway ends it").unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_submission_too_large_is_refused() {
    let edge = Edge::start().await;
    let spaces = " ".repeat(4 << 20);
    let fits = edge.post("/v1/events", &format!("[]{}", &spaces[2..])).send().await.unwrap();
    assert_eq!(fits.status(), 200);
    let (status, problem) =
        refused(edge.post("/v1/events", &format!("[]{spaces}")).send().await.unwrap()).await;
    assert_eq!((status, &problem["type"]), (413, &"/problems/too-large".into()));
    let event = r#"{"type":"engagement.held"},"#;
    let many = format!("[{}{}]", event.repeat(1000), event.trim_end_matches(','));
    assert_eq!(refused(edge.post("/v1/events", &many).send().await.unwrap()).await.0, 413);
    let most = format!("[{}]", event.repeat(1000).trim_end_matches(','));
    assert_eq!(edge.post("/v1/events", &most).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn nesting_too_deep_is_refused() {
    let edge = Edge::start().await;
    let nested = |depth: usize| {
        let inner = format!("{}{}", "[".repeat(depth - 2), "]".repeat(depth - 2));
        format!(r#"{{"type":"engagement.held","data":{{"a":{inner}}}}}"#)
    };
    assert_eq!(edge.post("/v1/events", &nested(64)).send().await.unwrap().status(), 200);
    assert_eq!(refused(edge.post("/v1/events", &nested(65)).send().await.unwrap()).await.0, 400);
    assert_eq!(refused(edge.post("/v1/events", &"[".repeat(1 << 20)).send().await.unwrap()).await.0, 400);
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let edge = Edge::start_with(&["--http-read-within", "0.2"]).await;
    let token = edge.token(&crate::edge::officer());
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 10\r\nconnection: close\r\n\r\n{{"
    );
    let answer = raw(&edge, &head).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("/problems/request-timeout"), "{answer}");
}

#[tokio::test]
async fn a_head_that_does_not_arrive_ends_the_connection() {
    let edge = Edge::start_with(&["--http-read-within", "0.2"]).await;
    raw(&edge, "GET / HTTP/1.1\r\nhost: x\r\n").await;
}

#[tokio::test]
async fn beyond_its_places_the_gateway_refuses() {
    let edge = Edge::start_with(&["--http-in-flight", "1", "--http-answer-within", "30"]).await;
    edge.silence().await;
    let mute = edge.server.client().await;
    let mut queries = mute.subscribe(contract::subjects::DOSSIERS).await.unwrap();
    mute.flush().await.unwrap();
    let waits = tokio::spawn(edge.request(Method::GET, "/v1/events").send());
    let question = futures_util::StreamExt::next(&mut queries).await.unwrap();
    let response = edge.get("/v1/events").await;
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(refused(response).await.0, 503);
    mute.publish(question.reply.unwrap(), "{}".into()).await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn every_answer_carries_the_id_of_its_request() {
    let edge = Edge::start().await;
    let named = |id: &'static str| http_client().get(edge.url("/")).header("x-request-id", id).send();
    assert_eq!(named("trace-1").await.unwrap().headers()["x-request-id"], "trace-1");
    let made = named("not for a log line").await.unwrap().headers()["x-request-id"].clone();
    assert_eq!(made.len(), 32);
    let lost = http_client().get(edge.url("/nothing")).send().await.unwrap();
    assert!(lost.headers().contains_key("x-request-id"));
    assert_eq!(lost.headers()["cache-control"], "private, no-cache");
}

#[tokio::test]
async fn requests_are_counted_by_route() {
    let edge = Edge::start().await;
    edge.get("/v1/engagements/018f0000-0000-7000-8000-000000000002").await;
    edge.get("/nothing").await;
    let text = edge.shell.metrics.text();
    let counted = r#"chancery_http_requests_total{method="GET",route="/v1/engagements/{id}",status="200"} 1"#;
    assert!(text.contains(counted), "{text}");
    assert!(text.contains(r#"route="none",status="404"} 1"#), "{text}");
    assert!(text.contains("chancery_http_request_seconds_bucket"), "{text}");
}

#[tokio::test]
async fn a_stop_answers_what_has_begun() {
    let edge = Edge::start().await;
    edge.silence().await;
    let slow = edge.server.client().await;
    let mut queries = slow.subscribe(contract::subjects::DOSSIERS).await.unwrap();
    slow.flush().await.unwrap();
    let waits = tokio::spawn(edge.request(Method::GET, "/v1/events").send());
    let question = futures_util::StreamExt::next(&mut queries).await.unwrap();
    let shell = edge.shell.clone();
    let stopping = tokio::spawn(async move { shell.stop(PATIENCE).await });
    eventually("no more connections are taken", PATIENCE, async || {
        TcpStream::connect(edge.settings.bound.address().await).await.is_err().then_some(())
    })
    .await;
    assert!(!stopping.is_finished(), "one request is still worked on");
    slow.publish(question.reply.unwrap(), "{}".into()).await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap().status(), 200);
    assert!(stopping.await.unwrap());
    edge.running.await.unwrap().unwrap();
}
