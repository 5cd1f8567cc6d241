//! The HTTP interface (C2SP tlog-witness): `POST /add-checkpoint`, and `GET /<hash of the origin>/checkpoint`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::time::timeout;
use transparency::witness::{AddCheckpoint, Answer};

use crate::memory::Memory;
use crate::metrics::Metrics;

/// 63 hashes are 3 kB; a checkpoint with a dozen signatures, those of large keys included, is below 60.
const MOST_BYTES: usize = 64 << 10;

/// From the head of a request to the end of its body.
const WITHIN: Duration = Duration::from_secs(10);

pub(crate) struct Answering {
    pub(crate) memory: Memory,
    pub(crate) metrics: Metrics,
}

pub(crate) fn router(answering: Arc<Answering>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add))
        .route("/{log}/checkpoint", get(last))
        .with_state(answering)
}

async fn add(State(answering): State<Arc<Answering>>, body: Body) -> Response {
    let body = match timeout(WITHIN, to_bytes(body, MOST_BYTES)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return answering.refuse(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => return answering.refuse(StatusCode::REQUEST_TIMEOUT),
    };
    let Ok(request) = AddCheckpoint::parse(&body) else { return answering.say(&Answer::Malformed) };
    // Not dropped half-way when who asked is gone: what is on disk is then also remembered.
    let deciding = Arc::clone(&answering);
    let added = tokio::spawn(async move { deciding.memory.add(&request).await }).await;
    let failure = match added {
        Ok(Ok(answer)) => return answering.say(&answer),
        Ok(Err(error)) => anyhow::Error::from(error),
        Err(error) => error.into(),
    };
    tracing::error!(error = format!("{failure:#}"), "nothing can be cosigned");
    answering.refuse(StatusCode::INTERNAL_SERVER_ERROR)
}

impl Answering {
    /// What is no answer of the protocol.
    fn refuse(&self, status: StatusCode) -> Response {
        self.metrics.answered(status.as_u16());
        status.into_response()
    }

    fn say(&self, answer: &Answer) -> Response {
        self.metrics.answered(answer.status());
        let status = StatusCode::from_u16(answer.status()).expect("the protocol has statuses of HTTP");
        (status, [(header::CONTENT_TYPE, answer.content_type())], answer.body()).into_response()
    }
}

async fn last(State(answering): State<Arc<Answering>>, Path(log): Path<String>) -> Response {
    const KIND: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
    const CACHING: HeaderValue = HeaderValue::from_static("no-cache");
    match answering.memory.last(&format!("{log}/checkpoint")).await {
        Some(signed) => {
            let headers = [(header::CONTENT_TYPE, KIND), (header::CACHE_CONTROL, CACHING)];
            (headers, signed.to_string()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
