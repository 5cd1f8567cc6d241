//! Bundles: what is read is read again as it is written, and verifying it is total.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::checkpoint::Trust;
use transparency::evidence::Bundle;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(bundle) = Bundle::parse(bytes) {
        assert_eq!(Bundle::parse(bundle.to_string().as_bytes()).as_ref(), Ok(&bundle));
        let origin = bundle.checkpoint.checkpoint().origin().to_owned();
        let trust = Trust { origin, log: Vec::new(), witnesses: Vec::new(), quorum: 0 };
        assert!(bundle.verify(&trust).is_err(), "nobody's signature proves nothing");
    }
});
