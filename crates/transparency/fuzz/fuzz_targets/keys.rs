//! Keys and signature lines: what is read is written as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::checkpoint::Cosigner;
use transparency::note::{Signature, Signer, Verifier};

fuzz_target!(|text: &str| {
    if let Ok(key) = text.parse::<Verifier>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(key) = text.parse::<Signer>() {
        assert_eq!(key.to_private_key(), text);
    }
    if let Ok(key) = text.parse::<Cosigner>() {
        assert_eq!(key.to_private_key(), text);
    }
    if let Ok(signature) = text.parse::<Signature>() {
        assert_eq!(signature.to_string(), text);
    }
});
