//! Posting a message to somebody else's machine, which may be slow, absent or hostile, and may point at our own.

mod address;
mod failure;
mod reach;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use reqwest::dns::Resolve;
use reqwest::{Certificate, Client, Response, redirect};
use tokio::time::timeout;
use url::Url;

pub use address::Refused;
pub use failure::Failure;
use reach::Guarded;
pub use reach::{InvalidTarget, Reach, SystemNames};

use crate::{Meaning, RetryAfter};

/// How messages are posted.
#[derive(Clone)]
pub struct PosterSettings {
    /// What may be reached.
    pub reach: Reach,
    /// How long an attempt may take, up to the head of the answer (Standard Webhooks: 15 to 30 s).
    pub attempt_within: Duration,
    /// How long a connection may take, with the name and TLS.
    pub connect_within: Duration,
    /// Whose certificates are trusted beside those that the system trusts.
    pub certificates: Vec<Certificate>,
    /// Who says what names lead to. It is not trusted: what it answers is checked.
    pub names: Arc<dyn Resolve>,
}

/// What is public and over HTTPS, within 20 s.
impl Default for PosterSettings {
    fn default() -> Self {
        Self {
            reach: Reach::default(),
            attempt_within: Duration::from_secs(20),
            connect_within: Duration::from_secs(10),
            certificates: Vec::new(),
            names: Arc::new(SystemNames),
        }
    }
}

impl fmt::Debug for PosterSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PosterSettings")
            .field("reach", &self.reach)
            .field("attempt_within", &self.attempt_within)
            .field("connect_within", &self.connect_within)
            .field("certificates", &self.certificates.len())
            .finish_non_exhaustive()
    }
}

/// Posts messages. Connections are kept for those that follow, and shared by all clones.
#[derive(Clone, Debug)]
pub struct Poster {
    client: Client,
    guarded: Guarded,
    attempt_within: Duration,
}

impl Poster {
    /// How much of an answer is kept.
    pub const EXCERPT: usize = 1 << 10;

    /// How much of an answer is read, so that its connection can be used again. A larger answer costs its sender the
    /// connection.
    const MOST_BYTES: usize = 16 << 10;
    /// How long the rest of an answer is waited for: its status, which counts, is there.
    const REST_WITHIN: Duration = Duration::from_secs(2);
    /// Many servers close what is idle for five seconds, and what is sent at that moment is lost.
    const IDLE: Duration = Duration::from_secs(4);

    /// A poster. No redirection is followed and no proxy is taken from the environment: either would lead elsewhere than
    /// was checked.
    ///
    /// # Errors
    /// When no client can be made, such as without the system's certificates.
    pub fn new(settings: PosterSettings) -> reqwest::Result<Self> {
        // Refused when something in this process has installed one, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guarded = Guarded { names: settings.names, reach: Arc::new(settings.reach) };
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .dns_resolver(guarded.clone())
            .connect_timeout(settings.connect_within)
            .pool_idle_timeout(Self::IDLE)
            .tls_certs_merge(settings.certificates)
            .user_agent(concat!("chancery/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, guarded, attempt_within: settings.attempt_within })
    }

    /// Says whether messages could be posted to an address now, for whoever enters it. It is checked again at each attempt.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self, url: &Url) -> Result<(), Failure> {
        self.guarded.reach.check(url)?;
        let checked = timeout(self.attempt_within, self.guarded.clone().check(url)).await;
        checked.map_err(|_| Failure::Timeout(self.attempt_within))?.map_err(|why| Failure::from(&why))
    }

    /// Makes one attempt: the headers are [`Message::headers`](crate::Message::headers) and the content type.
    pub async fn post(&self, url: &Url, headers: HeaderMap, body: Bytes) -> Attempt {
        let began = Instant::now();
        let answer = self.answer(url, headers, body).await;
        Attempt { took: began.elapsed(), answer }
    }

    async fn answer(&self, url: &Url, headers: HeaderMap, body: Bytes) -> Result<Answer, Failure> {
        self.guarded.reach.check(url)?;
        let sent = self.client.post(url.clone()).headers(headers).body(body).send();
        let response = timeout(self.attempt_within, sent).await;
        let response = response.map_err(|_| Failure::Timeout(self.attempt_within))?;
        let mut response = response.map_err(|error| Failure::of(&error, self.attempt_within))?;
        let (status, retry_after) = (response.status(), RetryAfter::of(response.headers()));
        let mut excerpt = Vec::new();
        // Whatever becomes of the rest, the receiver has said what counts.
        let _ = timeout(Self::REST_WITHIN, take(&mut response, &mut excerpt)).await;
        Ok(Answer { status, retry_after, excerpt: String::from_utf8_lossy(&excerpt).into_owned() })
    }
}

/// Reads the answer to its end if it is short, and keeps its beginning.
async fn take(response: &mut Response, excerpt: &mut Vec<u8>) {
    let mut read = 0;
    while read <= Poster::MOST_BYTES
        && let Ok(Some(piece)) = response.chunk().await
    {
        read += piece.len();
        let kept = piece.len().min(Poster::EXCERPT - excerpt.len());
        excerpt.extend_from_slice(&piece[..kept]);
    }
}

/// What became of one attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// How long it took.
    pub took: Duration,
    /// What was answered, or why nothing was.
    pub answer: Result<Answer, Failure>,
}

impl Attempt {
    /// What is to be done now.
    #[must_use]
    pub fn meaning(&self) -> Meaning {
        self.answer.as_ref().map_or(Meaning::Failed, |answer| Meaning::of(answer.status))
    }

    /// The status, if there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.answer.as_ref().ok().map(|answer| answer.status)
    }

    /// When the receiver wants to be asked again, if it said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<RetryAfter> {
        self.answer.as_ref().ok().and_then(|answer| answer.retry_after)
    }

    /// How the answer begins, or why there is none: for a delivery log.
    #[must_use]
    pub fn text(&self) -> String {
        self.answer.as_ref().map_or_else(ToString::to_string, |answer| answer.excerpt.clone())
    }
}

/// What a receiver answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// When it wants to be asked again.
    pub retry_after: Option<RetryAfter>,
    /// How the answer begins, at most [`Poster::EXCERPT`] bytes; what is not UTF-8 is replaced.
    pub excerpt: String,
}
