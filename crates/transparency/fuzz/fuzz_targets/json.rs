//! Canonical JSON: the canonical form is its own canonical form. Making leaves is total.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::canonical::canonical;
use transparency::leaf::leaf;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(form) = canonical(bytes) {
        assert_eq!(canonical(form.as_bytes()).as_ref(), Ok(&form));
    }
    let _ = leaf(bytes);
});
