//! Verifying proofs is total, at any size.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::Hash;
use transparency::tree::{Head, root_from_inclusion, verify_consistency};

fuzz_target!(|input: (u64, u64, [u8; 32], Vec<[u8; 32]>)| {
    let (one, other, root, hashes) = input;
    let hashes = hashes.into_iter().map(Hash::new).collect::<Vec<_>>();
    let root = Hash::new(root);
    let _ = root_from_inclusion(&root, one, other, &hashes);
    let _ = verify_consistency(&Head { size: one, root }, &Head { size: other, root }, &hashes);
});
