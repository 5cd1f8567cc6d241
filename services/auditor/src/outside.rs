//! Asking machines of others, which may be slow, absent or hostile: within a bound of time and of bytes.

use std::time::Duration;

use reqwest::{Client, Response, redirect};

/// How long one answer may take, its last byte included.
const WITHIN: Duration = Duration::from_secs(10);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// A pause after the first failure, and the longest one.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_secs(1);
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The most bytes of an answer.
pub(crate) const MOST_BYTES: usize = 64 << 10;

/// A client that is led nowhere else.
///
/// # Errors
/// When none can be made.
pub(crate) fn client() -> reqwest::Result<Client> {
    // Refused when something in this process has installed one, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(redirect::Policy::none())
        .timeout(WITHIN)
        .connect_timeout(CONNECT_WITHIN)
        .user_agent(concat!("chancery/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// All of an answer; none if it is too large.
///
/// # Errors
/// When it does not come to an end.
pub(crate) async fn body(mut response: Response) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MOST_BYTES {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}
