//! A process that never outlives the test.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A running program and its watchdog.
///
/// Dropping it kills the program. Should the test process itself be killed, nobody drops anything: the watchdog,
/// a shell that reads from a pipe only this process can write to, sees the pipe close and does it instead.
pub struct Guarded {
    program: Child,
    watchdog: Child,
}

impl Guarded {
    /// Starts the program, without input; `folder` is removed with it when the test process is killed.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn spawn(command: &mut Command, folder: &Path) -> Self {
        Self::watched(command, folder)
    }

    /// Starts the program on a folder that is to stay.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn spawn_on_kept(command: &mut Command) -> Self {
        // Nothing is called so.
        Self::watched(command, Path::new(""))
    }

    fn watched(command: &mut Command, removed: &Path) -> Self {
        let started = command.stdin(Stdio::null()).spawn();
        let program =
            started.unwrap_or_else(|error| panic!("{:?} does not start: {error}", command.get_program()));
        let watchdog = Command::new("sh")
            .args(["-c", "read -r _; kill -9 \"$1\"; rm -rf \"$2\"", "watchdog"])
            .arg(program.id().to_string())
            .arg(removed)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is a shell");
        Self { program, watchdog }
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.program.try_wait(), Ok(None))
    }

    /// Asks it to stop in order (SIGTERM).
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Asks it to read its files again (SIGHUP).
    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.program.id()).ok().and_then(Pid::from_raw);
        // Fails only for a process that has ended.
        let _ = id.map(|id| kill_process(id, signal));
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // The watchdog first: it must not see the pipe close and kill by a number that is then someone else's.
        for child in [&mut self.watchdog, &mut self.program] {
            // Fails only for a process that has ended.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
