//! What a witness decides.

use super::{AddCheckpoint, Answer};
use crate::checkpoint::{Trust, TrustError};
use crate::tree::{Head, verify_consistency};

/// Decides whether a witness may cosign, in the order of C2SP tlog-witness, "add-checkpoint".
///
/// `log` is whom the witness trusts for the checkpoint's origin, `None` for a log that it does not know;
/// `latest` is what it cosigned last of that log, [`Head::EMPTY`] at first. On `Ok` the witness keeps the
/// checkpoint's head, if `latest` still is what it has, and then cosigns.
///
/// # Errors
/// The answer that refuses.
pub fn examine(request: &AddCheckpoint, log: Option<&Trust>, latest: &Head) -> Result<Head, Answer> {
    let head = request.checkpoint.checkpoint().head();
    match request.checkpoint.open(log.ok_or(Answer::UnknownLog)?) {
        Ok(_) => {}
        Err(TrustError::Origin { .. }) => return Err(Answer::UnknownLog),
        Err(_) => return Err(Answer::NotByLog),
    }
    if request.old > head.size {
        return Err(Answer::Malformed);
    }
    if request.old != latest.size {
        return Err(Answer::Conflict { size: latest.size });
    }
    verify_consistency(latest, &head, &request.proof).map_err(|_| Answer::Inconsistent)?;
    Ok(head)
}
