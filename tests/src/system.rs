//! The roles as processes, each on ports and in a folder of its own, over a nats-server of their own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use contract::Principal;
use service::Clock;
use service::token::{ISSUER, Issuer, Keys};
use tempfile::TempDir;
use testkit::{Guarded, NatsServer, PATIENCE, eventually, free_port, http_client};

use crate::{AGENCY, Client, principal};

const TRIES: usize = 5;

/// Builds in tests are slow and machines busy, and a projector is ready once it has caught up: starting may take
/// its time.
const STARTING: Duration = Duration::from_secs(400);

/// Longer than the longest benchmark.
const VALID: Duration = Duration::from_secs(12 * 3600);

const WHOLE: &[&str] = &["registrar", "projector", "auditor", "gateway"];

/// A running register. Everything ends, and every file goes, when it is dropped.
pub struct System {
    // Dropped in this order: processes before what they use.
    processes: Vec<Role>,
    nats: NatsServer,
    issuer: Issuer,
    http: reqwest::Client,
    keys: Keys,
    program: PathBuf,
    /// What every process is given besides, from its next start on.
    flags: Vec<String>,
    folder: PathBuf,
    /// Removed in the end, unless the folder is to stay.
    temporary: Option<TempDir>,
}

impl System {
    /// Starts one process for each list of roles, and waits until all are ready.
    ///
    /// # Panics
    /// When one does not come up; the message has the end of its log.
    pub async fn start(program: impl Into<PathBuf>, processes: &[&[&'static str]]) -> Self {
        let temporary = TempDir::with_prefix("chancery-system-").expect("a temporary folder can be made");
        let folder = temporary.path().to_owned();
        let mut system = Self::over(NatsServer::start().await, program.into(), folder, Some(temporary));
        for roles in processes {
            system.add(roles).await;
        }
        system
    }

    /// Starts one process with every role on a folder that stays, with what one before left there.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn start_whole_on(program: impl Into<PathBuf>, folder: &Path) -> Self {
        let nats = NatsServer::start_on(&folder.join("nats")).await;
        let mut system = Self::over(nats, program.into(), folder.to_owned(), None);
        system.add(WHOLE).await;
        system
    }

    fn over(nats: NatsServer, program: PathBuf, folder: PathBuf, temporary: Option<TempDir>) -> Self {
        let keys = Keys::create_if_absent(&folder.join("keys")).expect("keys can be made");
        let issuer = keys.issuer(ISSUER).expect("the key is there");
        let http = http_client();
        let flags = Vec::new();
        Self { processes: Vec::new(), nats, issuer, http, keys, program, flags, folder, temporary }
    }

    /// Starts one process with every role.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn start_whole(program: impl Into<PathBuf>) -> Self {
        Self::start(program, &[WHOLE]).await
    }

