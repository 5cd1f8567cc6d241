//! A nats-server process.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::{Guarded, PATIENCE, eventually, nats_server};

const CONNECTING: Duration = Duration::from_secs(1);

/// A running server.
pub(crate) struct Process(Guarded);

impl Process {
    /// Starts the server on the configuration in `folder`; its log goes to `server.log` there.
    pub(crate) fn spawn(folder: &Path, is_kept: bool) -> Self {
        let log = File::options().create(true).append(true).open(folder.join("server.log"));
        let log = log.expect("the test's own folder is writable");
        let mut command = Command::new(nats_server());
        command.arg("--config").arg(folder.join("server.conf")).stdout(Stdio::null()).stderr(log);
        let guarded =
            if is_kept { Guarded::spawn_on_kept(&mut command) } else { Guarded::spawn(&mut command, folder) };
        Self(guarded)
    }

    /// Waits until the server of that name answers on `port`; false if it ended instead.
    pub(crate) async fn is_ready(&mut self, name: &str, port: u16) -> bool {
        let what = format!("nats-server on port {port}");
        eventually(&what, PATIENCE, async || {
            if self.0.has_ended() { Some(false) } else { answers(name, port).then_some(true) }
        })
        .await
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
