//! The subscribers' endpoints, all in one HTTP server.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::Value;
use service::Clock;
use tokio::time::{Instant, sleep};
use webhook::Verifier;

use super::model::{Subscriber, number};

/// What everything is signed with.
pub(super) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// How slow a slow one is.
const SLOW: Duration = Duration::from_millis(30);

/// After how many requests those fail that do, and for how long.
const BEFORE_FAILING: usize = 5;
const FAILING: Duration = Duration::from_secs(8);

/// How many of the rest fail all the same.
const EVERY: usize = 17;

/// How many requests those take that want nothing more then.
const BEFORE_GONE: usize = 5;

/// What came, and how it was answered.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) number: u64,
    pub(super) id: String,
    pub(super) status: u16,
}

#[derive(Default)]
struct Endpoint {
    is_slow: bool,
    is_failing: bool,
    is_gone: bool,
    requests: Vec<Request>,
    /// Until when it fails.
    until: Option<Instant>,
}

impl Endpoint {
    fn status(&mut self) -> u16 {
        let count = self.requests.len();
        if self.is_gone && count >= BEFORE_GONE {
            return 410;
        }
        if !self.is_failing || count < BEFORE_FAILING {
            return 204;
        }
        let until = *self.until.get_or_insert_with(|| Instant::now() + FAILING);
        if Instant::now() < until || count.is_multiple_of(EVERY) { 503 } else { 204 }
    }
}

struct Shared {
    endpoints: Vec<Mutex<Endpoint>>,
    verifier: Verifier,
    taken: AtomicUsize,
}

pub(super) struct Endpoints {
    pub(super) base: String,
    shared: Arc<Shared>,
}

impl Endpoints {
    pub(super) async fn start(subscribers: &[Subscriber]) -> Self {
        let endpoint = |subscriber: &Subscriber| Endpoint {
            is_slow: subscriber.is_slow(),
            is_failing: subscriber.is_failing(),
            is_gone: subscriber.is_gone(),
            ..Endpoint::default()
        };
        let shared = Arc::new(Shared {
            endpoints: subscribers.iter().map(|subscriber| Mutex::new(endpoint(subscriber))).collect(),
            verifier: Verifier::new([SECRET.parse().expect("a secret")]),
            taken: AtomicUsize::new(0),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let base = format!("http://{}", listener.local_addr().expect("it has an address"));
        let router = Router::new().fallback(take).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { base, shared }
    }

    /// How many were taken, over all.
    pub(super) fn taken(&self) -> usize {
        self.shared.taken.load(Ordering::Relaxed)
    }

    /// Everything that came to a path.
    pub(super) fn requests(&self, path: &str) -> Vec<Request> {
        self.shared.endpoint(path).lock().expect("no test panics here").requests.clone()
    }

    /// What a path has taken, each once, in the order in which it first came.
    pub(super) fn heard(&self, path: &str) -> Vec<u64> {
        let mut known = HashSet::new();
        let taken = self.requests(path).into_iter().filter(|request| request.status < 300);
        taken.map(|request| request.number).filter(|number| known.insert(*number)).collect()
    }
}

impl Shared {
    fn endpoint(&self, path: &str) -> &Mutex<Endpoint> {
        let nth = path.trim_start_matches('/').parse::<usize>().expect("a subscriber's path");
        &self.endpoints[nth]
    }
}

async fn take(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let verified = shared.verifier.verify(&headers, &body, Clock::system().now());
    let id = verified.expect("what is delivered is signed").id.to_string();
    let body = serde_json::from_slice::<Value>(&body).expect("JSON");
    let number = number(body["data"]["event"]["id"].as_str().expect("an event has an id"));
    let endpoint = shared.endpoint(uri.path());
    if endpoint.lock().expect("no test panics here").is_slow {
        sleep(SLOW).await;
    }
    let mut endpoint = endpoint.lock().expect("no test panics here");
    let status = endpoint.status();
    endpoint.requests.push(Request { number, id, status });
    if status < 300 {
        shared.taken.fetch_add(1, Ordering::Relaxed);
    }
    StatusCode::from_u16(status).expect("a status")
}
