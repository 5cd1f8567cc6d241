//! Whether the process can do its work: a set of latches, each held by the part that knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

/// What `/ready` answers from. Clones share the latches.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<watch::Sender<State>>);

#[derive(Debug, Default)]
struct State {
    latches: BTreeMap<String, bool>,
    notes: BTreeMap<String, String>,
    stopping: bool,
}

impl Readiness {
    /// No latch yet: ready.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::default()))
    }

    /// Adds a latch, not set: the process is not ready until it is.
    #[must_use]
    pub fn latch(&self, name: impl Into<String>) -> Latch {
        let latch = Latch { name: name.into(), readiness: self.clone() };
        latch.unset();
        latch
    }

    /// Says something that does not make the process unready, in the place of what was said under this name.
    pub fn note(&self, name: &str, text: String) {
        self.0.send_if_modified(|state| {
            let before = state.notes.insert(name.to_owned(), text.clone());
            before.is_none_or(|before| before != text)
        });
    }

    /// What is [noted](Self::note).
    #[must_use]
    pub fn notes(&self) -> BTreeMap<String, String> {
        self.0.borrow().notes.clone()
    }

    /// What the process is not ready for: the latches that are not set, and `stopping` once it stops.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        self.0.borrow().missing()
    }

    /// Whether nothing is missing.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.missing().is_empty()
    }

    /// Waits until nothing is missing.
    pub async fn ready(&self) {
        // Fails only when the sender is gone, and `self` holds it.
        let _ = self.0.subscribe().wait_for(|state| state.missing().is_empty()).await;
    }

    /// Says that the process is about to stop; from here on it is not ready.
    pub fn stop(&self) {
        self.0.send_modify(|state| state.stopping = true);
    }
}

impl Default for Readiness {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn missing(&self) -> Vec<String> {
        let unset = self.latches.iter().filter(|(_, set)| !**set).map(|(name, _)| name.clone());
        unset.chain(self.stopping.then(|| "stopping".to_owned())).collect()
    }
}

/// One condition of readiness. Clones are the same latch.
#[derive(Clone, Debug)]
pub struct Latch {
    name: String,
    readiness: Readiness,
}

impl Latch {
    /// The condition holds.
    pub fn set(&self) {
        self.turn(true);
    }

    /// The condition does not hold, or not any more.
    pub fn unset(&self) {
        self.turn(false);
    }

    /// Sets or unsets it.
    pub fn turn(&self, on: bool) {
        self.readiness.0.send_if_modified(|state| {
            state.latches.insert(self.name.clone(), on).is_none_or(|before| before != on)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ready_means_every_latch_is_set() {
        let readiness = Readiness::new();
        readiness.ready().await;
        let (nats, log) = (readiness.latch("nats"), readiness.latch("log"));
        nats.set();
        assert_eq!(readiness.missing(), ["log"]);
        log.set();
        readiness.ready().await;
        nats.unset();
        assert!(!readiness.is_ready());
    }

    #[test]
    fn what_stops_is_not_ready() {
        let readiness = Readiness::new();
        readiness.stop();
        assert_eq!(readiness.missing(), ["stopping"]);
    }
}
