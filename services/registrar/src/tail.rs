//! Following the log, so that folds in memory know what other registrars recorded.

use domain::{EventName, Kind};
use eventlog::{EventLog, TailError};
use futures_util::StreamExt;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::destroy;
use crate::submit::Registrar;

/// Follows the log from its end at the start until `shutdown`. Lost connections are waited for inside, and in the end
/// the destruction of keys that was begun.
///
/// # Errors
/// [`TailError`] when the log is not the one that was there at the start.
pub(crate) async fn follow(
    log: &EventLog,
    after: u64,
    registrar: &Registrar,
    shutdown: &CancellationToken,
) -> Result<(), TailError> {
    let mut destructions = JoinSet::new();
    let followed = each(log, after, registrar, shutdown, &mut destructions).await;
    // A try that has begun is not cut off: it ends within the time that the server has to answer.
    while let Some(ended) = destructions.join_next().await {
        told(ended);
    }
    followed
}

async fn each(
    log: &EventLog,
    after: u64,
    registrar: &Registrar,
    shutdown: &CancellationToken,
    destructions: &mut JoinSet<()>,
) -> Result<(), TailError> {
    let mut tail = log.tail(after);
    loop {
        let next = tokio::select! {
            next = tail.next() => next,
            Some(ended) = destructions.join_next() => {
                told(ended);
                continue;
            }
            () = shutdown.cancelled() => return Ok(()),
        };
        let Some(entry) = next.transpose()? else { return Ok(()) };
        match Kind::parse(&entry.kind) {
            Kind::Unknown(_) => drop(registrar.metrics.unknown_kinds.inc()),
            // Whoever recorded it may have been killed since.
            Kind::Known(kind) if kind.event() == EventName::Disposed => {
                let (keys, shutdown) = (registrar.keys.clone(), shutdown.clone());
                destructions.spawn(destroy::until_done(keys, entry.subject, shutdown));
            }
            Kind::Known(_) => {}
        }
        if registrar.folds.has(&entry.subject) {
            // Without it, the fold has a gap, and the log is read again.
            match registrar.keys.opened(entry).await {
                Ok(entry) => registrar.folds.hear(entry),
                Err(error) => tracing::warn!(%error, "a sealed event is not followed"),
            }
        }
    }
}

/// Whoever ends on its own has destroyed its key, or said why not.
fn told(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a key may not be destroyed before the next start");
    }
}
