//! Being interrupted.

use tokio::signal::unix::{SignalKind, signal};

use crate::failure::Failure;

/// Comes once the command is interrupted or told to end; from now on it is for the command to do so.
///
/// # Errors
/// When signals cannot be caught.
pub(crate) fn interrupted() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
