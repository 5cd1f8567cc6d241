//! Where the nats-server program is.

use std::env;
use std::path::{Path, PathBuf};

/// The program: what was named, else the first on the PATH, else `.tools/nats-server` in a folder around this
/// program or around the present one, where `make tools` puts it.
pub(crate) fn find(named: Option<&Path>) -> Option<PathBuf> {
    named.map(Path::to_owned).or_else(on_path).or_else(in_tools)
}

fn on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join("nats-server")).find(|file| file.is_file())
}

fn in_tools() -> Option<PathBuf> {
    let starts = [env::current_exe().ok(), env::current_dir().ok()];
    let folders = starts.iter().flatten().flat_map(|start| start.ancestors());
    folders.map(|folder| folder.join(".tools/nats-server")).find(|file| file.is_file())
}
