//! Paths of tiles and bundles of leaves: what is read is written as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::tiles::{Path, read_bundle, write_bundle};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(path) = text.parse::<Path>()
    {
        assert_eq!(path.to_string(), text);
        if let Path::Tile(tile) = path {
            assert!(tile.nodes().count() <= 256);
        }
    }
    if let Ok(leaves) = read_bundle(bytes) {
        assert_eq!(write_bundle(leaves).as_deref(), Ok(bytes));
    }
});
