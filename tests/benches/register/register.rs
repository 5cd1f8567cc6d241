//! The register as it ships: one optimised `serve` process with every role, over a nats-server of its own.
//!
//! One process and not three, because that is what runs by default: what roles of one process share, such as its
//! threads, is part of what is measured.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use contract::{Principal, Role};
use eventlog::EventLog;
use system_tests::{AGENCY, Client, System, principal};
use tokio::time::{Instant, sleep};

use crate::connection::Connection;

/// Where the program that this package builds is.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_chancery_under_test");

/// Between two looks at read models that are behind.
const LOOKING: Duration = Duration::from_millis(50);

/// After which a read model that is behind will not come.
const PROJECTING: Duration = Duration::from_secs(900);

/// A running register.
pub(crate) struct Register {
    system: System,
    log: EventLog,
    host: String,
    token: String,
    nats: String,
}

impl Register {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Self::over(System::start_whole(PROGRAM).await).await
    }

    /// Starts one to which subscribers come in thousands, also by webhooks to this machine.
    pub(crate) async fn start_for_subscribers() -> anyhow::Result<Self> {
        let mut system = System::start(PROGRAM, &[]).await;
        let reach = ["--allow-http", "--allow-address", "127.0.0.0/8"];
        system.set_flags(&[&reach[..], &["--http-streams", "4096"]].concat());
        system.add(&["registrar", "projector", "auditor", "notifier", "gateway"]).await;
        Self::over(system).await
    }

    /// Starts on a folder that stays.
    pub(crate) async fn start_on(folder: &Path) -> anyhow::Result<Self> {
        Self::over(System::start_whole_on(PROGRAM, folder).await).await
    }

    async fn over(mut system: System) -> anyhow::Result<Self> {
        let (host, token) = (system.address(), system.token());
        let nats = system.nats().url().to_owned();
        let log = EventLog::open(system.nats().client().await, eventlog::Settings::default()).await?;
        Ok(Self { system, log, host, token, nats })
    }

    /// The nats-server's address.
    pub(crate) fn nats(&self) -> &str {
        &self.nats
    }

    /// Where it answers, as HOST:PORT.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// A token of somebody who sees everything.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// The file with the public key that verifies its checkpoints.
    pub(crate) fn verifier_key(&self) -> PathBuf {
        self.system.data(0).join("keys/checkpoint.vkey")
    }

    /// The log, past the services.
    pub(crate) const fn log(&self) -> &EventLog {
        &self.log
    }

    /// What the process wrote to its log last.
    pub(crate) fn log_of(&self) -> String {
        self.system.log_of(0)
    }

    /// Stops it in order.
    pub(crate) async fn stop(mut self) {
        self.system.stop(0).await;
    }

    pub(crate) async fn connections(&self, count: usize) -> anyhow::Result<Vec<Connection>> {
        Connection::several(count, &self.host, &self.token).await
    }

    /// Returns once both read models have everything that was recorded.
    pub(crate) async fn settle(&self) -> anyhow::Result<()> {
        let head = self.log.head().await?;
        let mut connection = Connection::open(&self.host, &self.token).await?;
        let until = Instant::now() + PROJECTING;
        for path in ["/v1/events?", "/v1/timeline?party=PK&"] {
            let path = format!("{path}limit=1&min_position={head}");
            while connection.get(&path).await?.status != 200 {
                anyhow::ensure!(Instant::now() < until, "{path} does not come:\n{}", self.system.log_of(0));
                sleep(LOOKING).await;
            }
        }
        Ok(())
    }

    /// Somebody who manages subscriptions.
    pub(crate) fn manager(&self) -> Client {
        let roles = [Role::Reader, Role::SubscriberManager].into();
        self.system.client_as(&Principal { roles, ..principal(AGENCY, "PK") })
    }

    /// The record as it is served.
    pub(crate) async fn record(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let mut connection = Connection::open(&self.host, &self.token).await?;
        let answer = connection.get(path).await?.expect(200);
        Ok(answer.with_context(|| path.to_owned())?.body.to_vec())
    }
}
