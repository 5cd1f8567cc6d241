//! What a process counts, and how the names begin. Served at `/metrics` in the OpenMetrics text format.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Every name begins with this.
pub const PREFIX: &str = "chancery";

/// Requests answered over NATS, by endpoint and status.
pub const REQUESTS: &str = "requests";

/// Seconds from a request's arrival over NATS to its reply, by endpoint.
pub const REQUEST_SECONDS: &str = "request_seconds";

/// Requests over NATS that are being worked on, by endpoint.
pub const REQUESTS_IN_FLIGHT: &str = "requests_in_flight";

/// Requests over NATS that nobody waited for any more, by endpoint.
pub const REQUESTS_EXPIRED: &str = "requests_expired";

/// From a tenth of a millisecond to 13 s, each bound twice the one before: 0.0001 × 2^17 ≈ 13.1.
pub fn latency_buckets() -> impl Iterator<Item = f64> {
    prometheus_client::metrics::histogram::exponential_buckets(0.0001, 2.0, 18)
}

/// The metrics of a process. Clones share the registry.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    requests: Family<Answered, Counter>,
    seconds: Family<OfEndpoint, Histogram, fn() -> Histogram>,
    in_flight: Family<OfEndpoint, Gauge>,
    expired: Family<OfEndpoint, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    endpoint: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfEndpoint {
    endpoint: &'static str,
}

impl Metrics {
    /// A registry with what every process counts.
    #[must_use]
    pub fn new() -> Self {
        let new = Self {
            registry: Arc::new(Mutex::new(Registry::with_prefix(PREFIX))),
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(latency_buckets())),
            in_flight: Family::default(),
            expired: Family::default(),
        };
        new.register(|registry| {
            registry.register(REQUESTS, "Requests answered over NATS", new.requests.clone());
            registry.register(REQUEST_SECONDS, "Seconds from arrival to reply", new.seconds.clone());
            registry.register(REQUESTS_IN_FLIGHT, "Requests being worked on", new.in_flight.clone());
            registry.register(REQUESTS_EXPIRED, "Requests nobody waited for", new.expired.clone());
        });
        new
    }

    /// Adds metrics; names get the prefix `chancery_`.
    pub fn register<T>(&self, register: impl FnOnce(&mut Registry) -> T) -> T {
        register(&mut self.registry.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Everything as OpenMetrics text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let encoded = self.register(|registry| text::encode(&mut text, registry));
        // Only a broken metric fails; the others are worth having.
        if let Err(error) = encoded {
            tracing::error!(%error, "a metric cannot be written");
        }
        text
    }

    pub(crate) fn of_endpoint(&self, endpoint: &'static str) -> EndpointMetrics {
        let labels = OfEndpoint { endpoint };
        EndpointMetrics {
            endpoint,
            requests: self.requests.clone(),
            seconds: self.seconds.get_or_create_owned(&labels),
            in_flight: self.in_flight.get_or_create_owned(&labels),
            expired: self.expired.get_or_create_owned(&labels),
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// What is counted of one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct EndpointMetrics {
    endpoint: &'static str,
    requests: Family<Answered, Counter>,
    seconds: Histogram,
    pub(crate) in_flight: Gauge,
    pub(crate) expired: Counter,
}

impl EndpointMetrics {
    pub(crate) fn answered(&self, status: u16, after: Duration) {
        self.requests.get_or_create(&Answered { endpoint: self.endpoint, status }).inc();
        self.seconds.observe(after.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_written() {
        let metrics = Metrics::new();
        metrics.of_endpoint("commands").answered(200, Duration::from_millis(3));
        let text = metrics.text();
        assert!(text.contains(r#"chancery_requests_total{endpoint="commands",status="200"} 1"#), "{text}");
        assert!(text.contains("chancery_request_seconds_bucket"), "{text}");
    }
}
