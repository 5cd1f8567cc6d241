//! The witness: cosigns checkpoints of other logs that only grow, so that none of them can show two histories to two
//! readers without being found out (C2SP tlog-witness).
//!
//! - `logs` reads which logs are known; `key` is the witness's own.
//! - `memory` holds the last checkpoint of each log that was cosigned. It is on disk before a cosignature leaves, and
//!   one request at a time decides about a log.
//! - `answer` is the HTTP interface, `listen` the connections.
//!
//! It trusts nobody who asks: a log proves itself by its signature and its growth by a proof. It needs neither NATS
//! nor a register, and knows nothing of what the logs hold. Formats and decisions are in [`transparency::witness`].

mod answer;
mod key;
mod listen;
mod logs;
mod memory;
mod metrics;

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use service::{Clock, Ground};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use transparency::note::{KeyName, Verifier};

use crate::answer::Answering;
use crate::memory::Memory;
use crate::metrics::Metrics;

pub use crate::key::KeyError;
pub use crate::logs::LogsError;
pub use crate::memory::MemoryError;

/// What an operator may set.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Witness")]
pub struct Settings {
    /// The logs whose checkpoints are cosigned: a file with a line `log VKEY` for each, more than one for a log with
    /// more than one key (C2SP tlog-policy; what it says of witnesses is not read). It is read again on SIGHUP
    #[arg(long, env = "CHANCERY_WITNESS_LOGS", value_name = "FILE")]
    pub logs: PathBuf,

    /// What the witness is called, a URL without its scheme; said at the first start, for it becomes part of the key
    /// [default: HOST/witness-ID]
    #[arg(long, env = "CHANCERY_WITNESS_NAME", value_name = "NAME")]
    pub name: Option<KeyName>,

    /// Where logs ask; port 0 takes a free one
    #[arg(long, env = "CHANCERY_WITNESS_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    pub listen: SocketAddr,
}

/// A witness that is ready to listen.
pub struct Witness {
    listener: TcpListener,
    answering: Arc<Answering>,
    /// Which logs are known, and what says that this has changed.
    logs: PathBuf,
    hang_up: Signal,
}

impl Witness {
    /// Reads its key, its logs and what it remembers of them, all under the data folder, and takes its address.
    ///
    /// # Errors
    /// Whatever of it cannot be used. A memory that cannot be read is never taken for none.
    pub async fn open(settings: &Settings, data: &Path, ground: &Ground) -> anyhow::Result<Self> {
        let cosigner = key::open(data, settings.name.as_ref())?;
        let logs = logs::read(&settings.logs)?;
        let metrics = Metrics::register(&ground.metrics);
        let memory = Memory::open(data, logs, cosigner, Clock::system(), metrics.clone())?;
        // Caught from the first: a witness that is told to look again before it listens must not end.
        let hang_up = signal(SignalKind::hangup()).context("signals cannot be caught")?;
        let listener = TcpListener::bind(settings.listen).await;
        let listener = listener.with_context(|| format!("{} cannot be taken", settings.listen))?;
        let answering = Arc::new(Answering { memory, metrics });
        Ok(Self { listener, answering, logs: settings.logs.clone(), hang_up })
    }

    /// What others verify its cosignatures by.
    #[must_use]
    pub fn key(&self) -> &Verifier {
        self.answering.memory.key()
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `ground` is shut down; then what was begun is ended, `within` this time.
    pub async fn run(self, ground: &Ground, within: Duration) {
        ground.begun.set();
        let Self { listener, answering, logs, hang_up } = self;
        tokio::select! {
            () = listen::serve(listener, answer::router(answering.clone()), &ground.shutdown, within) => {}
            never = look_again(&answering.memory, &logs, hang_up) => match never {},
        }
    }
}

/// Reads again which logs are known, whenever it is told to. A list that cannot be used changes nothing.
async fn look_again(memory: &Memory, logs: &Path, mut hang_up: Signal) -> Infallible {
    loop {
        if hang_up.recv().await.is_none() {
            // No more can come.
            pending::<()>().await;
        }
        let known = async { Ok(memory.know(logs::read(logs)?).await?) };
        match known.await {
            Ok(()) => tracing::info!(logs = %logs.display(), "the logs were read again"),
            Err(error) => {
                let error: anyhow::Error = error;
                tracing::error!(error = format!("{error:#}"), "the logs stay those that were known");
            }
        }
    }
}
