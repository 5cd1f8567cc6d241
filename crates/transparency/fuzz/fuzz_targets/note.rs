//! Notes: what is read is written as it was, and verifying it is total.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::note::{Note, Verifier};

const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

fuzz_target!(|bytes: &[u8]| {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes);
        let key: Verifier = KEY.parse().expect("the key of the standard's example");
        let _ = note.verify([&key]);
    }
});
