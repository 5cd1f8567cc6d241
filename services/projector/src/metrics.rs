//! What the projector counts.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use readmodel::{Lag, Reader};

/// The last log position that a read model has applied.
pub const POSITION: &str = "read_model_position";

/// Events that are recorded and not applied yet.
pub const LAG_EVENTS: &str = "read_model_lag_events";

/// Milliseconds since the event now being applied was recorded.
pub const LAG_MS: &str = "read_model_lag_milliseconds";

/// Bytes of a read model on disk.
pub const BYTES: &str = "read_model_bytes";

/// Events that could not be read and are kept as they are.
pub const RAW_EVENTS: &str = "read_model_raw_events";

/// The last log position that the search index reflects.
pub const INDEX_POSITION: &str = "search_index_position";

/// Records in the search index.
pub const INDEX_DOCUMENTS: &str = "search_index_documents";

/// The metrics of all read models.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    position: Family<OfModel, Gauge>,
    lag_events: Family<OfModel, Gauge>,
    lag_ms: Family<OfModel, Gauge>,
    bytes: Family<OfModel, Gauge>,
    raw: Family<OfModel, Counter>,
    index_position: Gauge,
    index_documents: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfModel {
    model: &'static str,
}

impl Metrics {
    pub(crate) fn register(metrics: &service::Metrics) -> Self {
        let new = Self::default();
        metrics.register(|registry| {
            registry.register(POSITION, "Log position applied", new.position.clone());
            registry.register(LAG_EVENTS, "Events recorded and not applied", new.lag_events.clone());
            registry.register(LAG_MS, "Age of the event being applied", new.lag_ms.clone());
            registry.register(BYTES, "Bytes on disk", new.bytes.clone());
            registry.register(RAW_EVENTS, "Events that could not be read", new.raw.clone());
            registry.register(INDEX_POSITION, "Log position in the index", new.index_position.clone());
            registry.register(INDEX_DOCUMENTS, "Records in the index", new.index_documents.clone());
        });
        new
    }

    pub(crate) fn raw(&self, model: &'static str) -> Counter {
        self.raw.get_or_create_owned(&OfModel { model })
    }

    pub(crate) fn indexed(&self, position: u64, documents: u64) {
        self.index_position.set(position.try_into().unwrap_or(i64::MAX));
        self.index_documents.set(documents.try_into().unwrap_or(i64::MAX));
    }

    pub(crate) async fn observe(&self, model: &'static str, reader: &Reader, lag: Lag) {
        let of = OfModel { model };
        let set = |family: &Family<OfModel, Gauge>, value: u64| {
            family.get_or_create(&of).set(value.try_into().unwrap_or(i64::MAX));
        };
        set(&self.position, reader.position());
        set(&self.lag_events, lag.events);
        set(&self.lag_ms, lag.ms);
        if let Ok(bytes) = reader.size_on_disk().await {
            set(&self.bytes, bytes);
        }
    }
}
