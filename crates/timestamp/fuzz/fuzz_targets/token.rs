//! What an authority sends: reading it is total, and nobody but who has the key makes a token that holds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use timestamp::{Authorities, token, verify};

const ROOT: &[u8] = include_bytes!("../../tests/suite/root.pem");

fuzz_target!(|bytes: &[u8]| {
    let _ = Authorities::from_pem(bytes);
    let trusted = Authorities::from_pem(ROOT).expect("a certificate");
    assert!(verify(bytes, b"message", &trusted).is_err());
    if let Ok(token) = token(bytes) {
        assert!(verify(&token, b"message", &trusted).is_err());
    }
});