    /// Starts one more process with a folder of its own, waits until it is ready and says its number.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn add(&mut self, roles: &[&'static str]) -> usize {
        let number = self.processes.len();
        let mut role = Role::new(roles, self.folder.join(number.to_string()));
        role.is_kept = self.temporary.is_none();
        self.processes.push(role);
        self.start_again(number).await;
        number
    }

    /// Gives every process these flags as well, from its next start on.
    pub fn set_flags(&mut self, flags: &[&str]) {
        self.flags = flags.iter().map(|&flag| flag.to_owned()).collect();
    }

    /// Kills a process (SIGKILL).
    pub fn kill(&mut self, number: usize) {
        self.processes[number].process = None;
    }

    /// Starts a process that is down, on its folder, and waits for nothing.
    ///
    /// # Panics
    /// When the program cannot be run.
    pub fn begin(&mut self, number: usize) {
        let (nats, key) = (self.nats.url().to_owned(), self.keys.public.clone());
        self.processes[number].spawn(&self.program, &nats, &key, &self.flags);
    }

    /// Starts a process that is down, on its folder, and waits until it is ready.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn start_again(&mut self, number: usize) {
        for _ in 0..TRIES {
            self.begin(number);
            let role = &mut self.processes[number];
            if role.is_ready(&self.http).await {
                return;
            }
            role.change_ports();
        }
        panic!("{:?} does not start:\n{}", self.processes[number].roles, self.processes[number].log());
    }

    /// Asks a process to stop in order (SIGTERM) and waits until it has ended.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn stop(&mut self, number: usize) {
        let role = &mut self.processes[number];
        let Some(process) = &mut role.process else { return };
        process.terminate();
        eventually("the end of a stopped process", PATIENCE, async || process.has_ended().then_some(()))
            .await;
        role.process = None;
    }

    /// The folder of a process.
    #[must_use]
    pub fn data(&self, number: usize) -> &Path {
        &self.processes[number].data
    }

    /// Where a process's admin listener is, as HOST:PORT.
    #[must_use]
    pub fn admin(&self, number: usize) -> String {
        format!("127.0.0.1:{}", self.processes[number].admin)
    }

    /// What a process wrote to its log last.
    #[must_use]
    pub fn log_of(&self, number: usize) -> String {
        self.processes[number].log()
    }

    /// The nats-server.
    pub const fn nats(&mut self) -> &mut NatsServer {
        &mut self.nats
    }

    /// Somebody of [`AGENCY`] who may see everything without caveats, at the first gateway.
    ///
    /// # Panics
    /// When there is no gateway.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_as(&principal(AGENCY, "PK"))
    }

    /// Somebody at the first gateway.
    ///
    /// # Panics
    /// When there is no gateway.
    #[must_use]
    pub fn client_as(&self, principal: &Principal) -> Client {
        let token = self.issuer.issue(principal, Clock::system().now(), VALID).expect("the key signs");
        self.client_with(Some(token))
    }

    /// Where the first gateway listens, as HOST:PORT.
    ///
    /// # Panics
    /// When there is no gateway.
    #[must_use]
    pub fn address(&self) -> String {
        let gateway = self.processes.iter().find(|role| role.roles.contains(&"gateway"));
        format!("127.0.0.1:{}", gateway.expect("a gateway was started").listen)
    }

    /// The token of [`client`](Self::client).
    ///
    /// # Panics
    /// When the key does not sign.
    #[must_use]
    pub fn token(&self) -> String {
        let principal = principal(AGENCY, "PK");
        self.issuer.issue(&principal, Clock::system().now(), VALID).expect("the key signs")
    }

    /// A caller at the first gateway with this as the token, or none.
    ///
    /// # Panics
    /// When there is no gateway.
    #[must_use]
    pub fn client_with(&self, token: Option<String>) -> Client {
        let gateway = self.processes.iter().find(|role| role.roles.contains(&"gateway"));
        let gateway = gateway.expect("a gateway was started");
        Client::new(self.http.clone(), format!("http://127.0.0.1:{}", gateway.listen), token)
    }
}

/// One process.
struct Role {
    roles: Vec<&'static str>,
    data: PathBuf,
    admin: u16,
    listen: u16,
    is_kept: bool,
    process: Option<Guarded>,
}

impl Role {
    fn new(roles: &[&'static str], data: PathBuf) -> Self {
        let (admin, listen) = (free_port(), free_port());
        Self { roles: roles.to_vec(), data, admin, listen, is_kept: false, process: None }
    }

    fn spawn(&mut self, program: &Path, nats: &str, key: &Path, flags: &[String]) {
        self.process = None;
        fs::create_dir_all(&self.data).expect("the test's own folder is writable");
        let log = File::options().create(true).append(true).open(self.log_file());
        let log = log.expect("the test's own folder is writable");
        let mut command = Command::new(program);
        command.arg("serve").args(&self.roles).args(["--nats", nats, "--log-level", "info"]);
        command.arg("--data").arg(&self.data).arg("--token-key").arg(key);
        command.args(["--admin", &format!("127.0.0.1:{}", self.admin)]);
        command.args(["--listen", &format!("127.0.0.1:{}", self.listen)]);
        command.args(flags).stdout(Stdio::null()).stderr(log);
        self.process = Some(match self.is_kept {
            true => Guarded::spawn_on_kept(&mut command),
            false => Guarded::spawn(&mut command, &self.data),
        });
    }

    /// Waits until it is ready; false if it ended instead.
    async fn is_ready(&mut self, http: &reqwest::Client) -> bool {
        let what = format!("{:?} to be ready", self.roles);
        let url = format!("http://127.0.0.1:{}/ready", self.admin);
        let process = self.process.as_mut().expect("it was spawned");
        eventually(&what, STARTING, async || {
            let ready = http.get(&url).timeout(Duration::from_secs(1)).send().await;
            if process.has_ended() {
                return Some(false);
            }
            ready.is_ok_and(|answer| answer.status().is_success()).then_some(true)
        })
        .await
    }

    fn change_ports(&mut self) {
        (self.admin, self.listen) = (free_port(), free_port());
    }

    fn log_file(&self) -> PathBuf {
        self.data.join("log")
    }

    fn log(&self) -> String {
        let log = fs::read_to_string(self.log_file()).unwrap_or_default();
        let lines = log.lines().collect::<Vec<_>>();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}
