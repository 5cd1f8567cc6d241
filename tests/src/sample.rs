//! The files under `samples/`.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The submission in `samples/<name>.json`.
///
/// # Panics
/// When there is no such file, or it is no JSON.
#[must_use]
pub fn read(name: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(format!("{name}.json"));
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
