//! Callers who take what they do not need: places, slots, memory, time.

use std::time::{Duration, Instant};

use contract::Principal;
use reqwest::Method;
use service::Reply;
use testkit::{PATIENCE, eventually, http_client};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::edge::{Edge, officer, refused};

async fn connect(edge: &Edge, sent: &str) -> TcpStream {
    let mut stream = TcpStream::connect(edge.settings.bound.address().await).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    stream
}

/// Waits until one of the gateway's gauges says so.
async fn until(edge: &Edge, gauge: &str, value: usize) {
    let line = format!("\nchancery_{gauge} {value}\n");
    eventually(&line, PATIENCE, async || edge.shell.metrics.text().contains(&line).then_some(())).await;
}

/// The head of a submission whose body has this many bytes.
fn submission(edge: &Edge, length: usize) -> String {
    let token = edge.token(&officer());
    format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

/// A connection that asks for more than its buffers hold and never reads an answer.
async fn never_reads(edge: &Edge) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(edge.settings.bound.address().await).await.unwrap();
    let get = format!(
        "GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        edge.token(&officer())
    );
    // More than a socket takes.
    edge.plan(Reply::ok("x".repeat(7 << 20)).at(1));
    stream.write_all(get.repeat(16).as_bytes()).await.unwrap();
    eventually("it has asked", PATIENCE, async || (!edge.asked().is_empty()).then_some(())).await;
    stream
}

#[tokio::test]
async fn a_connection_that_asks_nothing_is_ended() {
    let edge = Edge::start_with(&["--http-read-within", "0.2"]).await;
    for sent in ["", "P", "PRI * HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\n"] {
        let mut stream = connect(&edge, sent).await;
        let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await;
        assert!(ended.is_ok(), "{sent:?} keeps its place");
    }
    let mut stream = connect(&edge, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await;
    assert!(ended.is_ok(), "one answer and then silence keeps its place");
    until(&edge, "http_connections", 0).await;
}

#[tokio::test]
async fn a_connection_that_reads_nothing_is_ended() {
    let edge = Edge::start_with(&["--http-write-within", "0.2"]).await;
    let _stream = never_reads(&edge).await;
    until(&edge, "http_connections", 0).await;
}

#[tokio::test]
async fn a_stop_cuts_what_would_never_end() {
    let edge = Edge::start_with(&["--http-write-within", "600"]).await;
    let _stream = never_reads(&edge).await;
    let begun = Instant::now();
    assert!(edge.shell.stop(Duration::from_secs(1)).await);
    assert!(begun.elapsed() >= Duration::from_millis(500), "there was time to finish");
    edge.running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_first_request() {
    let edge = Edge::start_with(&["--http-read-within", "600"]).await;
    let _stream = connect(&edge, "").await;
    until(&edge, "http_connections", 1).await;
    let begun = Instant::now();
    assert!(edge.shell.stop(PATIENCE).await);
    assert!(begun.elapsed() < PATIENCE / 2, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn one_caller_leaves_room_for_others() {
    let edge = Edge::start_with(&["--http-in-flight", "4"]).await;
    let head = submission(&edge, 10) + "{";
    let held = [connect(&edge, &head).await, connect(&edge, &head).await];
    until(&edge, "http_requests_in_flight", 2).await;
    let response = edge.get("/v1/events").await;
    assert_eq!(response.headers()["retry-after"], "1");
    let (status, problem) = refused(response).await;
    assert_eq!((status, &problem["type"]), (429, &"/problems/too-many-requests".into()));
    for other in [
        Principal { subject: "other".into(), ..officer() },
        Principal { agency: "urn:agency:ca".into(), ..officer() },
    ] {
        let request = http_client().request(Method::GET, edge.url("/v1/events"));
        assert_eq!(request.bearer_auth(edge.token(&other)).send().await.unwrap().status(), 200);
    }
    drop(held);
    until(&edge, "http_requests_in_flight", 0).await;
    assert_eq!(edge.get("/v1/events").await.status(), 200);
}

#[tokio::test]
async fn an_answer_arrives_in_full_though_it_is_the_last() {
    let edge = Edge::start().await;
    let large = "x".repeat(4 << 20);
    edge.plan(Reply::ok(large.clone()).at(1));
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(edge.settings.bound.address().await).await.unwrap();
    let head = format!(
        "GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
        edge.token(&officer())
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.ends_with(&large), "{} bytes arrived", answer.len());
}

#[tokio::test]
async fn who_sends_too_much_reads_why_it_is_refused() {
    let edge = Edge::start().await;
    let large = " ".repeat(6 << 20);
    let mut stream = connect(&edge, &submission(&edge, large.len())).await;
    stream.write_all(large.as_bytes()).await.expect("all is taken, though not read");
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}
