//! What every process stands on: signals, the admin listener and what it shows.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::settings::Basics;
use crate::{Latch, Metrics, Readiness, StartError, admin};

/// What a shell reports for a process that a signal ended: 128 + 15.
const TERMINATED: i32 = 143;

/// A process without NATS: enough for one that speaks HTTP alone, and what a [`Process`](crate::Process) stands on.
pub struct Ground {
    /// Cancelled by the first signal; the second ends the process at once.
    pub shutdown: CancellationToken,
    /// What `/ready` answers from.
    pub readiness: Readiness,
    /// What `/metrics` answers from.
    pub metrics: Metrics,
    /// Not ready before it is set: that everything was started. There from the first, for a probe may come early.
    pub begun: Latch,
    admin: SocketAddr,
    served: JoinHandle<()>,
    until: CancellationToken,
}

impl Ground {
    /// Catches signals, makes the data folder and serves the admin listener.
    ///
    /// # Errors
    /// [`StartError`]: an address or a folder that cannot be taken.
    pub async fn start(settings: &Basics) -> Result<Self, StartError> {
        let shutdown = CancellationToken::new();
        watch_signals(shutdown.clone()).map_err(StartError::Signals)?;
        let folder = settings.data.display().to_string();
        let made = tokio::fs::create_dir_all(&settings.data).await;
        made.map_err(|source| StartError::Data { folder, source })?;
        let taken = |source| StartError::Admin { address: settings.admin, source };
        let listener = TcpListener::bind(settings.admin).await.map_err(taken)?;
        let admin = listener.local_addr().map_err(taken)?;
        tracing::info!(address = %admin, "admin listener");
        let (readiness, metrics, until) = (Readiness::new(), Metrics::new(), CancellationToken::new());
        let begun = readiness.latch("roles");
        let served = admin::serve(listener, readiness.clone(), metrics.clone(), until.clone());
        Ok(Self { shutdown, readiness, metrics, begun, admin, served: tokio::spawn(served), until })
    }

    /// Where the admin listener is.
    #[must_use]
    pub const fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Closes the admin listener, last of all.
    pub async fn end(self) {
        self.until.cancel();
        // Nothing it could still say is worth a failed stop.
        let _ = self.served.await;
        tracing::info!("stopped");
    }
}

/// The first SIGINT or SIGTERM cancels the token, the second ends the process at once.
fn watch_signals(shutdown: CancellationToken) -> io::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn(async move {
        one_of(&mut interrupt, &mut terminate).await;
        shutdown.cancel();
        one_of(&mut interrupt, &mut terminate).await;
        tracing::warn!("second signal: ending at once");
        std::process::exit(TERMINATED);
    });
    Ok(())
}

async fn one_of(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
