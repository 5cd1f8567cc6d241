//! Proof files: what is read is written as it was, and verifying it is total.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::leaf_hash;
use transparency::proof::Proof;
use transparency::tree::verify_inclusion;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(proof) = Proof::parse(bytes) {
        assert_eq!(proof.to_string().as_bytes(), bytes);
        let head = proof.checkpoint.checkpoint().head();
        let _ = verify_inclusion(&leaf_hash(bytes), proof.index, &head, &proof.hashes);
    }
});
