//! Following the log, so that folds in memory know what other registrars recorded.

use domain::{EventName, Kind};
use eventlog::{EventLog, TailError};
use futures_util::StreamExt;
use tokio_util::sync::CancellationToken;

use crate::destroy;
use crate::submit::Registrar;

/// Follows the log from its end at the start until `shutdown`. Lost connections are waited for inside.
///
/// # Errors
/// [`TailError`] when the log is not the one that was there at the start.
pub(crate) async fn follow(
    log: &EventLog,
    after: u64,
    registrar: &Registrar,
    shutdown: &CancellationToken,
) -> Result<(), TailError> {
    let mut tail = log.tail(after);
    loop {
        let next = tokio::select! {
            next = tail.next() => next,
            () = shutdown.cancelled() => return Ok(()),
        };
        let Some(entry) = next.transpose()? else { return Ok(()) };
        match Kind::parse(&entry.kind) {
            Kind::Unknown(_) => drop(registrar.metrics.unknown_kinds.inc()),
            // Whoever recorded it may have been killed since.
            Kind::Known(kind) if kind.event() == EventName::Disposed => {
                tokio::spawn(destroy::until_done(registrar.keys.clone(), entry.subject, shutdown.clone()));
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
