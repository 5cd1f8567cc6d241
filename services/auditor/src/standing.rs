//! What may be served: told by who signs, read by who answers.

use std::sync::Arc;

use contract::{Problem, ProblemKind};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use transparency::checkpoint::Signed;

/// Clones share what is told.
#[derive(Clone)]
pub(crate) struct Standing(Arc<watch::Sender<Told>>);

#[derive(Clone, Default)]
struct Told {
    /// The last checkpoint that was published.
    signed: Option<Arc<Signed>>,
    /// Whether the tree was proved to be what the checkpoint says.
    is_proved: bool,
    /// Why nothing of the tree is served any more.
    refusal: Option<Arc<str>>,
}

impl Standing {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::default()))
    }

    /// A checkpoint that was signed earlier; the tree was not compared with it yet.
    pub(crate) fn recall(&self, signed: Arc<Signed>) {
        self.0.send_modify(|told| told.signed = Some(signed));
    }

    /// The tree is what this checkpoint says, and it was published.
    pub(crate) fn serve(&self, signed: Arc<Signed>) {
        self.0.send_modify(|told| {
            told.signed = Some(signed);
            told.is_proved = true;
        });
    }

    /// Nothing of the tree is served from here on.
    pub(crate) fn refuse(&self, reason: &str) {
        self.0.send_modify(|told| told.refusal = Some(reason.into()));
    }

    /// The last checkpoint, whatever the tree is.
    pub(crate) fn signed(&self) -> Option<Arc<Signed>> {
        self.0.borrow().signed.clone()
    }

    /// The last checkpoint that the tree is proved to have, once it covers `events`.
    ///
    /// # Errors
    /// Unavailable when nothing is served any more; not yet when the deadline passes first.
    pub(crate) async fn covering(&self, events: u64, deadline: Instant) -> Result<Arc<Signed>, Problem> {
        let covers = |told: &Told| told.is_proved && size(told) >= events;
        let mut changes = self.0.subscribe();
        let came = timeout_at(deadline, changes.wait_for(|told| told.refusal.is_some() || covers(told)));
        let told = came.await.ok().and_then(Result::ok).map(|told| told.clone());
        let told = told.unwrap_or_else(|| self.0.borrow().clone());
        match (&told.refusal, &told.signed) {
            (Some(reason), _) => Err(Problem::new(
                ProblemKind::Unavailable,
                format!("nothing is proved until an operator has decided: {reason}"),
            )),
            (None, Some(signed)) if covers(&told) => Ok(signed.clone()),
            _ => {
                let detail =
                    format!("no checkpoint covers {events} events yet; the last covers {}", size(&told));
                Err(Problem::new(ProblemKind::NotYet, detail))
            }
        }
    }
}

fn size(told: &Told) -> u64 {
    told.signed.as_ref().map_or(0, |signed| signed.checkpoint().head().size)
}
