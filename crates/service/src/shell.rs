//! What a role is given to run with.

use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use async_nats::Client;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{Clock, Latch, Metrics, Readiness};

/// The shell around one role: `run(settings, shell)` is what every service looks like. Clones share everything.
#[derive(Clone)]
pub struct Shell {
    /// Which service this is.
    pub role: &'static str,
    /// The connection to NATS.
    pub client: Client,
    /// Cancelled when the role is to take no more work and come to an end.
    pub shutdown: CancellationToken,
    /// Cancelled when a stop has little time left: what still waits for others is to be cut.
    pub cut: CancellationToken,
    /// Where the role's tasks are spawned; a stop waits for them.
    pub tasks: TaskTracker,
    /// The process's readiness.
    pub readiness: Readiness,
    /// The process's metrics.
    pub metrics: Metrics,
    /// What time it is.
    pub clock: Clock,
    /// The folder of everything the process keeps.
    pub data: PathBuf,
}

impl Shell {
    /// A shell of its own around a connection: a process with several roles makes one with
    /// [`Process`](crate::Process) instead.
    #[must_use]
    pub fn new(role: &'static str, client: Client, data: impl Into<PathBuf>) -> Self {
        Self {
            role,
            client,
            shutdown: CancellationToken::new(),
            cut: CancellationToken::new(),
            tasks: TaskTracker::new(),
            readiness: Readiness::new(),
            metrics: Metrics::new(),
            clock: Clock::system(),
            data: data.into(),
        }
    }

    /// A condition of readiness, named `<role>.<name>`, not set yet.
    #[must_use]
    pub fn latch(&self, name: &str) -> Latch {
        self.readiness.latch(format!("{}.{name}", self.role))
    }

    /// Stops the role: no more work is taken, what was taken is done, what was written is sent. What can be cut is
    /// cut in the last tenth of the time. False if even that took longer than `within`.
    pub async fn stop(&self, within: Duration) -> bool {
        self.shutdown.cancel();
        self.tasks.close();
        let mut drained = pin!(async {
            self.tasks.wait().await;
            // The last replies may still be in the client; a lost connection has nothing to flush.
            let _ = self.client.flush().await;
        });
        let last = within / 10;
        if timeout(within - last, drained.as_mut()).await.is_ok() {
            return true;
        }
        self.cut.cancel();
        timeout(last, drained).await.is_ok()
    }
}
