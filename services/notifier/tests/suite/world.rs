//! Notifiers that can be killed, over one server, with a log in memory and endpoints that answer as planned.

use std::sync::Arc;
use std::time::Duration;

use contract::delivery::{Attempt, Line, State};
use contract::subscription::Stored;
use contract::{Access, subjects};
use eventlog::{DELIVERIES_PLAN, Journal, Ledger, READS_PLAN};
use futures_util::StreamExt;
use notifier::{Settings, Store};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use service::{Endpoint, Shell};
use testkit::{NatsServer, PATIENCE, eventually};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::log::Log;
use crate::receiver::{Receiver, SECRET};

pub(crate) struct World {
    pub(crate) server: NatsServer,
    pub(crate) log: Arc<Log>,
    pub(crate) receiver: Receiver,
    pub(crate) store: Store,
    pub(crate) ledger: Ledger,
    journal: Journal,
    reads: Journal,
    others: Shell,
}

/// Quick enough for a test: what failed is tried again at once.
pub(crate) fn settings(schedule: &str) -> Settings {
    Settings {
        notifier_within: Duration::from_secs(1),
        retry_schedule: schedule.parse().unwrap(),
        attempt_within: Duration::from_secs(5),
        allow_address: vec!["127.0.0.0/8".parse().unwrap()],
        allow_http: true,
        ..Settings::default()
    }
}

/// A notifier on threads of its own, which end when it is killed.
pub(crate) struct Notifier {
    runtime: Option<Runtime>,
    shell: Shell,
    folder: tempfile::TempDir,
}

impl Notifier {
    /// It is gone from one moment to the next.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    /// Where it keeps what it keeps.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// It stops in order.
    pub(crate) async fn stop(mut self) {
        assert!(self.shell.stop(PATIENCE).await, "it stops in time");
        self.end();
    }

    fn end(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.end();
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        let server = NatsServer::start().await;
        let client = server.client().await;
        let log = Arc::<Log>::default();
        let others = Shell::new("others", client.clone(), "unused");
        let endpoint =
            Endpoint { name: "dossiers", subject: subjects::DOSSIERS, queue: "dossiers", in_flight: 64 };
        let answering = Arc::clone(&log);
        let answer = move |request: service::Request| {
            let log = Arc::clone(&answering);
            async move { log.answer(&request.body).await }
        };
        others.serve(endpoint, answer).await.unwrap();
        let settings = eventlog::Settings::default();
        Self {
            reads: Journal::open(client.clone(), READS_PLAN, &settings).await.unwrap(),
            log,
            receiver: Receiver::start().await,
            store: Store::open(client.clone(), 1).await.unwrap(),
            ledger: Ledger::new(client.clone(), DELIVERIES_PLAN, PATIENCE),
            journal: Journal::open(client, DELIVERIES_PLAN, &settings).await.unwrap(),
            others,
            server,
        }
    }

    /// A notifier that runs.
    pub(crate) async fn notifier(&self, settings: Settings) -> Notifier {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let url = self.server.url().to_owned();
        let connected = runtime.spawn(async move { async_nats::connect(url).await.unwrap() });
        let folder = tempfile::tempdir().unwrap();
        let shell = Shell::new("notifier", connected.await.unwrap(), folder.path());
        let running = shell.clone();
        runtime.spawn(async move { notifier::run(settings, running).await.unwrap() });
        eventually("the notifier to be ready", PATIENCE, async || shell.readiness.is_ready().then_some(()))
            .await;
        Notifier { runtime: Some(runtime), shell, folder }
    }

    /// A subscription to a path, with whatever else.
    pub(crate) fn subscription(&self, path: &str, more: Value) -> Stored {
        let mut stored = json!({
            "id": Uuid::new_v4(), "owner": "urn:agency:ca", "after": 0,
            "channel": {"type": "webhook", "url": format!("{}{path}", self.receiver.base)},
            "created": "2026-01-01T00:00:00Z", "created_by": "officer", "changed": "2026-01-01T00:00:00Z",
            "reader": {"subject": "", "agency": "urn:agency:ca", "party": "CA", "roles": [], "level": "OFFICIAL"},
            "keys": [{"secret": SECRET}],
        });
        let Value::Object(more) = more else { panic!("members") };
        stored.as_object_mut().unwrap().extend(more);
        serde_json::from_value(stored).unwrap()
    }

    /// Sets a subscription up.
    pub(crate) async fn subscribe(&self, path: &str, more: Value) -> Stored {
        let stored = self.subscription(path, more);
        self.store.write(&stored, 0).await.unwrap();
        stored
    }

    /// Changes a subscription.
    pub(crate) async fn change(&self, id: Uuid, change: impl FnOnce(&mut Stored)) {
        let kept = self.store.find(id).await.unwrap().unwrap();
        let mut stored = kept.stored.unwrap();
        change(&mut stored);
        self.store.write(&stored, kept.revision).await.unwrap();
    }

    /// How a subscription stands, once it stands so.
    pub(crate) async fn state(&self, id: Uuid, what: &str, is_so: impl Fn(&State) -> bool) -> State {
        eventually(what, PATIENCE, async || {
            let (_, line) = self.ledger.last(&subjects::deliveries(id)).await.unwrap()?;
            let line = serde_json::from_slice::<Line>(&line).unwrap();
            is_so(&line.state).then_some(line.state)
        })
        .await
    }

    /// Who delivers for a subscription.
    pub(crate) async fn holder(&self, id: Uuid) -> Option<String> {
        let context = async_nats::jetstream::new(self.server.client().await);
        let stream = context.get_stream(subjects::SUBSCRIPTION_STREAM).await.unwrap();
        let message = stream.get_last_raw_message_by_subject(&subjects::lease(id)).await.ok()?;
        Some(String::from_utf8(message.payload.to_vec()).unwrap()).filter(|holder| !holder.is_empty())
    }

    /// Every attempt in the journal, in order.
    pub(crate) async fn attempts(&self) -> Vec<Attempt> {
        let lines = lines::<Line>(&self.journal).await;
        lines.into_iter().flat_map(|line| line.attempts).collect()
    }

    /// Every entry of the log of reads.
    pub(crate) async fn reads(&self) -> Vec<Access> {
        lines(&self.reads).await
    }
}

async fn lines<L: DeserializeOwned>(journal: &Journal) -> Vec<L> {
    let head = journal.head().await.unwrap();
    let (mut found, mut read, mut position) = (journal.tail(0), Vec::new(), 0);
    while position < head {
        let line = found.next().await.unwrap().unwrap();
        position = line.position;
        read.push(serde_json::from_slice(&line.payload).unwrap());
    }
    read
}

impl Drop for World {
    fn drop(&mut self) {
        self.others.shutdown.cancel();
    }
}
