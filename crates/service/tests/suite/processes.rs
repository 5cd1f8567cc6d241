//! A process from its start to its end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use clap::Parser;
use serde_json::{Value, json};
use service::{Common, ConnectError, Endpoint, Process, Readiness, Reply, StartError, ask, connect};
use tempfile::TempDir;
use testkit::{NatsServer, PATIENCE, eventually, http_client};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    common: Common,
}

fn common(url: &str, folder: &TempDir) -> Common {
    let data = folder.path().to_str().unwrap();
    let line = ["test", "--nats", url, "--admin", "127.0.0.1:0", "--data", data, "--stop-within", "30"];
    Line::parse_from(line).common
}

async fn ready(process: &Process) -> (u16, Value) {
    let url = format!("http://{}/ready", process.admin());
    let answer = http_client().get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn readiness_names_what_is_missing() {
    let (server, folder) = (NatsServer::start().await, TempDir::new().unwrap());
    let process = Process::start(&common(server.url(), &folder), "test").await.unwrap();
    assert_eq!(ready(&process).await, (200, json!({"ready": true, "missing": []})));
    let latch = process.shell().latch("log");
    assert_eq!(ready(&process).await, (503, json!({"ready": false, "missing": ["process.log"]})));
    latch.set();
    assert_eq!(ready(&process).await.0, 200);
    let live = http_client().get(format!("http://{}/live", process.admin())).send().await.unwrap();
    assert_eq!(live.status(), 200);
    let metrics = http_client().get(format!("http://{}/metrics", process.admin())).send().await.unwrap();
    assert!(metrics.text().await.unwrap().ends_with("# EOF\n"));
}

#[tokio::test]
async fn roles_stop_in_the_reverse_order_of_their_start() {
    let (server, folder) = (NatsServer::start().await, TempDir::new().unwrap());
    let mut process = Process::start(&common(server.url(), &folder), "test").await.unwrap();
    let stopped = Arc::new(Mutex::new(Vec::new()));
    for role in ["registrar", "projector", "gateway"] {
        let stopped = Arc::clone(&stopped);
        process.role(role, |shell| async move {
            shell.shutdown.cancelled().await;
            stopped.lock().unwrap().push(role);
            Ok(())
        });
    }
    let token = process.shell().shutdown.clone();
    let finished = tokio::spawn(process.finish());
    token.cancel();
    finished.await.unwrap().unwrap();
    assert_eq!(*stopped.lock().unwrap(), ["gateway", "projector", "registrar"]);
}

#[tokio::test]
async fn a_role_that_fails_ends_the_process() {
    let (server, folder) = (NatsServer::start().await, TempDir::new().unwrap());
    let mut process = Process::start(&common(server.url(), &folder), "test").await.unwrap();
    process.role("registrar", |shell| async move {
        shell.shutdown.cancelled().await;
        Ok(())
    });
    process.role("projector", |_| async { anyhow::bail!("the disk is full") });
    let error = process.finish().await.unwrap_err();
    assert_eq!(format!("{error:#}"), "projector failed: the disk is full");
}

#[tokio::test]
async fn a_role_that_hangs_is_abandoned_at_the_deadline() {
    let (server, folder) = (NatsServer::start().await, TempDir::new().unwrap());
    let common = Common { stop_within: Duration::from_millis(50), ..common(server.url(), &folder) };
    let mut process = Process::start(&common, "test").await.unwrap();
    process.role("registrar", |_| std::future::pending());
    process.shell().shutdown.cancel();
    let error = process.finish().await.unwrap_err();
    assert_eq!(error.to_string(), "registrar did not stop in time");
}

#[tokio::test]
async fn a_lost_server_is_found_again() {
    let (mut server, folder) = (NatsServer::start().await, TempDir::new().unwrap());
    let process = Process::start(&common(server.url(), &folder), "test").await.unwrap();
    let shell = process.shell();
    let endpoint = Endpoint { name: "test", subject: "chancery.test", queue: "test", in_flight: 8 };
    shell.serve(endpoint, |_| async { Reply::ok("{}") }).await.unwrap();
    server.kill().await;
    eventually("the loss is noticed", PATIENCE, async || {
        (ready(&process).await.1["missing"] == json!(["nats"])).then_some(())
    })
    .await;
    server.restart().await;
    shell.readiness.ready().await;
    eventually("the endpoint answers again", PATIENCE, async || {
        let reply = ask(&shell.client, endpoint.subject, Bytes::new(), Duration::from_secs(1), "r").await;
        reply.is_ok().then_some(())
    })
    .await;
}

#[tokio::test]
async fn credentials_in_the_address_are_used() {
    let users = r#"authorization { users: [{ user: "who", password: "p@ss" }] }"#;
    let (server, folder) = (NatsServer::start_with(users).await, TempDir::new().unwrap());
    let with = |who: &str| common(&server.url().replace("//", &format!("//{who}@")), &folder);
    let latch = || Readiness::new().latch("nats");
    connect(&with("who:p%40ss"), "test", latch()).await.unwrap();
    let error = connect(&with("who:wrong"), "test", latch()).await.unwrap_err();
    assert!(matches!(error, ConnectError::Refused { .. }), "{error}");
    assert!(!error.to_string().contains("wrong"));
}

#[tokio::test]
async fn a_server_that_is_not_there_ends_the_start() {
    let (mut server, folder) = (NatsServer::start().await, TempDir::new().unwrap());
    server.kill().await;
    let common = Common { nats_wait: Duration::from_millis(200), ..common(server.url(), &folder) };
    let started = Process::start(&common, "test").await;
    assert!(matches!(started.err(), Some(StartError::Nats(error)) if error.is_transient()));
}

#[tokio::test]
async fn a_server_that_comes_late_is_waited_for() {
    let (mut server, folder) = (NatsServer::start().await, TempDir::new().unwrap());
    server.kill().await;
    let common = common(server.url(), &folder);
    let starting = tokio::spawn(async move { Process::start(&common, "test").await });
    server.restart().await;
    assert!(starting.await.unwrap().is_ok());
}
