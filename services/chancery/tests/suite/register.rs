//! A running register and the commands that are given to it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use testkit::{Guarded, PATIENCE, eventually, nats_server};

/// `chancery serve` in a folder of its own, with all its roles and its private server.
pub(crate) struct Register {
    flags: &'static [&'static str],
    // Dropped in this order: the parent first, or it would start the server again.
    process: Option<Guarded>,
    reaper: Reaper,
    folder: TempDir,
}

/// Kills the private server when the test ends, also when the test itself is killed: a parent that is killed
/// leaves the server running, by design.
struct Reaper(Child);

impl Reaper {
    /// The script reads numbers of servers until the test is gone, then kills the last one and the one that the
    /// folder names, if they are servers on this folder: a number may be someone else's by now.
    fn watch(folder: &Path) -> Self {
        let script = "while read -r line; do last=$line; done\n\
                      for pid in $last $(cat \"$1/nats/server.pid\"); do\n\
                      grep -qaF \"$1\" \"/proc/$pid/cmdline\" && kill -9 \"$pid\"\n\
                      done";
        let child = Command::new("sh")
            .args(["-c", script, "reaper"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.expect("there is a shell"))
    }

    fn remember(&mut self, server: i32) {
        let pipe = self.0.stdin.as_mut().expect("it is piped");
        writeln!(pipe, "{server}").expect("the shell reads");
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// What it printed, as JSON.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// What it printed, when it went well.
    pub(crate) fn text(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:?}");
        &self.out
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Register {
    /// Starts one and waits until it is ready.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one with more flags, now and whenever it begins again.
    pub(crate) async fn start_with(flags: &'static [&'static str]) -> Self {
        let folder = TempDir::with_prefix("chancery-test-").expect("a temporary folder");
        let reaper = Reaper::watch(&folder.path().join("data"));
        let mut register = Self { flags, process: None, reaper, folder };
        register.begin().await;
        register
    }

    /// Starts the process on the folder it had before.
    pub(crate) async fn begin(&mut self) {
        self.begin_until(|register| register.said().contains("answers at")).await;
    }

    /// Starts the process on the folder it had before, and waits for something else than that it is ready.
    pub(crate) async fn begin_until(&mut self, is_there: impl Fn(&Self) -> bool) {
        self.process = None;
        let out = self.folder.path().join("out");
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]).args(self.flags);
        command.env("CHANCERY_DATA", self.data()).stdout(File::create(&out).expect("it is writable"));
        command.stderr(File::create(self.folder.path().join("err")).expect("it is writable"));
        let mut process = Guarded::spawn(&mut command, self.folder.path());
        eventually("the register", PATIENCE, async || {
            assert!(!process.has_ended(), "it ended: {}", self.log());
            is_there(self).then_some(())
        })
        .await;
        self.process = Some(process);
        let server = self.server();
        self.reaper.remember(server);
    }

    /// Ends it as SIGKILL does; its server goes on.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.terminate();
        eventually("the end", PATIENCE, async || process.has_ended().then_some(())).await;
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What it has said.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("out")).unwrap_or_default()
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("err")).unwrap_or_default()
    }

    /// The process number of its private server.
    pub(crate) fn server(&self) -> i32 {
        let text =
            fs::read_to_string(self.data().join("nats/server.pid")).expect("it is written at the start");
        text.trim().parse().expect("a number")
    }

    /// Gives a command.
    pub(crate) fn run(&self, words: &[&str]) -> Done {
        program().args(words).env("CHANCERY_DATA", self.data()).output().expect("it runs").into()
    }

    /// Writes a file to be recorded.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let file = self.folder.path().join(name);
        fs::write(&file, text).expect("it is writable");
        file.to_str().expect("UTF-8").to_owned()
    }
}

/// The program, with nothing of this environment's settings.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CHANCERY_")) {
        command.env_remove(name);
    }
    command.env("NATS_SERVER", nats_server()).stdin(Stdio::null());
    command
}

/// Whether a process of that number runs.
pub(crate) fn lives(pid: i32) -> bool {
    // A child that has ended and was not waited for is dead all the same.
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}
