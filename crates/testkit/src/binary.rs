//! Where the nats-server program is.

use std::env;
use std::path::{Path, PathBuf};

/// The nats-server that tests run: `NATS_SERVER`, else the PATH, else `.tools/nats-server` in this workspace.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn nats_server() -> PathBuf {
    named().or_else(on_path).or_else(in_tools).unwrap_or_else(|| {
        panic!("no nats-server found in NATS_SERVER, the PATH or .tools: run `make tools` once to fetch it")
    })
}

fn named() -> Option<PathBuf> {
    env::var_os("NATS_SERVER").filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join("nats-server")).find(|file| file.is_file())
}

/// The crate under test may lie at any depth, so look upwards from it.
fn in_tools() -> Option<PathBuf> {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let starts = [manifest, env::current_dir().ok(), Some(Path::new(env!("CARGO_MANIFEST_DIR")).to_owned())];
    starts
        .iter()
        .flatten()
        .flat_map(|start| start.ancestors())
        .map(|folder| folder.join(".tools/nats-server"))
        .find(|file| file.is_file())
}
