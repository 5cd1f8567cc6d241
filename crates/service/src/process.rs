//! One process with one or several roles: start, wait, stop in order.
//!
//! A stop goes: not ready, then role by role, the last one started first (the edge before what it asks): takes
//! no more work, drains, flushes. All of it within a deadline; a second signal ends the process at once.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use async_nats::Client;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{Clock, Common, ConnectError, Ground, Latch, Shell, connect};

/// Why a process did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The admin address cannot be taken.
    #[error("the admin address {address} cannot be taken")]
    Admin {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The data folder cannot be made.
    #[error("the data folder {folder} cannot be made")]
    Data {
        /// Which.
        folder: String,
        /// Why.
        source: io::Error,
    },
    /// Signals cannot be caught.
    #[error("signals cannot be caught")]
    Signals(#[source] io::Error),
    /// There is no connection to NATS.
    #[error(transparent)]
    Nats(#[from] ConnectError),
    /// A signal came first.
    #[error("stopped before the start was done")]
    Stopped,
}

/// A process: connected, with its admin listener up, ready to be given roles.
pub struct Process {
    shell: Shell,
    ground: Ground,
    stop_within: Duration,
    roles: Vec<Shell>,
    running: JoinSet<(&'static str, anyhow::Result<()>)>,
}

impl Process {
    /// Serves the admin listener, then connects to NATS as `name`. Signals are caught from here on.
    ///
    /// # Errors
    /// [`StartError`]: an address or a folder that cannot be taken, or no NATS.
    pub async fn start(common: &Common, name: &str) -> Result<Self, StartError> {
        let ground = Ground::start(&common.basics).await?;
        let connected = connect(common, name, ground.readiness.latch("nats"));
        let client = tokio::select! {
            client = connected => client?,
            () = ground.shutdown.cancelled() => return Err(StartError::Stopped),
        };
        let shell = Shell {
            role: "process",
            client,
            shutdown: ground.shutdown.clone(),
            cut: CancellationToken::new(),
            tasks: TaskTracker::new(),
            readiness: ground.readiness.clone(),
            metrics: ground.metrics.clone(),
            clock: Clock::system(),
            data: common.basics.data.clone(),
        };
        let stop_within = common.basics.stop_within;
        Ok(Self { shell, ground, stop_within, roles: Vec::new(), running: JoinSet::new() })
    }

    /// Where the admin listener is.
    #[must_use]
    pub const fn admin(&self) -> SocketAddr {
        self.ground.admin()
    }

    /// The process's own shell: its token stops everything, its readiness and metrics are shared by all roles.
    #[must_use]
    pub const fn shell(&self) -> &Shell {
        &self.shell
    }

    /// Starts a role. Those that others ask come first, for they stop last.
    ///
    /// A role that makes its latches before it first waits is never seen ready without them.
    pub fn role<F>(&mut self, role: &'static str, run: impl FnOnce(Shell) -> F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.role_as(role, self.shell.client.clone(), run);
    }

    /// Starts a role with a connection of its own, for a server that gives each role a credential.
    pub fn role_as<F>(&mut self, role: &'static str, client: Client, run: impl FnOnce(Shell) -> F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        // Not a child token: the roles stop one after the other.
        let shell = Shell {
            role,
            client,
            shutdown: CancellationToken::new(),
            cut: CancellationToken::new(),
            tasks: TaskTracker::new(),
            ..self.shell.clone()
        };
        let started = shell.readiness.latch(role);
        let running = shell.tasks.track_future(begun(run(shell.clone()), started));
        self.running.spawn(async move { (role, running.await) });
        self.roles.push(shell);
    }

    /// Says that every role has been started: before this the process is not ready. [`finish`](Self::finish) says
    /// it too.
    pub fn begun(&self) {
        self.ground.begun.set();
    }

    /// Runs until a signal, until the process's token is cancelled or until a role ends; then stops the rest.
    ///
    /// # Errors
    /// The first role that failed, or that the deadline of the stop passed.
    pub async fn finish(mut self) -> anyhow::Result<()> {
        self.begun();
        let mut outcome = tokio::select! {
            () = self.shell.shutdown.cancelled() => Ok(()),
            Some(ended) = self.running.join_next() => judged(ended),
        };
        tracing::info!("stopping");
        self.shell.readiness.stop();
        let end = Instant::now() + self.stop_within;
        while let Some(role) = self.roles.pop() {
            // Each may use its share of what is left, so that a slow one does not take it all.
            let share = end.saturating_duration_since(Instant::now()) / u32::try_from(self.roles.len() + 1)?;
            if !role.stop(share).await {
                tracing::error!(role = role.role, "did not stop in time; what is left is abandoned");
                outcome = outcome.and(Err(anyhow::anyhow!("{} did not stop in time", role.role)));
            }
        }
        while let Some(ended) = self.running.try_join_next() {
            outcome = outcome.and(judged(ended));
        }
        self.running.abort_all();
        self.ground.end().await;
        outcome
    }
}

/// Sets the latch once the future has run to where it first waits.
async fn begun<T>(run: impl Future<Output = T>, started: Latch) -> T {
    let mut run = pin!(run);
    let first = poll_fn(|context| Poll::Ready(run.as_mut().poll(context))).await;
    started.set();
    match first {
        Poll::Ready(value) => value,
        Poll::Pending => run.await,
    }
}

fn judged(ended: Result<(&'static str, anyhow::Result<()>), tokio::task::JoinError>) -> anyhow::Result<()> {
    let (role, result) = ended?;
    result.map_err(|error| error.context(format!("{role} failed")))
}
