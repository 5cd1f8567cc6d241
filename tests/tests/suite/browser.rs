//! A browser follows: headless Chromium with `EventSource`, over a gateway that is killed meanwhile.
//!
//! `make browser` fetches what it takes and runs it.

use std::env;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use system_tests::System;
use testkit::{PATIENCE, eventually};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::sync::watch;

use crate::PROGRAM;

const GATEWAY: usize = 1;
const EVENTS: u64 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and Node: make browser"]
async fn a_browser_survives_a_gateway_that_dies_and_hears_every_event_once_in_order() {
    let mut system = System::start(PROGRAM, &[&["registrar", "projector"], &["gateway"]]).await;
    let client = system.client();
    let (told, mut heard) = watch::channel(0);
    let follow = follow(format!("http://{}", system.address()), system.token(), told);
    let record = async {
        for nth in 0..EVENTS {
            let title = format!("Matter {nth}");
            let event = json!({"id": format!("b-{nth}"), "type": "matter.opened", "subject": format!("matter/~{nth}"),
                "data": {"kind": "issue", "title": title, "parties": [{"party": "CA", "role": "exporter"}]}});
            client.submit_until_taken(&event).await;
            // Twice, while the browser listens.
            if nth == EVENTS / 3 || nth == EVENTS * 2 / 3 {
                heard.wait_for(|last| *last > nth * 3 / 4).await.expect("the browser runs");
                system.kill(GATEWAY);
                system.start_again(GATEWAY).await;
            }
        }
    };
    let (lines, ()) = tokio::join!(follow, record);
    assert_eq!(lines.iter().filter(|line| *line == "again").count(), 2, "{lines:?}");
    let seen = lines.iter().filter_map(|line| line.split_once(' '));
    let seen = seen.map(|(id, event)| {
        let event = serde_json::from_str::<Value>(event).expect("JSON");
        (id.parse::<u64>().expect("a position"), event["id"].as_str().expect("an id").to_owned())
    });
    let expected = (0..EVENTS).map(|nth| (nth + 1, format!("b-{nth}")));
    assert_eq!(seen.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

/// What the page says, line by line; how far it is is told as it goes.
async fn follow(url: String, token: String, told: watch::Sender<u64>) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let chromium = env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    let mut node = Command::new("node");
    node.arg(folder.join("follow.mjs")).args([&chromium, &url, &token, &EVENTS.to_string()]);
    let mut node = node.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("node is there");
    let mut lines = BufReader::new(node.stdout.take().expect("it is piped")).lines();
    let mut all = vec![];
    while let Some(line) = lines.next_line().await.expect("text") {
        if let Some((id, _)) = line.split_once(' ') {
            told.send_replace(id.parse().expect("a position"));
        }
        all.push(line);
    }
    let ended =
        eventually("the end of the browser", PATIENCE, async || node.try_wait().expect("it ran")).await;
    assert!(ended.success(), "{ended}");
    all
}
