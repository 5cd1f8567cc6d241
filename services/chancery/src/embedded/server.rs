//! The child process: started, watched, started again if it dies, stopped last.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::configuration::{Configuration, User};
use super::{Lock, port};

/// How often another port is tried when someone else was quicker to take one.
const TRIES: usize = 5;
/// A large log is read before the server answers: about two seconds for a million records.
const STARTING: Duration = Duration::from_secs(120);
const STOPPING: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);
const SHORTEST_REST: Duration = Duration::from_millis(50);
const LONGEST_REST: Duration = Duration::from_secs(2);

/// What the server is started with.
pub(crate) struct Options {
    /// The program.
    pub(crate) program: PathBuf,
    /// Its folder; made if absent.
    pub(crate) folder: PathBuf,
    /// Its port on the loopback interface; `None` takes a free one.
    pub(crate) port: Option<u16>,
}

/// A running server.
pub(crate) struct Server {
    port: u16,
    users: Vec<User>,
    stop: CancellationToken,
    watch: JoinHandle<()>,
}

impl Server {
    /// Starts the server and waits until it answers.
    ///
    /// # Errors
    /// When the folder is in use, the program does not run, or it ends before it answers; with its own words.
    pub(crate) async fn start(options: Options) -> Result<Self> {
        let Options { program, folder, port } = options;
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.with_context(|| format!("{} cannot be made", folder.display()))?;
        // Its number is looked up by this path later, perhaps from another working directory.
        let folder =
            folder.canonicalize().with_context(|| format!("{} cannot be found", folder.display()))?;
        let mut last = String::new();
        for _ in 0..TRIES {
            let at = port.or_else(port::free).context("no loopback port is free")?;
            let configuration = Configuration::new(at).context("no randomness for passwords")?;
            let mut watched =
                Watched { program: program.clone(), folder: folder.clone(), name: String::new(), at };
            watched.name.clone_from(&configuration.name);
            let file = watched.file();
            configuration
                .write(&folder, &file)
                .with_context(|| format!("{} cannot be written", file.display()))?;
            let mut child = watched.spawn().await?;
            match watched.answers(&mut child).await {
                Ok(()) => return Ok(Self::watching(watched, child, configuration.users)),
                Err(error) => last = error.to_string(),
            }
            if port.is_some() {
                break;
            }
        }
        bail!("{last}")
    }

    fn watching(watched: Watched, child: Child, users: Vec<User>) -> Self {
        let (port, stop) = (watched.at, CancellationToken::new());
        let watch = tokio::spawn(watched.keep(child, stop.clone()));
        Self { port, users, stop, watch }
    }

    /// Where a role connects, with its password.
    pub(crate) fn url_for(&self, role: &str) -> Option<String> {
        let user = self.users.iter().find(|user| user.name == role)?;
        Some(format!("nats://{}:{}@127.0.0.1:{}", user.name, user.password, self.port))
    }

    /// Stops the server; returns once it has ended.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        // It panics only with the runtime, and then the child is killed with it.
        let _ = self.watch.await;
    }
}

/// What is needed to start the same server again.
struct Watched {
    program: PathBuf,
    folder: PathBuf,
    name: String,
    at: u16,
}

impl Watched {
    fn file(&self) -> PathBuf {
        self.folder.join("server.conf")
    }

    async fn spawn(&self) -> Result<Child> {
        let lock = Lock::take(&self.folder).await?;
        let complaints = self.folder.join("start.log");
        let complaints = File::create(&complaints)
            .with_context(|| format!("{} cannot be written", complaints.display()))?;
        // A group of its own: the Ctrl-C that stops us must not stop it first.
        Command::new(&self.program)
            .arg("--config")
            .arg(self.file())
            .stdin(lock.into_file())
            .stdout(Stdio::null())
            .stderr(complaints)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} does not start", self.program.display()))
    }

    /// Waits until the server answers, or says why it does not.
    async fn answers(&self, child: &mut Child) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < STARTING {
            if let Some(status) = child.try_wait()? {
                bail!("nats-server ended at once ({status}):\n{}", self.last_words());
            }
            if let Ok(true) = timeout(Duration::from_secs(1), self.greets()).await {
                return Ok(());
            }
            sleep(PAUSE).await;
        }
        bail!("nats-server does not answer:\n{}", self.last_words())
    }

    /// Whether the one who listens there is ours.
    async fn greets(&self) -> bool {
        let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.at)).await else { return false };
        let mut greeting = String::new();
        let read = BufReader::new(stream).read_line(&mut greeting).await;
        read.is_ok() && greeting.contains(&format!("\"server_name\":\"{}\"", self.name))
    }

    fn last_words(&self) -> String {
        let files = ["server.log", "start.log"].map(|name| self.folder.join(name));
        let lines = files.iter().flat_map(|file| tail(file, 5)).collect::<Vec<_>>();
        if lines.is_empty() { "it said nothing".to_owned() } else { lines.join("\n") }
    }

    /// Starts it again whenever it dies, until told to stop; then stops it.
    async fn keep(self, child: Child, stop: CancellationToken) {
        let mut running = Some(child);
        let mut rest = SHORTEST_REST;
        loop {
            if let Some(mut child) = running.take() {
                tokio::select! {
                    status = child.wait() => tracing::error!(status = %shown(&status), "nats-server died; starting it again"),
                    () = stop.cancelled() => return end(child).await,
                }
            }
            tokio::select! {
                () = sleep(rest) => {}
                () = stop.cancelled() => return,
            }
            let revived = tokio::select! {
                revived = self.revive() => revived,
                () = stop.cancelled() => return,
            };
            running = match revived {
                Ok(child) => {
                    rest = SHORTEST_REST;
                    Some(child)
                }
                Err(error) => {
                    tracing::error!(%error, "nats-server does not come back; trying again");
                    rest = (rest * 2).min(LONGEST_REST);
                    None
                }
            };
        }
    }

    async fn revive(&self) -> Result<Child> {
        let mut child = self.spawn().await?;
        self.answers(&mut child).await?;
        tracing::info!("nats-server is back");
        Ok(child)
    }
}

/// Asks the child to stop, and kills it if it takes too long.
async fn end(mut child: Child) {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended by itself meanwhile.
        let _ = kill_process(pid, Signal::TERM);
    }
    if timeout(STOPPING, child.wait()).await.is_err() {
        tracing::error!("nats-server does not stop; killing it");
        let _ = child.kill().await;
    }
}

fn shown(status: &io::Result<ExitStatus>) -> String {
    status.as_ref().map_or_else(ToString::to_string, ToString::to_string)
}

fn tail(file: &Path, lines: usize) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let all = text.lines().map(ToOwned::to_owned).collect::<Vec<_>>();
    all[all.len().saturating_sub(lines)..].to_vec()
}
