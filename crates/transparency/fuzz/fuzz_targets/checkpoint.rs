//! Checkpoints: what is read is written as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::Checkpoint;
use transparency::checkpoint::Signed;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(signed) = Signed::parse(bytes) {
        assert_eq!(signed.to_string().as_bytes(), bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(checkpoint) = text.parse::<Checkpoint>()
    {
        assert_eq!(checkpoint.to_string(), text);
    }
});
