//! The admin listener: `/live`, `/ready` and `/metrics`, for operators and their machines. No route has a side
//! effect, none needs a token, and none shows what is recorded.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{Metrics, Readiness};

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone)]
struct Admin {
    readiness: Readiness,
    metrics: Metrics,
}

/// Serves until the token is cancelled.
pub(crate) async fn serve(
    listener: TcpListener,
    readiness: Readiness,
    metrics: Metrics,
    until: CancellationToken,
) {
    let routes = Router::new()
        .route("/live", get(|| async { "live\n" }))
        .route("/ready", get(ready))
        .route("/metrics", get(text))
        .with_state(Admin { readiness, metrics });
    tokio::select! {
        served = axum::serve(listener, routes) => {
            if let Err(error) = served {
                tracing::error!(%error, "the admin listener ended");
            }
        }
        () = until.cancelled() => {}
    }
}

#[derive(Serialize)]
struct Ready {
    ready: bool,
    /// The latches that are not set.
    missing: Vec<String>,
    /// What there is to say besides.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    notes: BTreeMap<String, String>,
}

async fn ready(State(admin): State<Admin>) -> Response {
    let missing = admin.readiness.missing();
    let ready = missing.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready, missing, notes: admin.readiness.notes() })).into_response()
}

async fn text(State(admin): State<Admin>) -> Response {
    ([(header::CONTENT_TYPE, OPENMETRICS)], admin.metrics.text()).into_response()
}
