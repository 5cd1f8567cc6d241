//! The whole register, from HTTP to the log and back.

mod bad_input;
mod facts;
mod kill;
mod markings;
mod replicas;
mod samples;
mod stories;

use serde_json::Value;
use system_tests::{Client, System, sample};

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_chancery_under_test");

/// Records a sample and waits until queries have it.
async fn record(client: &Client, name: &str) -> Value {
    let answer = client.submit(&sample::read(name)).await;
    let position = answer.position();
    client.get(&format!("/v1/engagements?min_position={position}")).await.ok();
    client.get(&format!("/v1/timeline?min_position={position}")).await.ok();
    answer.ok()
}

/// A register in one process.
async fn whole() -> System {
    System::start_whole(PROGRAM).await
}
