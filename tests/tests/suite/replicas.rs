//! Two of each side by side share the work, and whoever waits for a position reads its own writes.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;
use system_tests::{Client, System, holds, log, rows};

use crate::{PROGRAM, settled};

const PAIRS: &[&[&str]] = &[&["registrar"], &["registrar"], &["projector"], &["projector"], &["gateway"]];

#[tokio::test]
async fn two_registrars_and_two_projectors_share_the_work() {
    let mut system = System::start(PROGRAM, PAIRS).await;
    let client = system.client();
    let submissions = (0..40).map(|writer| records_and_reads(client.clone(), writer));
    let positions = join_all(submissions).await.into_iter().flatten().collect::<BTreeSet<_>>();
    assert_eq!(positions.len(), 200, "each event has a position of its own");

    // With one of each gone the other does it all.
    for number in [0, 2] {
        system.stop(number).await;
        records_and_reads(client.clone(), 100 + number).await;
    }
    let nats = system.nats().client().await;
    let events = log::read(&nats).await;
    assert_eq!(events.len(), 210);
    for number in [0, 2] {
        system.start_again(number).await;
    }
    caught_up(&client, 210).await;
    system.stop(2).await;
    system.stop(3).await;
    for model in ["dossiers", "timeline", "calendar", "search"] {
        let [one, other] =
            [2, 3].map(|number| rows::read(&system.data(number).join("projector").join(model)));
        assert!(one == other, "{model} differ:\n{}", rows::differences(&one, &other).join("\n"));
    }
}

/// Five events on one record of all writers and on one of its own; each is read back at once.
async fn records_and_reads(client: Client, writer: usize) -> Vec<u64> {
    let mut positions = Vec::new();
    for round in 0..5 {
        let subject =
            if round % 2 == 0 { "matter/~shared".to_owned() } else { format!("matter/~own-{writer}") };
        let description = format!("{writer} in round {round}");
        let event = json!({
            "id": format!("{writer}/{round}"), "type": "matter.development_recorded", "subject": subject,
            "data": {"kind": "issue", "title": "An issue", "status": "noted", "description": description},
        });
        let answer = client.submit(&event).await;
        let (position, recorded) = (answer.position(), answer.ok());
        let subject = recorded["events"][0]["subject"].as_str().expect("a subject");
        let path = subject.replace("matter/", "/v1/matters/");
        let read = client.get(&format!("{path}?min_position={position}")).await;
        assert!(read.position() >= position);
        let shows = json!({"developments": [{"description": description}]});
        assert!(holds(&read.clone().ok(), &shows), "{:#}", read.body);
        positions.push(position);
    }
    positions
}

/// Both projectors answer, so ask often enough to meet both.
async fn caught_up(client: &Client, position: u64) {
    for _ in 0..20 {
        settled(client, position).await;
    }
}
