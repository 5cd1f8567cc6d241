//! Endpoints of subscribers, all in one HTTP server.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use jiff::Timestamp;
use serde_json::Value;
use testkit::{PATIENCE, eventually};
use tokio::time::sleep;
use webhook::Verifier;

/// What all sign with.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) body: Value,
    pub(crate) at: std::time::Instant,
    /// How it was answered.
    pub(crate) status: u16,
}

impl Received {
    /// Where what it tells of stands in the log.
    pub(crate) fn position(&self) -> u64 {
        self.body["data"]["position"].as_u64().expect("a position")
    }
}

/// How something is answered.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u64>,
    pub(crate) after: Duration,
}

pub(crate) const fn status(status: u16) -> Plan {
    Plan { status, retry_after: None, after: Duration::ZERO }
}

#[derive(Default)]
struct Endpoints {
    received: Mutex<HashMap<String, Vec<Received>>>,
    /// For each path, how the next are answered; what is planned no further is answered with 204.
    plans: Mutex<HashMap<String, VecDeque<Plan>>>,
    /// For each path, how all are answered.
    always: Mutex<HashMap<String, Plan>>,
}

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) base: String,
    endpoints: Arc<Endpoints>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let endpoints = Arc::<Endpoints>::default();
        let router = Router::new().fallback(take).with_state(Arc::clone(&endpoints));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, endpoints }
    }

    /// The next at a path are answered so.
    pub(crate) fn plan(&self, path: &str, plans: impl IntoIterator<Item = Plan>) {
        self.endpoints.plans.lock().unwrap().entry(path.to_owned()).or_default().extend(plans);
    }

    /// All at a path are answered so.
    pub(crate) fn always(&self, path: &str, plan: Plan) {
        self.endpoints.always.lock().unwrap().insert(path.to_owned(), plan);
    }

    /// What came to a path.
    pub(crate) fn received(&self, path: &str) -> Vec<Received> {
        self.endpoints.received.lock().unwrap().get(path).cloned().unwrap_or_default()
    }

    /// What came to a path, once it is so much.
    pub(crate) async fn count(&self, path: &str, count: usize) -> Vec<Received> {
        eventually(&format!("{count} deliveries at {path}"), PATIENCE, async || {
            let received = self.received(path);
            (received.len() >= count).then_some(received)
        })
        .await
    }

    /// The positions of what came to a path, each once, in the order in which they came first, once the last is there.
    pub(crate) async fn until(&self, path: &str, position: u64) -> Vec<u64> {
        eventually(&format!("{position} at {path}"), PATIENCE, async || {
            let mut told = Vec::new();
            for received in self.received(path).iter().filter(|received| received.status < 300) {
                if !told.contains(&received.position()) {
                    told.push(received.position());
                }
            }
            told.contains(&position).then_some(told)
        })
        .await
    }
}

async fn take(
    State(endpoints): State<Arc<Endpoints>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let verifier = Verifier::new([SECRET.parse().unwrap()]);
    #[expect(clippy::disallowed_methods, reason = "a receiver has the system's clock")]
    let verified = verifier.verify(&headers, &body, Timestamp::now());
    let id = verified.expect("what is delivered is signed").id.to_string();
    let path = uri.path().to_owned();
    let planned = endpoints.plans.lock().unwrap().get_mut(&path).and_then(VecDeque::pop_front);
    let plan = planned.or_else(|| endpoints.always.lock().unwrap().get(&path).cloned());
    let plan = plan.unwrap_or_else(|| status(204));
    sleep(plan.after).await;
    let body = serde_json::from_slice(&body).unwrap();
    let received = Received { id, body, at: std::time::Instant::now(), status: plan.status };
    endpoints.received.lock().unwrap().entry(path).or_default().push(received);
    let mut answer = HeaderMap::new();
    if let Some(seconds) = plan.retry_after {
        answer.insert("retry-after", seconds.into());
    }
    (StatusCode::from_u16(plan.status).unwrap(), answer, "as planned")
}
