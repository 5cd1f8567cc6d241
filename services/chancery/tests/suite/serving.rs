//! The register and its private server, through the deaths of either.

use std::fs;

use async_nats::ConnectOptions;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use testkit::{PATIENCE, eventually};

use crate::register::{Done, Register, lives, program};

const CALL: &[&str] = &["record", "held", "call", "--with", "CA", "--key", "call"];

fn kill(pid: i32) {
    kill_process(Pid::from_raw(pid).expect("a process number"), Signal::KILL).expect("it runs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_a_killed_parent_leaves_does_not_block_the_next_start() {
    let mut register = Register::start().await;
    register.run(CALL).text();
    let orphan = register.server();
    register.kill();
    assert!(lives(orphan), "the server was to outlive its parent in this test");
    register.begin().await;
    assert!(!lives(orphan), "two servers share one folder");
    assert!(lives(register.server()));
    assert_eq!(register.run(&["show", "engagement/~call", "--json"]).json()["version"], 1);
    assert!(register.log().contains("left behind"), "{}", register.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_has_one_register() {
    let register = Register::start().await;
    let second = program()
        .args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
        .env("CHANCERY_DATA", register.data())
        .output();
    let second = Done::from(second.expect("it runs"));
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.err.contains("in use by another"), "{second:?}");
    register.run(CALL).text();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_is_started_again() {
    let register = Register::start().await;
    register.run(CALL).text();
    let first = register.server();
    kill(first);
    eventually("another server", PATIENCE, async || {
        let pid =
            fs::read_to_string(register.data().join("nats/server.pid")).ok()?.trim().parse::<i32>().ok()?;
        (pid != first && lives(pid)).then_some(())
    })
    .await;
    eventually("the register at work", PATIENCE, async || {
        let done = register.run(&["record", "held", "call", "--with", "US", "--json"]);
        (done.code == Some(0)).then_some(())
    })
    .await;
    assert_eq!(register.run(&["show", "engagement/~call", "--json"]).json()["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_nothing_running() {
    let mut register = Register::start().await;
    let server = register.server();
    register.stop().await;
    assert!(!lives(server), "the server still runs");
    assert!(!register.data().join("address").exists());
    let done = register.run(&["list", "engagements", "--url", "http://127.0.0.1:9"]);
    assert_eq!(done.code, Some(69), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_ends_the_start_and_leaves_nothing_running() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("it is bound").to_string();
    let folder = tempfile::tempdir().expect("a temporary folder");
    for [listen, admin] in [[address.as_str(), "127.0.0.1:0"], ["127.0.0.1:0", &address]] {
        let output = program()
            .args(["serve", "--listen", listen, "--admin", admin])
            .env("CHANCERY_DATA", folder.path())
            .output();
        let done = Done::from(output.expect("it runs"));
        assert_eq!(done.code, Some(1), "{done:?}");
        assert!(done.err.contains(&format!("{address} cannot be taken")), "{done:?}");
        let pid = fs::read_to_string(folder.path().join("nats/server.pid")).unwrap_or_default();
        assert!(pid.trim().parse().map_or(true, |pid| !lives(pid)), "nats-server was left running");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_role_s_credential_can_change_or_remove_history() {
    let register = Register::start().await;
    register.run(CALL).text();
    for (user, client) in clients(&register).await {
        let before = info(&client).await;
        for (verb, body) in [
            (
                "STREAM.UPDATE.CHANCERY",
                json!({"name": "CHANCERY", "subjects": ["chancery.events.>"], "max_msgs": 1}),
            ),
            (
                "STREAM.CREATE.CHANCERY",
                json!({"name": "CHANCERY", "subjects": ["chancery.events.>"], "max_msgs": 1}),
            ),
            ("STREAM.PURGE.CHANCERY", json!({})),
            ("STREAM.MSG.DELETE.CHANCERY", json!({"seq": 1})),
            ("STREAM.DELETE.CHANCERY", json!({})),
        ] {
            let reply = ask(&client, verb, &body).await;
            let done = reply.as_ref().is_some_and(|reply| reply["error"].is_null());
            assert!(!done, "{user} may {verb}: {reply:?}");
        }
        assert_eq!(info(&client).await, before, "{user}");
    }
    assert_eq!(register.run(&["show", "engagement/~call", "--json"]).json()["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_reply_goes_into_the_log() {
    let register = Register::start().await;
    register.run(CALL).text();
    let questions = [
        "chancery.commands",
        "chancery.queries.dossiers",
        "chancery.queries.timeline",
        "chancery.queries.audit",
        "chancery.subscriptions",
    ];
    let services = ["$SRV.PING", "$SRV.INFO", "$SRV.STATS"];
    let mut clients = clients(&register).await;
    for (user, client) in &clients {
        for subject in questions.iter().chain(&services).copied() {
            let into = "chancery.events.engagement.0191d3c2-0000-7000-8000-000000000000";
            client.publish_with_reply(subject, into, "{}".into()).await.expect("it is sent");
        }
        // The server's own answers go wherever a question says; the gateway has none to ask.
        if user == "gateway" {
            let info = ("$JS.API.INFO", "chancery.events.engagement.info");
            client.publish_with_reply(info.0, info.1, "".into()).await.expect("it is sent");
        }
        client.flush().await.expect("the server is there");
    }
    // A reply would come before the next event's: services answer in order.
    register.run(&["record", "held", "call", "--with", "CA", "--key", "second"]).text();
    let (_, registrar) = clients.swap_remove(1);
    let state = ask(&registrar, "STREAM.INFO.CHANCERY", &json!({})).await.expect("it may know");
    assert_eq!(state["state"]["messages"], 2, "{state}");
}

/// A connection for every user of the private server.
async fn clients(register: &Register) -> Vec<(String, async_nats::Client)> {
    let conf = fs::read_to_string(register.data().join("nats/server.conf")).expect("it is there");
    let users = conf.lines().filter_map(|line| {
        let mut quoted = line.trim().strip_prefix("{ user: ")?.split('"');
        Some((quoted.nth(1)?.to_owned(), quoted.nth(1)?.to_owned()))
    });
    let port = conf.lines().find_map(|line| line.strip_prefix("port: ")).expect("it has a port");
    let mut clients = Vec::new();
    for (user, password) in users {
        let inbox = format!("_INBOX.{user}");
        let options =
            ConnectOptions::with_user_and_password(user.clone(), password).custom_inbox_prefix(inbox);
        let client = options.connect(format!("127.0.0.1:{port}")).await.expect("the credential is good");
        clients.push((user, client));
    }
    assert_eq!(clients.len(), 6, "{conf}");
    clients
}

/// What the stream is, for those who may know.
async fn info(client: &async_nats::Client) -> Option<Value> {
    let info = ask(client, "STREAM.INFO.CHANCERY", &json!({})).await?;
    Some(json!([info["config"], info["state"]["messages"], info["created"]]))
}

/// The reply; `None` where none comes because the question was not allowed.
async fn ask(client: &async_nats::Client, verb: &str, body: &Value) -> Option<Value> {
    let request = async_nats::Request::new().payload(body.to_string().into());
    // What is not allowed is never answered, so this is how long a refusal takes.
    let request = request.timeout(Some(std::time::Duration::from_millis(300)));
    let reply = client.send_request(format!("$JS.API.{verb}"), request).await.ok()?;
    serde_json::from_slice(&reply.payload).ok()
}
