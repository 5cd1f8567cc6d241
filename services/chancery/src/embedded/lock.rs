//! Two servers on one folder would acknowledge the same sequence twice: nats-server keeps no lock of its own.
//!
//! The server's standard input is a locked file. The lock therefore lives exactly as long as the server does, also
//! when this process is killed and the server goes on alone. Whoever finds it held stops the server whose number
//! the server itself has written beside it, and waits for the lock.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

/// A server that is asked to stop has this long before it is killed.
const POLITE: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);

/// Why the folder's lock is not ours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The lock file cannot be opened or locked.
    #[error("{file} cannot be locked")]
    File {
        /// Which.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// Another server holds it and does not stop.
    #[error("another nats-server uses {folder} and does not stop (process {})", pid.map_or("unknown".to_owned(), |pid| pid.to_string()))]
    Held {
        /// Which folder.
        folder: String,
        /// Its process, if it is known.
        pid: Option<i32>,
    },
}

/// The right to run a server on a folder.
pub(crate) struct Lock(File);

impl Lock {
    /// Takes the lock; a server that a killed parent has left behind is stopped first.
    pub(crate) async fn take(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("lock");
        let failed = |source| Error::File { file: path.display().to_string(), source };
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
        let file = options.open(&path).map_err(failed)?;
        let begun = Instant::now();
        let mut asked = None;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {
                    asked = Orphan::of(folder).map(|orphan| orphan.stop(asked, begun.elapsed())).or(asked);
                    sleep(PAUSE).await;
                }
                Err(TryLockError::WouldBlock) => {
                    let folder = folder.display().to_string();
                    return Err(Error::Held { folder, pid: asked.map(|(pid, _)| pid) });
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
        // Whose number stands there has ended: nobody may be stopped for it later.
        match fs::remove_file(pid_file(folder)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(Self(file)),
        }
    }

    /// Hands the lock to the server that is started with it as its standard input.
    pub(crate) fn into_file(self) -> File {
        self.0
    }
}

/// A server that runs on the folder without us.
struct Orphan(Pid);

impl Orphan {
    /// The one whose number stands beside the lock, if that process is a server on this folder.
    fn of(folder: &Path) -> Option<Self> {
        let pid = fs::read_to_string(pid_file(folder)).ok()?.trim().parse().ok()?;
        let folder = folder.to_str()?;
        // Where there is no /proc, the lock that is held must do as proof that it lives.
        let ours = match fs::read(format!("/proc/{pid}/cmdline")) {
            Ok(line) => String::from_utf8_lossy(&line).contains(folder),
            Err(_) => !Path::new("/proc/self").exists(),
        };
        Pid::from_raw(pid).filter(|_| ours).map(Self)
    }

    /// Asks it to stop, once; kills it, once, when it has taken too long.
    fn stop(&self, asked: Option<(i32, Signal)>, waited: Duration) -> (i32, Signal) {
        let signal = if waited < POLITE { Signal::TERM } else { Signal::KILL };
        let next = (self.0.as_raw_nonzero().get(), signal);
        if asked != Some(next) {
            tracing::warn!(pid = next.0, ?signal, "stopping a nats-server that was left behind");
            // It may have ended by itself meanwhile.
            let _ = kill_process(self.0, signal);
        }
        next
    }
}

fn pid_file(folder: &Path) -> PathBuf {
    folder.join("server.pid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lock_is_free_once_its_holder_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).await.unwrap();
        let waits = tokio::time::timeout(PAUSE * 3, Lock::take(folder.path())).await;
        assert!(waits.is_err(), "it was taken twice");
        drop(first.into_file());
        Lock::take(folder.path()).await.unwrap();
    }

    #[tokio::test]
    async fn a_number_that_is_someone_else_s_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(pid_file(folder.path()), std::process::id().to_string()).unwrap();
        assert!(Orphan::of(folder.path()).is_none());
    }
}
