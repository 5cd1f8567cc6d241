//! One nats-server with JetStream and a store of its own.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use uuid::Uuid;

use crate::process::{Process, log_of};
use crate::{PATIENCE, eventually, port};

/// How often another port is tried when someone else was quicker to take one.
pub(crate) const TRIES: usize = 5;

/// A nats-server on a loopback port, set up as the register ships it: JetStream that flushes every message to
/// disk before it acknowledges, and payloads up to 8 MB.
pub struct NatsServer {
    name: String,
    url: String,
    port: u16,
    extra: String,
    // Dropped in this order: a process that is killed leaves a folder that can be removed.
    process: Option<Process>,
    folder: PathBuf,
    /// Removed in the end, unless the folder is to stay.
    temporary: Option<TempDir>,
}

impl NatsServer {
    /// Starts a server and waits until it answers.
    ///
    /// # Panics
    /// When there is no nats-server, or it does not come up.
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// Starts a server with more lines of configuration, such as accounts and permissions.
    ///
    /// # Panics
    /// When there is no nats-server, or it does not come up with this configuration.
    pub async fn start_with(extra: &str) -> Self {
        Self::start_first(|| Self::prepare(port::free(), extra)).await
    }

    /// Starts a server on a folder that stays when it is gone, with what a server before left there.
    ///
    /// # Panics
    /// When there is no nats-server, or it does not come up.
    pub async fn start_on(folder: &Path) -> Self {
        fs::create_dir_all(folder).expect("the folder can be made");
        Self::start_first(|| Self::within(folder.to_owned(), None, port::free(), "")).await
    }

    async fn start_first(prepare: impl Fn() -> Self) -> Self {
        let mut log = String::new();
        for _ in 0..TRIES {
            let mut server = prepare();
            server.begin();
            if server.is_ready().await {
                return server;
            }
            log = server.log();
        }
        panic!("nats-server does not start:\n{log}");
    }

    /// A server that has a name, a port and a folder, and does not run yet.
    pub(crate) fn prepare(port: u16, extra: &str) -> Self {
        let temporary = TempDir::with_prefix("chancery-nats-").expect("a temporary folder can be made");
        Self::within(temporary.path().to_owned(), Some(temporary), port, extra)
    }

    fn within(folder: PathBuf, temporary: Option<TempDir>, port: u16, extra: &str) -> Self {
        let name = format!("test-{}", Uuid::new_v4().simple());
        let url = format!("nats://127.0.0.1:{port}");
        Self { name, url, port, extra: extra.to_owned(), process: None, folder, temporary }
    }

    /// Starts the process, on the folder and port it had before if any.
    pub(crate) fn begin(&mut self) {
        let folder = &self.folder;
        fs::write(folder.join("server.conf"), self.configuration()).expect("the folder is writable");
        self.process = Some(Process::spawn(folder, self.temporary.is_none()));
    }

    /// Waits until the process answers; false if it ended instead.
    pub(crate) async fn is_ready(&mut self) -> bool {
        let process = self.process.as_mut().expect("begin comes first");
        process.is_ready(&self.name, self.port).await
    }

    /// What the server said last, for the message of a test that fails.
    pub(crate) fn log(&self) -> String {
        log_of(&self.folder)
    }

    fn configuration(&self) -> String {
        let Self { name, port, extra, folder, .. } = self;
        let store = folder.join("store");
        format!(
            "server_name: \"{name}\"\nhost: \"127.0.0.1\"\nport: {port}\nmax_payload: 8MB\n\
             jetstream {{ store_dir: {store:?}, sync_interval: always }}\n{extra}\n"
        )
    }

    /// Where it listens: `nats://127.0.0.1:PORT`, the same after a restart.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it keeps everything; see [`stored`](crate::stored).
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A connected client.
    ///
    /// # Panics
    /// When the server does not take the connection.
    pub async fn client(&self) -> async_nats::Client {
        async_nats::connect(&self.url).await.expect("a server that runs takes connections")
    }

    /// Ends the process as a power cut would: SIGKILL. Does nothing if it is down already.
    #[expect(clippy::unused_async, reason = "tests await it, so that it may become a real wait")]
    pub async fn kill(&mut self) {
        self.process = None;
    }

    /// Kills it if it runs and starts it again on the same folder and port.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn restart(&mut self) {
        self.kill().await;
        // A port can stay taken for a moment by what the killed process left in the kernel.
        let what = format!("{} after a restart", self.url);
        eventually(&what, PATIENCE, async || {
            self.begin();
            self.is_ready().await.then_some(())
        })
        .await;
    }
}
