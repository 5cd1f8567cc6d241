//! The register's HTTP API, as the commands use it.

use std::time::Duration;

use anyhow::Context;
use contract::{Problem, ProblemKind};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::time::{sleep, timeout};
use url::{Host, Url};

use crate::failure::Failure;
use crate::out::Progress;

/// Longer than the register lets any request take.
const WITHIN: Duration = Duration::from_secs(60);
/// Longer than any stream lasts: 100 days.
const ENDLESS: Duration = Duration::from_secs(100 * 24 * 3600);
/// How often a submission is sent that the register could not take or may not have taken.
const TRIES: u32 = 4;
const REST: Duration = Duration::from_secs(1);
/// After which who waits is told that we do.
const LONG: Duration = Duration::from_secs(2);

/// Query parameters.
pub(crate) type Query<'q> = [(&'q str, String)];

/// A client for one register, with one token.
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
}

/// An answer that is no refusal.
pub(crate) struct Answer {
    /// Whether something came to be by it (201), rather than having been there before.
    pub(crate) created: bool,
    /// The log position that it reflects.
    pub(crate) position: Option<u64>,
    /// What was answered.
    pub(crate) body: Value,
}

impl Client {
    /// A client of the register at `base`.
    ///
    /// # Errors
    /// When the token holds what no header can carry.
    pub(crate) fn new(base: Url, token: &str) -> Result<Self, Failure> {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| Failure::Usage("the token holds characters that no token has".to_owned()))?;
        bearer.set_sensitive(true);
        Self::with(base, HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
    }

    /// A client who shows no token: for what a register gives to everybody.
    ///
    /// # Errors
    /// When there can be no client.
    pub(crate) fn nobody(base: Url) -> Result<Self, Failure> {
        Self::with(base, HeaderMap::new())
    }

    fn with(base: Url, headers: HeaderMap) -> Result<Self, Failure> {
        // Refused when it is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder().default_headers(headers).timeout(WITHIN);
        let builder = if is_local(&base) { builder.no_proxy() } else { builder };
        Ok(Self { http: builder.build().context("no HTTP client")?, base })
    }

    /// Asks.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn get(&self, path: &str, query: &Query<'_>) -> Result<Answer, Failure> {
        self.answer(self.request(Method::GET, path).query(query)).await
    }

    /// Asks for a document of a media type.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn document(
        &self,
        path: &str,
        query: &Query<'_>,
        media: &'static str,
    ) -> Result<String, Failure> {
        let request = self.request(Method::GET, path).query(query).header(ACCEPT, media);
        let taken = self.take(request).await?;
        Ok(String::from_utf8(taken.bytes).context("the answer is no text")?)
    }

    /// Asks for what is no JSON, such as a tile.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn bytes(&self, path: &str, query: &Query<'_>) -> Result<Vec<u8>, Failure> {
        Ok(self.take(self.request(Method::GET, path).query(query)).await?.bytes)
    }

    /// Asks for what is to be carried away, and says so: the register logs it as an export.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn carried(&self, path: &str, query: &Query<'_>) -> Result<Vec<u8>, Failure> {
        let request = self.request(Method::GET, path).query(query).header("Chancery-Purpose", "export");
        Ok(self.take(request).await?.bytes)
    }

    /// Opens a stream of events, behind the last that was seen of it, if any was.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn stream(
        &self,
        path: &str,
        query: &Query<'_>,
        last: &str,
    ) -> Result<Response, Failure> {
        let request = self.request(Method::GET, path).query(query).header(ACCEPT, "text/event-stream");
        let request = if last.is_empty() { request } else { request.header("Last-Event-ID", last) };
        let response = self.sent(request.timeout(ENDLESS)).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let problem = response.json().await.unwrap_or_else(|_| unknown(status));
        Err(problem.into())
    }

    /// Sends events. Those that could not be taken, or may not have been, are sent again: with the same ids.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn submit(
        &self,
        events: &Value,
        query: &Query<'_>,
        strict: bool,
    ) -> Result<Answer, Failure> {
        let mut tried = 0;
        loop {
            let request = self.request(Method::POST, "v1/events").query(query).json(events);
            let request = if strict { request.header("Prefer", "handling=strict") } else { request };
            tried += 1;
            match self.answer(request).await {
                Err(Failure::Refused(problem)) if problem.status == 503 && tried < TRIES => {
                    sleep(problem.retry_after.map_or(REST, |seconds| Duration::from_secs(seconds.into())))
                        .await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Asks for a change, once: it is the caller's to look whether it was made when no answer comes. Nothing may be
    /// answered.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn change(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let request = self.request(method, path);
        let taken = self.take(body.into_iter().fold(request, RequestBuilder::json)).await?;
        if taken.bytes.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(&taken.bytes).context("the answer is no JSON")?)
    }

    /// Waits until what was recorded up to `position` can be asked for, of every read model.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn settled(&self, position: u64) -> Result<(), Failure> {
        let query = [("min_position", position.to_string()), ("limit", "1".to_owned())];
        for path in ["v1/events", "v1/timeline", "v1/calendar", "v1/statistics"] {
            self.get(path, &query).await?;
        }
        Ok(())
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.base.clone();
        let folder = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{folder}/{path}"));
        self.http.request(method, url)
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let Taken { status, position, bytes } = self.take(request).await?;
        let body = serde_json::from_slice(&bytes).context("the answer is no JSON")?;
        Ok(Answer { created: status == StatusCode::CREATED, position, body })
    }

    async fn sent(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let base = &self.base;
        patiently(request.send()).await.map_err(|error| {
            let why = if error.is_timeout() { "does not answer in time" } else { "cannot be reached" };
            Failure::Unreachable(format!("the register at {base} {why}; is `chancery serve` running?"))
        })
    }

    /// What was answered, if it is no refusal.
    async fn take(&self, request: RequestBuilder) -> Result<Taken, Failure> {
        let (base, response) = (&self.base, self.sent(request).await?);
        let (status, position) = (response.status(), position(&response));
        let bytes = response
            .bytes()
            .await
            .map_err(|_| Failure::Unreachable(format!("the register at {base} broke off its answer")))?;
        if status.is_success() {
            return Ok(Taken { status, position, bytes: bytes.into() });
        }
        Err(serde_json::from_slice(&bytes).unwrap_or_else(|_| unknown(status)).into())
    }
}

/// An answer that is no refusal, as it came.
struct Taken {
    status: StatusCode,
    position: Option<u64>,
    bytes: Vec<u8>,
}

/// Waits, and says so when it takes long.
async fn patiently<T>(work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    if let Ok(done) = timeout(LONG, &mut work).await {
        return done;
    }
    let _progress = Progress::of("waiting for the register …");
    work.await
}

fn position(response: &Response) -> Option<u64> {
    response.headers().get("chancery-position")?.to_str().ok()?.parse().ok()
}

/// A refusal that is none of the register's: something between us and it has spoken.
fn unknown(status: StatusCode) -> Problem {
    let kind = if status.is_server_error() { ProblemKind::Unavailable } else { ProblemKind::Malformed };
    let mut problem = Problem::new(kind, format!("the answer was HTTP {status}"));
    problem.status = status.as_u16();
    problem
}

fn is_local(base: &Url) -> bool {
    match base.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
