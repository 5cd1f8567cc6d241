//! What the figures were measured on.

use std::fs;
use std::process::Command;
use std::thread;

use crate::options::Options;
use crate::templates::Templates;

/// Lines for the head of the report.
pub(crate) fn describe(options: &Options, templates: &Templates) -> Vec<String> {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let model = first_in("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let server = Command::new(testkit::nats_server()).arg("--version").output();
    let server = server.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned());
    let (rounds, length) = (options.rounds(), options.length());
    let build =
        if cfg!(debug_assertions) { "UNOPTIMISED BUILD, figures mean little" } else { "optimised build" };
    // What others take is taken from ceiling and ours alike, but not evenly.
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("unknown");
    vec![
        format!(
            "{cores} cores ({model}) for everything: load, server and register; load average before: {load}"
        ),
        build.to_owned(),
        format!("{}, one replica, file storage, sync_interval: always", server.unwrap_or_default()),
        "ours: one serve process with every role and its default settings, read models projecting".to_owned(),
        format!(
            "events of {} bytes as stored; medians of {rounds} rounds of {length:?}, in turns",
            templates.size()
        ),
    ]
}

fn first_in(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}
