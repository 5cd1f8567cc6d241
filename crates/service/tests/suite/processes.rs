//! A process from its start to its end.

use std::io::{BufRead, BufReader, Lines};
use std::process::ChildStdout;
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
    assert_eq!(ready(&process).await, (503, json!({"ready": false, "missing": ["roles"]})));
    process.begun();
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
async fn a_role_is_not_ready_before_its_latches_are() {
    let (server, folder) = (NatsServer::start().await, TempDir::new().unwrap());
    let mut process = Process::start(&common(server.url(), &folder), "test").await.unwrap();
    let go = Arc::new(tokio::sync::Notify::new());
    let gone = Arc::clone(&go);
    process.role("registrar", |shell| async move {
        let latch = shell.latch("log");
        gone.notified().await;
        latch.set();
        shell.shutdown.cancelled().await;
        Ok(())
    });
    process.begun();
    assert!(!process.shell().readiness.is_ready(), "it has hardly begun");
    eventually("the role has begun", PATIENCE, async || {
        (process.shell().readiness.missing() == ["registrar.log"]).then_some(())
    })
    .await;
    go.notify_one();
    process.shell().readiness.ready().await;
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
    let mut common = common(server.url(), &folder);
    common.basics.stop_within = Duration::from_millis(50);
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
    process.begun();
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

/// Not a test of its own: what the tests of signals start.
#[tokio::test]
#[ignore = "is started by other tests"]
async fn child() {
    let Ok(url) = std::env::var("CHILD_NATS") else { return };
    let folder = TempDir::new().unwrap();
    let mut process = Process::start(&common(&url, &folder), "test").await.unwrap();
    let stubborn = std::env::var_os("CHILD_STUBBORN").is_some();
    process.role("registrar", move |shell| async move {
        if !stubborn {
            shell.shutdown.cancelled().await;
            return Ok(());
        }
        std::future::pending().await
    });
    println!("admin {}", process.admin());
    process.finish().await.unwrap();
}

struct Child {
    process: std::process::Child,
    admin: String,
    /// Kept open: the child may have more to say.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Child {
    /// This very program, told to run [`child`].
    fn start(server: &NatsServer, variables: &[(&str, &str)]) -> Self {
        let mut process = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "processes::child", "--ignored", "--nocapture"])
            .env("CHILD_NATS", server.url())
            .envs(variables.iter().copied())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let admin = lines
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| line.split_once("admin ").map(|(_, address)| address.to_owned()));
        Self { process, admin: admin.unwrap(), _lines: lines }
    }

    fn terminate(&self) {
        let id = self.process.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    async fn ended(&mut self) -> std::process::ExitStatus {
        eventually("the child ends", PATIENCE, async || self.process.try_wait().unwrap()).await
    }

    async fn missing(&self) -> Value {
        let answer = http_client().get(format!("http://{}/ready", self.admin)).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["missing"].clone()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Fails only for a process that has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_signal_ends_the_process_in_order() {
    let server = NatsServer::start().await;
    let mut child = Child::start(&server, &[]);
    child.terminate();
    assert!(child.ended().await.success());
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let server = NatsServer::start().await;
    let mut child = Child::start(&server, &[("CHILD_STUBBORN", "1")]);
    child.terminate();
    eventually("it stops, and says so", PATIENCE, async || {
        (child.missing().await == json!(["stopping"])).then_some(())
    })
    .await;
    child.terminate();
    assert_eq!(child.ended().await.code(), Some(143));
}
