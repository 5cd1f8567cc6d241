//! Ending what a disposal has begun: the key of a sealed record that was disposed of is destroyed, whoever recorded
//! that and whatever became of them.

use std::time::Duration;

use domain::{EventName, Subject};
use eventlog::EventLog;
use sealing::{Found, Keys};
use tokio_util::sync::CancellationToken;

use crate::refusal::chain;

/// Between two tries.
const PAUSE: Duration = Duration::from_secs(1);

/// Destroys the key of a record of which the log says that it was disposed of. A record without one is left alone.
pub(crate) async fn until_done(keys: Keys, record: Subject, shutdown: CancellationToken) {
    loop {
        // What is at hand is not asked: another may have begun and not ended.
        keys.forget(&record);
        let done = match keys.look(&record).await {
            Ok(Found::Nothing) => Ok(()),
            Ok(Found::Key(_) | Found::Destroyed) => keys.destroy(&record).await,
            Err(error) => Err(error),
        };
        let Err(error) = done else { return };
        tracing::warn!(error = %chain(&error), subject = %record, "a key is not destroyed yet");
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = shutdown.cancelled() => {
                tracing::warn!(subject = %record, "stopped with a key that is not destroyed; the next start does it");
                return;
            }
        }
    }
}

/// Destroys the keys of records that were disposed of by somebody who did not come to it. To be asked before the log
/// is followed, from a position that was known before: what is recorded later, the tail sees.
///
/// # Errors
/// When the bucket or the log does not answer.
pub(crate) async fn unsettled(keys: &Keys, log: &EventLog) -> anyhow::Result<()> {
    for record in keys.unsettled().await? {
        let last = log.last(&record).await?;
        let entries = log.read_reaching(&record, 0, last).await?;
        let disposal = |kind: &str| {
            kind.parse().is_ok_and(|kind: domain::EventKind| kind.event() == EventName::Disposed)
        };
        if entries.iter().any(|entry| disposal(&entry.kind)) {
            tracing::info!(subject = %record, "a key is destroyed that was left when its record was disposed of");
            keys.destroy(&record).await?;
        }
    }
    Ok(())
}
