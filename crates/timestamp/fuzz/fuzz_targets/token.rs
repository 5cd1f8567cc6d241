//! What an authority sends: reading it is total, and nobody but who has the key makes a token that states anything
//! else than those that were signed.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use timestamp::{Authorities, Stamp, token, verify};

const MESSAGE: &[u8] = b"message";

/// Whose keys nobody has any more, and what was signed with them.
static TRUSTED: LazyLock<Authorities> =
    LazyLock::new(|| Authorities::from_pem(include_bytes!("../seeds/root.pem")).expect("a certificate"));
static STATED: LazyLock<[Stamp; 3]> = LazyLock::new(|| {
    let tokens = [
        include_bytes!("../seeds/token/rsa-2048").as_slice(),
        include_bytes!("../seeds/token/ec-p-256"),
        include_bytes!("../seeds/token/ec-p-384"),
    ];
    tokens.map(|token| verify(token, MESSAGE, &TRUSTED).expect("it holds"))
});

fuzz_target!(|bytes: &[u8]| {
    let _ = Authorities::from_pem(bytes);
    let answered = token(bytes).unwrap_or_default();
    for token in [bytes, &answered] {
        assert!(verify(token, b"another message", &TRUSTED).is_err());
        if let Ok(stamp) = verify(token, MESSAGE, &TRUSTED) {
            assert!(STATED.contains(&stamp), "{stamp:?}");
        }
    }
});
