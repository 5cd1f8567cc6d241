//! Asking and answering.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_nats::Client;
use bytes::Bytes;
use contract::{Problem, ProblemKind};
use futures_util::{FutureExt, StreamExt};
use service::{AskError, Endpoint, Reply, Request, Shell, ask};
use testkit::{NatsServer, PATIENCE, eventually};
use tokio::sync::{Notify, Semaphore};

const SUBJECT: &str = "chancery.test";

async fn shell(server: &NatsServer) -> Shell {
    Shell::new("test", server.client().await, "unused")
}

fn endpoint(in_flight: usize) -> Endpoint {
    Endpoint { name: "test", subject: SUBJECT, queue: "test", in_flight }
}

async fn asked(client: &Client, body: &'static str) -> Result<Reply, AskError> {
    ask(client, SUBJECT, Bytes::from_static(body.as_bytes()), PATIENCE, "r-1").await
}

#[tokio::test]
async fn a_reply_comes_back_as_it_was_given() {
    let server = NatsServer::start().await;
    let shell = shell(&server).await;
    let echo = |request: Request| async move {
        assert_eq!(request.request_id, "r-1");
        assert!(request.remaining() > PATIENCE / 2);
        Reply::ok(request.body).at(7).of_version(3).with_status(201)
    };
    shell.serve(endpoint(8), echo).await.unwrap();
    let reply = asked(&server.client().await, "{}").await.unwrap();
    assert_eq!(reply, Reply::ok("{}").at(7).of_version(3).with_status(201));
    assert!(shell.metrics.text().contains(r#"chancery_requests_total{endpoint="test",status="201"} 1"#));
}

#[tokio::test]
async fn a_reply_goes_to_an_inbox_or_nowhere() {
    let server = NatsServer::start().await;
    let shell = shell(&server).await;
    shell.serve(endpoint(8), |_| async { Reply::ok("{}") }).await.unwrap();
    let client = server.client().await;
    let mut elsewhere = client.subscribe("elsewhere.>").await.unwrap();
    client.publish_with_reply(SUBJECT, "elsewhere.a", "{}".into()).await.unwrap();
    client.publish(SUBJECT, "{}".into()).await.unwrap();
    assert_eq!(asked(&client, "{}").await.unwrap().status, 200);
    assert!(shell.metrics.text().contains(r#"chancery_requests_expired_total{endpoint="test"} 2"#));
    assert!(elsewhere.next().now_or_never().is_none());
}

#[tokio::test]
async fn a_refusal_is_a_reply() {
    let server = NatsServer::start().await;
    let shell = shell(&server).await;
    let refuse = |_| async { Problem::new(ProblemKind::NotFound, "no such record").into() };
    shell.serve(endpoint(8), refuse).await.unwrap();
    let reply = asked(&shell.client, "{}").await.unwrap();
    assert_eq!(reply.status, 404);
    let problem = serde_json::from_slice::<Problem>(&reply.body).unwrap();
    assert_eq!(problem.kind, ProblemKind::NotFound);
}

#[tokio::test]
async fn nobody_there_is_known_at_once() {
    let server = NatsServer::start().await;
    let error = asked(&server.client().await, "{}").await.unwrap_err();
    assert!(matches!(error, AskError::NoResponders { .. }) && !error.is_ambiguous());
    assert_eq!(Problem::from(error).kind, ProblemKind::Unavailable);
}

#[tokio::test]
async fn beyond_its_limit_an_endpoint_refuses() {
    let server = NatsServer::start().await;
    let shell = shell(&server).await;
    let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (begun, release) = (Arc::clone(&begun), Arc::clone(&release));
        move |_| {
            let (begun, release) = (Arc::clone(&begun), Arc::clone(&release));
            async move {
                begun.notify_one();
                release.notified().await;
                Reply::ok("{}")
            }
        }
    };
    shell.serve(endpoint(1), handler).await.unwrap();
    let first = tokio::spawn({
        let client = shell.client.clone();
        async move { asked(&client, "{}").await.unwrap().status }
    });
    begun.notified().await;
    assert_eq!(asked(&shell.client, "{}").await.unwrap().status, 503);
    release.notify_one();
    assert_eq!(first.await.unwrap(), 200);
}

#[tokio::test]
async fn who_waits_leaves_the_place_to_others() {
    let server = NatsServer::start().await;
    let shell = shell(&server).await;
    let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (begun, release) = (Arc::clone(&begun), Arc::clone(&release));
        move |request: Request| {
            let (begun, release) = (Arc::clone(&begun), Arc::clone(&release));
            async move {
                if request.body == "wait" {
                    let waited = request.aside(async {
                        begun.notify_one();
                        release.notified().await;
                    });
                    waited.await.map_or_else(Reply::from, |()| Reply::ok("waited"))
                } else {
                    Reply::ok("worked")
                }
            }
        }
    };
    shell.serve(endpoint(1), handler).await.unwrap();
    let waits = tokio::spawn({
        let client = shell.client.clone();
        async move { asked(&client, "wait").await.unwrap() }
    });
    begun.notified().await;
    assert_eq!(asked(&shell.client, "work").await.unwrap(), Reply::ok("worked"));
    assert_eq!(asked(&shell.client, "wait").await.unwrap().status, 503, "the one place to wait is taken");
    release.notify_one();
    assert_eq!(waits.await.unwrap(), Reply::ok("waited"));
}

#[tokio::test]
async fn work_that_nobody_waits_for_is_dropped() {
    let server = NatsServer::start().await;
    let shell = shell(&server).await;
    let worked = Arc::new(AtomicUsize::new(0));
    let handler = {
        let worked = Arc::clone(&worked);
        move |_| {
            worked.fetch_add(1, Ordering::Relaxed);
            async { Reply::ok("{}") }
        }
    };
    shell.serve(endpoint(8), handler).await.unwrap();
    let error = ask(&shell.client, SUBJECT, Bytes::new(), Duration::ZERO, "r-1").await.unwrap_err();
    assert!(matches!(error, AskError::TimedOut { .. }) && error.is_ambiguous());
    eventually("the request is counted as expired", PATIENCE, async || {
        shell.metrics.text().contains(r#"chancery_requests_expired_total{endpoint="test"} 1"#).then_some(())
    })
    .await;
    assert_eq!(worked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_handler_that_panics_harms_no_other() {
    let server = NatsServer::start().await;
    let shell = shell(&server).await;
    let handler = |request: Request| async move {
        assert_ne!(request.body, "bad");
        Reply::ok("{}")
    };
    shell.serve(endpoint(1), handler).await.unwrap();
    assert_eq!(asked(&shell.client, "bad").await.unwrap().status, 500);
    assert_eq!(asked(&shell.client, "good").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_stop_finishes_what_was_taken() {
    let server = NatsServer::start().await;
    let shell = shell(&server).await;
    let (begun, release) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let handler = {
        let (begun, release) = (Arc::clone(&begun), Arc::clone(&release));
        move |_| {
            let (begun, release) = (Arc::clone(&begun), Arc::clone(&release));
            async move {
                begun.notify_one();
                let _permit = release.acquire().await.unwrap();
                Reply::ok("{}")
            }
        }
    };
    shell.serve(endpoint(8), handler).await.unwrap();
    let client = server.client().await;
    let taken = tokio::spawn({
        let client = client.clone();
        async move { asked(&client, "{}").await.unwrap().status }
    });
    begun.notified().await;
    assert!(!shell.stop(Duration::from_millis(1)).await, "one request is still worked on");
    eventually("nobody takes requests any more", PATIENCE, async || {
        // One that is taken all the same is not waited for.
        let probe = ask(&client, SUBJECT, Bytes::new(), Duration::from_millis(50), "r-2").await;
        matches!(probe, Err(AskError::NoResponders { .. })).then_some(())
    })
    .await;
    release.add_permits(1);
    assert!(shell.stop(PATIENCE).await);
    assert_eq!(taken.await.unwrap(), 200);
}

#[tokio::test]
async fn endpoints_are_discovered_and_share_the_work() {
    let server = NatsServer::start().await;
    let (one, two) = (shell(&server).await, shell(&server).await);
    for shell in [&one, &two] {
        shell.serve(endpoint(8), |_| async { Reply::ok("{}") }).await.unwrap();
    }
    let client = server.client().await;
    let inbox = client.new_inbox();
    let mut found = client.subscribe(inbox.clone()).await.unwrap();
    client.publish_with_reply("$SRV.PING.chancery-test", inbox, Bytes::new()).await.unwrap();
    for _ in 0..2 {
        let pong = tokio::time::timeout(PATIENCE, found.next()).await.unwrap().unwrap();
        assert!(pong.payload.windows(13).any(|part| part == b"chancery-test"));
    }
    for _ in 0..100 {
        asked(&client, "{}").await.unwrap();
    }
    for shell in [&one, &two] {
        let text = shell.metrics.text();
        assert!(text.contains(r#"chancery_requests_total{endpoint="test",status="200"}"#), "{text}");
    }
}
