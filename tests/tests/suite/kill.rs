//! Every role and nats-server are killed while clients record; what was acknowledged is there once, and the read
//! models are what a rebuild makes of the log.

use std::collections::HashMap;
use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use system_tests::log::Logged;
use system_tests::{AGENCY, Client, System, log, rows};
use testkit::eventually;

use crate::{PROGRAM, settled};

/// Clients that record at the same time.
const CLIENTS: usize = 32;

/// Events of one submission; on average half of it.
const LARGEST_SUBMISSION: u64 = 19;

/// Developments of one record.
const EVENTS_PER_RECORD: u64 = 20;

/// One of so many records is an engagement that is put off again and again; the others are matters.
const FORESEEN: u64 = 4;

/// Nothing takes longer to come back.
const PATIENCE: Duration = Duration::from_secs(120);

const REGISTRAR: usize = 0;
const PROJECTOR: usize = 1;
const GATEWAY: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_when_processes_die() {
    let load = Load::new();
    let mut system = System::start(PROGRAM, &[&["registrar"], &["projector"], &["gateway"]]).await;
    let client = system.client();
    let (acknowledged, ()) = tokio::join!(load.run(&client), kill_in_turn(&mut system, &load));
    let nats = system.nats().client().await;
    let events = log::read(&nats).await;
    load.check(&acknowledged, &events);

    let head = events.last().map_or(0, |event| event.position);
    settled(&client, head).await;
    system.stop(PROJECTOR).await;
    let rebuilt = system.add(&["projector"]).await;
    settled(&client, head).await;
    system.stop(rebuilt).await;
    for model in ["dossiers", "timeline", "calendar", "search"] {
        let [killed, fresh] =
            [PROJECTOR, rebuilt].map(|number| rows::read(&system.data(number).join("projector").join(model)));
        assert!(killed.len() as u64 > load.events / EVENTS_PER_RECORD / FORESEEN, "{model} has rows");
        assert!(killed == fresh, "{model} differ:\n{}", rows::differences(&killed, &fresh).join("\n"));
    }
}

/// Two rounds of kills, spread evenly over the load.
async fn kill_in_turn(system: &mut System, load: &Load) {
    let victims = [
        Some(REGISTRAR),
        Some(PROJECTOR),
        Some(GATEWAY),
        None,
        None,
        Some(PROJECTOR),
        Some(REGISTRAR),
        Some(GATEWAY),
    ];
    for (turn, victim) in (1..).zip(victims) {
        let due = load.events * turn / (victims.len() as u64 + 1);
        eventually("the load to go on", PATIENCE, async || (load.recorded() >= due).then_some(())).await;
        match victim {
            Some(number) => {
                system.kill(number);
                system.start_again(number).await;
            }
            None => system.nats().restart().await,
        }
    }
}

/// What is recorded, and how much of it has been acknowledged.
struct Load {
    events: u64,
    acknowledged: AtomicU64,
}

/// What a client was told of an event: version and position.
type Acknowledged = HashMap<String, (u64, u64)>;

impl Load {
    /// As many events as `CHANCERY_LOAD` says.
    fn new() -> Self {
        let events = env::var("CHANCERY_LOAD").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000);
        Self { events, acknowledged: AtomicU64::new(0) }
    }

    fn recorded(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Records everything with many clients at once, each sending again what was not acknowledged.
    async fn run(&self, client: &Client) -> Acknowledged {
        let submissions = self.submissions();
        let clients = (0..CLIENTS).map(|number| {
            let own = submissions.iter().skip(number).step_by(CLIENTS);
            async move {
                let mut all = Acknowledged::new();
                for submission in own {
                    all.extend(self.acknowledge(&client.submit_until_taken(submission).await.body));
                }
                all
            }
        });
        join_all(clients).await.into_iter().flatten().collect()
    }

    fn submissions(&self) -> Vec<Value> {
        let mut submissions = Vec::new();
        let mut next = 0;
        while next < self.events {
            let size = 1 + (submissions.len() as u64 * 7) % LARGEST_SUBMISSION;
            let end = self.events.min(next + size);
            submissions.push((next..end).map(|number| self.event(number)).collect());
            next = end;
        }
        submissions
    }

    fn event(&self, number: u64) -> Value {
        let record = number.wrapping_mul(7919) % (self.events / EVENTS_PER_RECORD).max(1);
        let month = format!("20{:02}-{:02}", number % 90 + 10, number % 12 + 1);
        if record.is_multiple_of(FORESEEN) {
            return json!({
                "id": format!("load/{number}"), "type": "engagement.scheduled",
                "subject": format!("engagement/~{record}"),
                "data": {
                    "kind": "dialogue", "title": format!("Dialogue {record}"), "window": month,
                    "participants": ["CA", "PK"], "topics": ["trade"], "notes": [format!("Put off by {number}")],
                },
            });
        }
        json!({
            "id": format!("load/{number}"), "type": "matter.development_recorded",
            "subject": format!("matter/~{record}"),
            "data": {
                "kind": "trade_flow", "title": format!("Flow {record}"), "status": "moved",
                "occurred": month,
                "parties": [{"party": "CA", "role": "exporter"}, {"party": "PK", "role": "importer"}],
                "topics": ["trade"], "description": format!("Shipment {number} of the flow"),
            },
        })
    }

    fn acknowledge(&self, body: &Value) -> Acknowledged {
        let events = body["events"].as_array().expect("one for each event sent");
        let told = |event: &Value| {
            let number = |name: &str| event[name].as_u64().expect("a number");
            let id = event["id"].as_str().expect("an id").to_owned();
            (id, (number("version"), number("position")))
        };
        self.acknowledged.fetch_add(events.len() as u64, Ordering::Relaxed);
        events.iter().map(told).collect()
    }

    /// Every event is in the log once, where its client was told; each record's versions have no gap.
    fn check(&self, acknowledged: &Acknowledged, events: &[Logged]) {
        assert_eq!(acknowledged.len() as u64, self.events);
        assert_eq!(events.len() as u64, self.events, "no event twice");
        let mut versions = HashMap::new();
        for logged in events {
            let version = versions.entry(logged.subject).or_insert(0);
            *version += 1;
            assert_eq!(logged.version, *version, "{} at {}", logged.subject, logged.position);
            assert_eq!(logged.event.source, AGENCY);
            let told = acknowledged.get(&logged.event.id);
            assert_eq!(told, Some(&(u64::from(logged.version), logged.position)), "{}", logged.event.id);
        }
    }
}
