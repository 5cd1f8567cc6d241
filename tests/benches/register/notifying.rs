//! How many webhooks leave in a second: events that lie in the log delivered to new subscribers, against a bare HTTP
//! client that posts the same bodies. Both have as many receivers, and each receiver gets one post after the other.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use futures_util::future::try_join_all;
use reqwest::Method;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::append::Submitting;
use crate::measure::Series;
use crate::options::Options;
use crate::register::Register;
use crate::report::{Goal, Report, Row, progress};

/// How many receive at once.
const RECEIVERS: [usize; 2] = [1, 16];

/// After which what has not come will not.
const COMING: Duration = Duration::from_secs(120);

/// Measures with each number of receivers.
pub(crate) async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let register = Register::start_for_subscribers().await?;
    let events = if options.quick { 200 } else { 2_000 };
    let mut submitting = Submitting::several(register.connections(1).await?);
    progress(format_args!("recording {events} events for webhooks"));
    for _ in 0..events {
        submitting[0].submit().await?;
    }
    register.settle().await?;
    let mut receiver = Receiver::listen().await?;
    for count in RECEIVERS {
        let (mut raw, mut ours) = (Series::new(), Series::new());
        for round in 1..=options.rounds() {
            progress(format_args!("webhooks, {count} receivers, round {round}"));
            let bodies = delivered(&mut ours, (count, events), &register, &mut receiver).await?;
            posted(&mut raw, count, &bodies, &mut receiver).await?;
        }
        report.add([Row {
            work: format!("webhooks delivered to {count} receivers, against bare posts"),
            unit: "/s",
            ceiling: raw.rate(),
            ours: ours.rate(),
            goal: Goal::None,
            latency: None,
        }]);
    }
    Ok(())
}

/// From setting subscriptions up to the arrival of everything at each. Gives the bodies that one of them received.
async fn delivered(
    series: &mut Series,
    (count, events): (usize, usize),
    register: &Register,
    receiver: &mut Receiver,
) -> anyhow::Result<Vec<Bytes>> {
    receiver.expect(count * events);
    let (manager, begun) = (register.manager(), Instant::now());
    let mut subscriptions = Vec::new();
    for number in 0..count {
        let channel = json!({"type": "webhook", "url": receiver.url(number)});
        let wanted = json!({"channel": channel, "after": 0});
        let created = manager.send(Method::POST, "/v1/subscriptions", &[], Some(&wanted)).await.ok();
        subscriptions.push(created["id"].as_str().context("a subscription has an id")?.to_owned());
    }
    let bodies = receiver.all().await?;
    series.add((count * events) as f64 / begun.elapsed().as_secs_f64());
    for id in subscriptions {
        manager.send(Method::DELETE, &format!("/v1/subscriptions/{id}"), &[], None).await;
    }
    Ok(bodies)
}

/// The same bodies by a client that does nothing else.
async fn posted(
    series: &mut Series,
    count: usize,
    bodies: &[Bytes],
    receiver: &mut Receiver,
) -> anyhow::Result<()> {
    receiver.expect(count * bodies.len());
    let client = testkit::http_client();
    let begun = Instant::now();
    try_join_all((0..count).map(|number| {
        let (client, url) = (client.clone(), receiver.url(number));
        async move {
            for body in bodies {
                let request = client.post(&url).header("content-type", "application/json").body(body.clone());
                request.send().await?.error_for_status()?.bytes().await?;
            }
            anyhow::Ok(())
        }
    }))
    .await?;
    receiver.all().await?;
    series.add((count * bodies.len()) as f64 / begun.elapsed().as_secs_f64());
    Ok(())
}

/// Takes what is posted to it, and counts it.
struct Receiver {
    address: String,
    taking: Arc<Taking>,
    left: watch::Receiver<usize>,
}

struct Taking {
    left: watch::Sender<usize>,
    /// What came to the first receiver.
    bodies: Mutex<Vec<Bytes>>,
}

impl Receiver {
    async fn listen() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (left, seen) = watch::channel(0);
        let taking = Arc::new(Taking { left, bodies: Mutex::default() });
        let routes = Router::new().route("/0", post(keep)).route("/{number}", post(count));
        tokio::spawn(axum::serve(listener, routes.with_state(Arc::clone(&taking))).into_future());
        Ok(Self { address, taking, left: seen })
    }

    fn url(&self, number: usize) -> String {
        format!("http://{}/{number}", self.address)
    }

    /// So many are to come.
    fn expect(&self, count: usize) {
        self.taking.bodies.lock().expect("nobody panics").clear();
        self.taking.left.send_replace(count);
    }

    /// Waits until all have come, and gives those of the first.
    async fn all(&mut self) -> anyhow::Result<Vec<Bytes>> {
        let came = self.left.wait_for(|left| *left == 0);
        timeout(COMING, came).await.context("not everything came")??;
        Ok(std::mem::take(&mut *self.taking.bodies.lock().expect("nobody panics")))
    }
}

async fn keep(state: State<Arc<Taking>>, body: Bytes) {
    state.bodies.lock().expect("nobody panics").push(body.clone());
    count(state, body).await;
}

async fn count(State(taking): State<Arc<Taking>>, _: Bytes) {
    taking.left.send_modify(|left| *left = left.saturating_sub(1));
}
