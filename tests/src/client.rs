//! Asking the gateway over HTTP.

use std::time::{Duration, Instant};

use bytes::Bytes;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use reqwest::{Method, Response};
use serde_json::Value;
use tokio::time::sleep;

/// No client waits longer for the register to take something.
const PATIENCE: Duration = Duration::from_secs(120);

/// Longer than any stream lasts.
const ENDLESS: Duration = Duration::from_secs(24 * 3600);

/// How long a client waits before it sends a submission again.
const PAUSE: Duration = Duration::from_millis(50);

/// A caller of one gateway, with a token or without. Clones share connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Client {
    /// Asks at `base` (`http://127.0.0.1:PORT`).
    #[must_use]
    pub fn new(http: reqwest::Client, base: String, token: Option<String>) -> Self {
        Self { http, base, token }
    }

    /// GET of a path with its query.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn get(&self, path: &str) -> Answer {
        self.try_send(Method::GET, path, &[], Vec::new()).await.expect("the gateway answers")
    }

    /// GET where no answer may come.
    ///
    /// # Errors
    /// When there is no connection, or it breaks before the answer.
    pub async fn try_get(&self, path: &str) -> reqwest::Result<Answer> {
        self.try_send(Method::GET, path, &[], Vec::new()).await
    }

    /// Opens a stream of events, behind the last that was seen of it, if any was.
    ///
    /// # Errors
    /// When there is no connection, or it breaks before the answer.
    pub async fn stream(&self, path: &str, last: &str) -> reqwest::Result<Response> {
        let mut request = self.http.get(format!("{}{path}", self.base)).timeout(ENDLESS);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if !last.is_empty() {
            request = request.header("last-event-id", last);
        }
        request.send().await
    }

    /// Submits events: one object, or a list of them.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn submit(&self, events: &Value) -> Answer {
        self.post(&[(CONTENT_TYPE.as_str(), "application/json")], events.to_string()).await
    }

    /// Posts anything as a submission.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn post(&self, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        self.try_post("/v1/events", headers, body).await.expect("the gateway answers")
    }

    /// Submits events, and the same again for as long as the register is not there or cannot say, as a producer
    /// does; so each event needs an id.
    ///
    /// # Panics
    /// When the submission is refused, or is never taken.
    pub async fn submit_until_taken(&self, events: &Value) -> Answer {
        let (headers, body) = ([(CONTENT_TYPE.as_str(), "application/json")], events.to_string());
        let begun = Instant::now();
        loop {
            let outcome = self.try_post("/v1/events", &headers, body.clone()).await;
            match &outcome {
                Ok(answer) if answer.status == 503 => {}
                Ok(answer) if answer.status < 300 => return answer.clone(),
                Ok(answer) => panic!("refused: {}: {:#}", answer.status, answer.body),
                Err(error) => assert!(!error.is_builder(), "{error}"),
            }
            assert!(begun.elapsed() < PATIENCE, "never taken: {outcome:?}");
            sleep(PAUSE).await;
        }
    }

    /// Sends a request with JSON, if there is any.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut headers = headers.to_vec();
        headers.extend(body.map(|_| (CONTENT_TYPE.as_str(), "application/json")));
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        self.try_send(method, path, &headers, body).await.expect("the gateway answers")
    }

    /// Posts where no answer may come.
    ///
    /// # Errors
    /// When there is no connection, or it breaks before the answer.
    pub async fn try_post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> reqwest::Result<Answer> {
        self.try_send(Method::POST, path, headers, body.into()).await
    }

    async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> reqwest::Result<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = request.header(ACCEPT, "application/json").body(body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?;
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| text());
        Ok(Answer { status, headers, body, bytes })
    }

    /// The record that a list with this query has and that `pattern` [`holds`](crate::holds) for, in full.
    ///
    /// # Panics
    /// When there is none; the message shows those that the list has.
    pub async fn find(&self, collection: &str, query: &str, pattern: &Value) -> Value {
        self.look_for(collection, query, pattern).await.unwrap_or_else(|found| panic!("{found}"))
    }

    /// The same where there may be no such record.
    ///
    /// # Errors
    /// What was found instead, in words.
    pub async fn look_for(&self, collection: &str, query: &str, pattern: &Value) -> Result<Value, String> {
        let records = self.list(collection, query).await;
        let found = records.iter().find(|record| crate::holds(record, pattern));
        found.cloned().ok_or_else(|| {
            let short =
                records.iter().map(|record| format!("{:?} of {record:#}", crate::missing(record, pattern)));
            let short = short.collect::<Vec<_>>().join("\n");
            format!("/v1/{collection}?{query} has nothing with {pattern}\nmissing: {short}")
        })
    }

    /// Every record of a list, in full.
    ///
    /// # Panics
    /// When the list or one of its records is not answered.
    pub async fn list(&self, collection: &str, query: &str) -> Vec<Value> {
        let page = self.get(&format!("/v1/{collection}?{query}")).await.ok();
        let mut records = Vec::new();
        for item in page["items"].as_array().expect("a page has items") {
            let id = item["id"].as_str().expect("a summary has an id");
            records.push(self.get(&format!("/v1/{collection}/{id}")).await.ok());
        }
        records
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; what is no JSON is one text.
    pub body: Value,
    /// The same as it came.
    pub bytes: Bytes,
}

impl Answer {
    /// The body of a success.
    ///
    /// # Panics
    /// When it is none; the message shows the problem.
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{}: {:#}", self.status, self.body);
        self.body
    }

    /// The log position of a success: what the body says for a submission, the header says for a query.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn position(&self) -> u64 {
        let header = self.headers.get("chancery-position").and_then(|value| value.to_str().ok());
        let body = self.body["position"].as_u64();
        body.or_else(|| header?.parse().ok())
            .unwrap_or_else(|| panic!("no position: {}: {:#}", self.status, self.body))
    }

    /// Status, the last part of the problem's type, and the pointers of its errors.
    ///
    /// # Panics
    /// When it is no problem.
    #[must_use]
    pub fn problem(&self) -> (u16, &str, Vec<&str>) {
        let content = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        assert!(
            content.is_some_and(|content| content.starts_with("application/problem+json")),
            "no problem: {}: {:#}",
            self.status,
            self.body
        );
        assert_eq!(self.body["status"], self.status, "{:#}", self.body);
        let kind = self.body["type"].as_str().expect("a problem has a type");
        let errors = self.body["errors"].as_array().map_or(&[][..], Vec::as_slice);
        let pointers = errors.iter().filter_map(|error| error["pointer"].as_str()).collect();
        (self.status, kind.rsplit('/').next().unwrap_or(kind), pointers)
    }
}
