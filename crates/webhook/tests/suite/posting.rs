//! What becomes of attempts, whatever the receiver does.

use std::time::Duration;

use testkit::{PATIENCE, free_port};
use tokio::time::timeout;
use webhook::{
    Attempt, Failure, InvalidTarget, Meaning, Poster, PosterSettings, Reach, RetryAfter, Secret, Verifier,
};

use crate::receiver::{BODY, Manner, Receiver, SECRET, post, poster, says, settings};

const LOOPBACK: &[&str] = &["127.0.0.0/8"];

/// One attempt; it comes to an end.
async fn attempt(manner: Manner, within: Duration) -> Attempt {
    let receiver = Receiver::start(manner).await;
    let poster = Poster::new(PosterSettings { attempt_within: within, ..settings(LOOPBACK) });
    let poster = poster.expect("a client");
    timeout(PATIENCE, post(&poster, &receiver.url())).await.expect("it is bounded")
}

#[tokio::test]
async fn what_was_signed_arrives_as_it_was_signed() {
    let receiver = Receiver::start(Manner::Says(says("204 No Content", "", ""))).await;
    let attempt = post(&poster(LOOPBACK), &receiver.url()).await;
    assert_eq!(attempt.meaning(), Meaning::Delivered);
    let requests = receiver.requests();
    let [(headers, body)] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(body, BODY.as_bytes());
    let verifier = Verifier::new([SECRET.parse::<Secret>().expect("a secret").into()]);
    let now = jiff::Timestamp::from_second(1_614_265_331).expect("a moment");
    assert_eq!(verifier.verify(headers, body, now).expect("it verifies").id.as_str(), "msg_1");
    assert!(headers["user-agent"].as_bytes().starts_with(b"chancery/"));
}

#[tokio::test]
async fn an_answer_is_kept_with_what_it_asks_for() {
    for (status, meaning) in [
        ("200 OK", Meaning::Delivered),
        ("410 Gone", Meaning::Gone),
        ("429 Too Many Requests", Meaning::Slow),
        ("500 No", Meaning::Failed),
    ] {
        let says = says(status, "retry-after: 120\r\n", "because");
        let attempt = attempt(Manner::Says(says), PATIENCE).await;
        assert_eq!(attempt.meaning(), meaning, "{status}");
        let answer = attempt.answer.expect("an answer");
        assert_eq!(answer.retry_after, Some(RetryAfter::In(Duration::from_secs(120))));
        assert_eq!(answer.excerpt, "because");
    }
}

#[tokio::test]
async fn connections_are_used_again() {
    let receiver = Receiver::start(Manner::Says(says("200 OK", "", "thanks"))).await;
    let poster = poster(LOOPBACK);
    for _ in 0..10 {
        assert_eq!(post(&poster, &receiver.url()).await.meaning(), Meaning::Delivered);
    }
    assert_eq!((receiver.requests().len(), receiver.connections()), (10, 1));
}

#[tokio::test]
async fn of_an_answer_without_end_only_the_beginning_is_read() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n".to_vec();
    let attempt = attempt(Manner::Floods(head), PATIENCE).await;
    assert_eq!(attempt.meaning(), Meaning::Delivered);
    assert_eq!(attempt.answer.expect("an answer").excerpt, "x".repeat(Poster::EXCERPT));
}

#[tokio::test]
async fn an_answer_whose_end_does_not_come_counts_by_its_status() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun".to_vec();
    let attempt = attempt(Manner::Says(head), PATIENCE).await;
    assert_eq!(attempt.meaning(), Meaning::Delivered);
    assert_eq!(attempt.answer.expect("an answer").excerpt, "begun");
}

#[tokio::test]
async fn a_head_without_end_is_no_answer() {
    let attempt = attempt(Manner::Floods(b"HTTP/1.1 200 OK\r\nlong: ".to_vec()), PATIENCE).await;
    let failure = attempt.answer.expect_err("it has no end");
    assert_eq!(failure.kind(), "broken", "{failure}");
}

#[tokio::test]
async fn silence_is_waited_for_as_long_as_was_said() {
    let within = Duration::from_millis(300);
    let attempt = attempt(Manner::Says(Vec::new()), within).await;
    assert_eq!(attempt.answer, Err(Failure::Timeout(within)));
    assert!(attempt.took >= within);
}

#[tokio::test]
async fn what_is_no_answer_is_named() {
    for no_http in ["", "HTTP/1.1 ", "220 mail.example ESMTP\r\n", "\0\0\0\0\r\n\r\n"] {
        let attempt = attempt(Manner::Ends(no_http.into()), PATIENCE).await;
        let failure = attempt.answer.expect_err(no_http);
        assert_eq!(failure.kind(), "broken", "{no_http:?}: {failure}");
        assert!(failure.to_string().starts_with("no proper answer: "), "{failure}");
    }
}

#[tokio::test]
async fn nobody_there_is_named() {
    let url = format!("http://127.0.0.1:{}/", free_port()).parse().expect("a URL");
    let failure = post(&poster(LOOPBACK), &url).await.answer.expect_err("nobody is there");
    assert_eq!(failure.kind(), "connect");
    assert!(failure.to_string().contains("refused"), "{failure}");
}

#[tokio::test]
async fn http_is_not_spoken_unless_it_is_allowed() {
    let receiver = Receiver::start(Manner::Says(says("200 OK", "", ""))).await;
    let reach = Reach { allow_http: false, ..settings(LOOPBACK).reach };
    let poster = Poster::new(PosterSettings { reach, ..settings(LOOPBACK) }).expect("a client");
    let refused = Failure::Target(InvalidTarget::Scheme("http".to_owned()));
    assert_eq!(post(&poster, &receiver.url()).await.answer, Err(refused));
    assert_eq!(receiver.all_connections().await, 0);
}
