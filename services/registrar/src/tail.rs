//! Following the log, so that folds in memory know what other registrars recorded.

use domain::Kind;
use eventlog::{EventLog, TailError};
use futures_util::StreamExt;
use tokio_util::sync::CancellationToken;

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
        if matches!(Kind::parse(&entry.kind), Kind::Unknown(_)) {
            registrar.metrics.unknown_kinds.inc();
        }
        registrar.folds.hear(entry);
    }
}
