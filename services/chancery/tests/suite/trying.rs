//! What a newcomer does: `make run` and `make demo`, but for the building.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use testkit::{PATIENCE, eventually, nats_server};

use crate::register::{Done, Register, program};

pub(crate) const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/samples");
const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/local/demo.sh");

#[tokio::test(flavor = "multi_thread")]
async fn samples_are_recorded_once_and_a_token_is_left() {
    let mut register = Register::start_with(&["--samples", SAMPLES]).await;
    let welcome = eventually("the welcome", PATIENCE, async || {
        Some(register.said()).filter(|said| said.contains("Ctrl-C"))
    });
    assert!(welcome.await.contains("report-b.json"));
    let token = register.data().join("token");
    assert_eq!(token.metadata().expect("it is left").permissions().mode() & 0o777, 0o600);
    let token = std::fs::read_to_string(token).expect("it is readable");
    let listed = register.run(&["list", "engagements", "--token", token.trim(), "--json"]).json();
    let count = listed["items"].as_array().map(Vec::len);
    assert!(count.is_some_and(|count| count >= 5), "{listed}");
    register.stop().await;
    register.begin().await;
    eventually("the welcome", PATIENCE, async || register.said().contains("Ctrl-C").then_some(())).await;
    assert!(!register.said().contains("Recorded"), "{}", register.said());
    let again = register.run(&["list", "engagements", "--json"]).json();
    assert_eq!(again["items"].as_array().map(Vec::len), count);
}

#[test]
fn samples_that_are_refused_end_the_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("bad.json"), r#"{"type":"engagement.eaten"}"#).expect("it is writable");
    let data = folder.path().join("data");
    let mut command = program();
    command.args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--samples"]);
    let output = command.arg(folder.path()).env("CHANCERY_DATA", &data).output();
    let done = Done::from(output.expect("it ends"));
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.err.contains("bad.json is refused") && done.err.contains("/type"), "{done:?}");
    assert!(!data.join("address").exists());
}

#[test]
fn the_demonstration_ends_well_and_shows_the_name_before_and_after() {
    let mut command = Command::new(DEMO);
    command.arg(env!("CARGO_BIN_EXE_chancery")).env("NATS_SERVER", nats_server());
    let done = Done::from(command.output().expect("it runs"));
    let text = done.text();
    let (before, after) = text.split_once("chancery correct").expect("it corrects");
    assert!(before.contains("Thomas Souzzi (") && !before.contains("Suozzi"), "{before}");
    assert!(after.contains("Thomas Suozzi (") && after.contains("Thomas Souzzi → Thomas Suozzi"), "{after}");
    assert!(done.err.is_empty(), "{}", done.err);
}
