//! The log as the read models see it: what is sealed is opened, as long as its key is there.

use eventlog::EventLog;
use futures_util::future::{Either, ready};
use futures_util::{Stream, StreamExt};
use readmodel::{Entry, Log, LogError};
use sealing::Keys;

/// Keys that are fetched at once when there is much to catch up with.
const AT_ONCE: usize = 32;

/// The log, and the keys to what is sealed in it.
#[derive(Clone)]
pub(crate) struct Opened {
    log: EventLog,
    keys: Keys,
}

impl Opened {
    pub(crate) const fn new(log: EventLog, keys: Keys) -> Self {
        Self { log, keys }
    }

    /// The log as it is.
    pub(crate) const fn events(&self) -> &EventLog {
        &self.log
    }
}

impl Log for Opened {
    type Entry = Entry;

    fn origin(&self) -> String {
        Log::origin(&self.log)
    }

    async fn head(&self) -> Result<u64, LogError> {
        Log::head(&self.log).await
    }

    fn tail(&self, after: u64) -> impl Stream<Item = Result<Entry, LogError>> + Send + Unpin {
        let keys = self.keys.clone();
        let opened = Log::tail(&self.log, after).map(move |entry| match entry {
            Ok(entry) if sealing::is_sealed(&entry.payload) => {
                let keys = keys.clone();
                Either::Right(async move { keys.opened(entry).await.map_err(failed) })
            }
            entry => {
                if let Ok(entry) = &entry
                    && entry.kind.contains(".disposed.")
                {
                    keys.forget(&entry.subject);
                }
                Either::Left(ready(entry))
            }
        });
        opened.buffered(AT_ONCE).boxed()
    }
}

fn failed(error: sealing::Error) -> LogError {
    LogError { transient: error.is_transient(), source: Box::new(error) }
}
