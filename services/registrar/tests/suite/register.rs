//! A register made of a server and registrars, and what tests ask of it.

use std::time::Duration;

use bytes::Bytes;
use contract::{Principal, Problem, ProblemKind, Proposed, Recorded, Role, Submit, Submitted, subjects};
use domain::Subject;
use eventlog::{Entry, EventLog};
use registrar::Settings;
use serde_json::{Value, json};
use service::{Clock, Reply, Shell, ask};
use tempfile::TempDir;
use testkit::{NatsServer, PATIENCE, eventually};
use tokio::time::timeout;

/// Some officer's agency.
pub(crate) const AGENCY: &str = "urn:agency:pk:mofa";

/// A server with registrars on it. All of it ends with the test.
pub(crate) struct Register {
    pub(crate) client: async_nats::Client,
    pub(crate) log: EventLog,
    pub(crate) shells: Vec<Shell>,
    pub(crate) server: NatsServer,
    data: TempDir,
}

impl Register {
    pub(crate) async fn start() -> Self {
        Self::with(1, Clock::system()).await
    }

    /// Several registrars side by side.
    pub(crate) async fn with(registrars: usize, clock: Clock) -> Self {
        let server = NatsServer::start().await;
        let client = server.client().await;
        let log = EventLog::open(client.clone(), eventlog::Settings::default()).await.unwrap();
        let mut register =
            Self { client, log, shells: Vec::new(), server, data: tempfile::tempdir().unwrap() };
        for _ in 0..registrars {
            register.add(clock.clone()).await;
        }
        register
    }

    async fn add(&mut self, clock: Clock) {
        let shell = Shell::new("registrar", self.server.client().await, self.data.path());
        let shell = Shell { clock, ..shell };
        // The registrar's own latch, before it comes to it: nobody is ready who has not begun.
        let _ = shell.latch("log");
        shell.tasks.spawn(registrar::run(Settings::default(), shell.clone()));
        timeout(PATIENCE, shell.readiness.ready()).await.unwrap();
        // That it has subscribed may reach the server after what others send.
        eventually("an answer", PATIENCE, async || {
            let within = Duration::from_secs(1);
            ask(&self.client, subjects::COMMANDS, Bytes::new(), within, "first").await.ok()
        })
        .await;
        self.shells.push(shell);
    }

    /// Whatever was recorded so far, it was in another log; a registrar finds that out.
    pub(crate) async fn lose(&mut self) -> Shell {
        for shell in self.shells.drain(..) {
            assert!(shell.stop(PATIENCE).await);
        }
        let file = self.data.path().join("registrar/log");
        assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), self.log.identity().to_string());
        std::fs::write(file, "2020-01-01T00:00:00Z\n").unwrap();
        let shell = Shell::new("registrar", self.server.client().await, self.data.path());
        shell.tasks.spawn(registrar::run(Settings::default(), shell.clone()));
        shell
    }

    /// A registrar that remembers nothing, instead of those there are.
    pub(crate) async fn renew(&mut self) {
        for shell in self.shells.drain(..) {
            assert!(shell.stop(PATIENCE).await);
        }
        self.add(Clock::system()).await;
    }

    pub(crate) async fn ask(&self, submit: &Submit) -> Reply {
        let body = serde_json::to_vec(submit).unwrap();
        ask(&self.client, subjects::COMMANDS, body.into(), Duration::from_secs(20), "test").await.unwrap()
    }

    /// What is answered to one event of the officer's.
    pub(crate) async fn send(&self, event: Value) -> Reply {
        self.ask(&one(event)).await
    }

    /// Records one event.
    pub(crate) async fn record(&self, event: Value) -> Submitted {
        accepted(&self.send(event).await)
    }

    /// Records several as one.
    pub(crate) async fn record_all(&self, events: Vec<Value>) -> Submitted {
        accepted(&self.ask(&several(events)).await)
    }

    /// Everything that the log has of a record.
    pub(crate) async fn read(&self, subject: &Subject) -> Vec<(Entry, Recorded)> {
        let entries = self.log.read(subject).await.unwrap();
        entries.into_iter().map(|entry| (entry.clone(), Recorded::parse(&entry.payload).unwrap())).collect()
    }

    /// How many events there are.
    pub(crate) async fn head(&self) -> u64 {
        self.log.head().await.unwrap()
    }

    /// The value of a metric, summed over the registrars.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let of_one = |shell: &Shell| {
            let text = shell.metrics.text();
            let line =
                text.lines().find(|line| line.starts_with(name) && !line.starts_with('#')).map(str::to_owned);
            line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        };
        self.shells.iter().map(of_one).sum()
    }
}

/// An officer who may record, of the usual agency.
pub(crate) fn officer() -> Principal {
    Principal {
        subject: "officer-1".into(),
        agency: AGENCY.into(),
        party: "PK".into(),
        roles: [Role::Recorder].into(),
        level: "OFFICIAL-SENSITIVE".into(),
        caveats: ["DESK".into()].into(),
    }
}

pub(crate) fn proposed(event: Value) -> Proposed {
    // Raw JSON is read from text only.
    serde_json::from_str(&event.to_string()).unwrap()
}

/// A single event.
pub(crate) fn one(event: Value) -> Submit {
    Submit {
        principal: officer(),
        events: vec![proposed(event)],
        listed: false,
        dry_run: false,
        strict: false,
    }
}

/// A list.
pub(crate) fn several(events: Vec<Value>) -> Submit {
    let events = events.into_iter().map(proposed).collect();
    Submit { principal: officer(), events, listed: true, dry_run: false, strict: false }
}

/// The least event that must be accepted.
pub(crate) fn least() -> Value {
    json!({"type": "engagement.held", "data": {"kind": "call", "participants": ["CA"]}})
}

/// The same with a key of the producer's for the event, and one for the record.
pub(crate) fn held(id: &str, key: &str) -> Value {
    json!({
        "type": "engagement.held",
        "id": id,
        "subject": format!("engagement/~{key}"),
        "data": {"kind": "call", "participants": ["CA"]},
    })
}

/// A remark about an engagement that is recorded, which can come any number of times.
pub(crate) fn statement(id: &str, key: &str) -> Value {
    json!({
        "type": "engagement.statement_issued",
        "id": id,
        "subject": format!("engagement/~{key}"),
        "data": {"issuers": ["PK"], "notes": [format!("statement {id}")]},
    })
}

pub(crate) fn accepted(reply: &Reply) -> Submitted {
    assert!(reply.status < 400, "{}", String::from_utf8_lossy(&reply.body));
    serde_json::from_slice(&reply.body).unwrap()
}

/// The problem with which it was refused.
pub(crate) fn refused(reply: &Reply, kind: ProblemKind) -> Problem {
    let problem = serde_json::from_slice::<Problem>(&reply.body).unwrap();
    assert_eq!((problem.kind, reply.status), (kind, kind.status()), "{problem:?}");
    problem
}

pub(crate) fn pointers(problem: &Problem) -> Vec<&str> {
    problem.errors.iter().map(|error| error.pointer.as_str()).collect()
}
