//! A nats-server process that never outlives the test.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::{PATIENCE, eventually, nats_server};

const CONNECTING: Duration = Duration::from_secs(1);

/// A running server and its watchdog.
///
/// Dropping it kills the server. Should the test process itself be killed, nobody drops anything: the watchdog,
/// a shell that reads from a pipe only this process can write to, sees the pipe close and does it instead.
pub(crate) struct Process {
    server: Child,
    watchdog: Child,
}

impl Process {
    /// Starts the server on the configuration in `folder`; its log goes to `server.log` there.
    pub(crate) fn spawn(folder: &Path) -> Self {
        let log = File::options().create(true).append(true).open(folder.join("server.log"));
        let log = log.expect("the test's own folder is writable");
        let program = nats_server();
        let server = Command::new(&program)
            .arg("--config")
            .arg(folder.join("server.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        let watchdog = Command::new("sh")
            .args(["-c", "read -r _; kill -9 \"$1\"; rm -rf \"$2\"", "watchdog"])
            .arg(server.id().to_string())
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is a shell");
        Self { server, watchdog }
    }

    /// Waits until the server of that name answers on `port`; false if it ended instead.
    pub(crate) async fn is_ready(&mut self, name: &str, port: u16) -> bool {
        let what = format!("nats-server on port {port}");
        eventually(&what, PATIENCE, async || match self.server.try_wait() {
            Ok(None) => answers(name, port).then_some(true),
            Ok(Some(_)) | Err(_) => Some(false),
        })
        .await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The watchdog first: it must not see the pipe close and kill by a number that is then someone else's.
        for child in [&mut self.watchdog, &mut self.server] {
            // Fails only for a process that has ended.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The name is compared because another test process may have been quicker to take the port.
fn answers(name: &str, port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let Ok(stream) = TcpStream::connect_timeout(&address, CONNECTING) else { return false };
    let mut greeting = String::new();
    stream.set_read_timeout(Some(CONNECTING)).is_ok()
        && BufReader::new(stream).read_line(&mut greeting).is_ok()
        && greeting.contains(&format!("\"server_name\":\"{name}\""))
}

/// The end of the server's log, for the message of a test that fails.
pub(crate) fn log_of(folder: &Path) -> String {
    let log = fs::read_to_string(folder.join("server.log")).unwrap_or_default();
    let lines = log.lines().collect::<Vec<_>>();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
