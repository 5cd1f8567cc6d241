//! What the gateway counts; names get the prefix `chancery_`.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

/// Requests answered over HTTP, by method, route and status.
pub(crate) const REQUESTS: &str = "http_requests";

/// Seconds from the end of a request's head to its answer, by route.
pub(crate) const SECONDS: &str = "http_request_seconds";

/// Requests over HTTP that are being worked on.
pub(crate) const IN_FLIGHT: &str = "http_requests_in_flight";

/// Open HTTP connections.
pub(crate) const CONNECTIONS: &str = "http_connections";

/// Open streams of events.
pub(crate) const STREAMS: &str = "http_streams";

/// Events that went out over streams.
pub(crate) const STREAMED: &str = "http_streamed_events";

/// Streams that were cut off since the client lagged.
pub(crate) const STREAMS_CUT: &str = "http_streams_cut";

/// Reads and refusals that could not be logged: the reads were not answered.
pub(crate) const UNLOGGED: &str = "reads_unlogged";

/// The route of what met none: labels come from a closed set.
pub(crate) const NO_ROUTE: &str = "none";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Debug)]
pub(crate) struct Metrics {
    requests: Family<Answered, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    pub(crate) unlogged: Counter,
    pub(crate) in_flight: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) streams: Gauge,
    pub(crate) streamed: Counter,
    pub(crate) streams_cut: Counter,
}

impl Metrics {
    pub(crate) fn new(shared: &service::Metrics) -> Self {
        let new = Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(service::metrics::latency_buckets())),
            unlogged: Counter::default(),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            streams: Gauge::default(),
            streamed: Counter::default(),
            streams_cut: Counter::default(),
        };
        shared.register(|registry| {
            registry.register(REQUESTS, "Requests answered over HTTP", new.requests.clone());
            registry.register(SECONDS, "Seconds from head to answer", new.seconds.clone());
            registry.register(UNLOGGED, "Reads that could not be logged", new.unlogged.clone());
            registry.register(IN_FLIGHT, "Requests being worked on", new.in_flight.clone());
            registry.register(CONNECTIONS, "Open connections", new.connections.clone());
            registry.register(STREAMS, "Open streams of events", new.streams.clone());
            registry.register(STREAMED, "Events that went out over streams", new.streamed.clone());
            registry.register(
                STREAMS_CUT,
                "Streams cut off since the client lagged",
                new.streams_cut.clone(),
            );
        });
        new
    }

    pub(crate) fn answered(&self, method: &http::Method, route: &str, status: u16, after: Duration) {
        let labels = Answered { method: name(method), route: route.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&Route { route: route.to_owned() }).observe(after.as_secs_f64());
    }
}

/// Counts a request until it is dropped: a client that leaves takes its request with it, answered or not.
pub(crate) struct InFlight<'g>(&'g Gauge);

impl<'g> InFlight<'g> {
    pub(crate) fn begin(gauge: &'g Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A method's name, of a closed set: callers may make up methods.
fn name(method: &http::Method) -> &'static str {
    match *method {
        http::Method::GET => "GET",
        http::Method::HEAD => "HEAD",
        http::Method::POST => "POST",
        _ => "other",
    }
}
