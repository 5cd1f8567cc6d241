//! The HTTP client of tests.

use std::sync::Once;
use std::time::Duration;

/// A client for what the test has started: no proxies, and no request that hangs for ever.
///
/// # Panics
/// When the TLS library cannot be set up.
#[must_use]
pub fn http_client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Refused only when the program under test has installed one already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(60))
        .build()
        .expect("the client has no setting that could be refused")
}
