//! Log lines on standard error, plain for people or JSON for machines.
//!
//! A failure is logged once, at the boundary. No bodies and no secrets are logged.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::settings::{Basics, LogFormat};

/// Begins to write log lines as the settings say. Only the first call in a process has an effect.
pub fn init(settings: &Basics) {
    // One filter in words; the settings have checked that it can be read.
    let filter = EnvFilter::try_new(settings.log_level.as_str()).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // Refused when something else in this process logs already, as a test may.
    let _ = match settings.log {
        LogFormat::Plain => lines.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}
