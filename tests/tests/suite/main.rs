//! The whole register, from HTTP to the log and back.

mod audit;
mod bad_input;
mod briefs;
mod browser;
mod facts;
mod feeds;
mod following;
mod founding;
mod hidden;
mod kill;
mod known_at;
mod markings;
mod notifying;
mod pages;
mod proofs;
mod rebuild;
mod recalling;
mod receivers;
mod replicas;
mod samples;
mod sealing;
mod stories;
mod subscriptions;
mod tampering;
mod witnesses;

use std::time::Duration;

use eventlog::EventLog;
use serde_json::Value;
use system_tests::{Client, System, sample};
use testkit::eventually;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_chancery_under_test");

/// Records a sample and waits until queries have it.
async fn record(client: &Client, name: &str) -> Value {
    let answer = client.submit(&sample::read(name)).await;
    settled(client, answer.position()).await;
    answer.ok()
}

/// One question of each read model.
const EACH: [&str; 4] = ["sources?", "timeline?", "calendar?", "search?q=nothing&"];

/// Waits until every read model has this position.
async fn settled(client: &Client, position: u64) {
    for question in EACH {
        let path = format!("/v1/{question}limit=1&min_position={position}");
        eventually("the read models to catch up", CATCHING_UP, async || {
            (client.get(&path).await.status == 200).then_some(())
        })
        .await;
    }
}

/// Nothing takes longer to be projected.
const CATCHING_UP: Duration = Duration::from_secs(400);

/// A log past the registrar, for what is recorded as if at a time gone by.
async fn log_of(system: &mut System) -> EventLog {
    let client = system.nats().client().await;
    EventLog::open(client, eventlog::Settings::default()).await.expect("the log is there")
}

/// A register in one process.
async fn whole() -> System {
    System::start_whole(PROGRAM).await
}
