//! What may be served: told by who signs, read by who answers.

use std::sync::Arc;

use contract::{Problem, ProblemKind};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use transparency::checkpoint::Signed;
use transparency::tree::Head;

/// Clones share what is told.
#[derive(Clone)]
pub(crate) struct Standing(Arc<watch::Sender<Told>>);

/// Which checkpoints are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Every one.
    Signed,
    /// Those that enough witnesses have cosigned.
    Witnessed,
}

impl Which {
    pub(crate) const fn of(witnessed: bool) -> Self {
        if witnessed { Self::Witnessed } else { Self::Signed }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Signed => "checkpoint",
            Self::Witnessed => "checkpoint that enough witnesses have cosigned",
        }
    }
}

#[derive(Clone, Default)]
struct Told {
    /// The last checkpoint that was published, with what witnesses have said of it.
    signed: Option<Arc<Signed>>,
    /// The last that enough of them have cosigned.
    witnessed: Option<Arc<Signed>>,
    /// Whether the tree was proved to be what the checkpoint says.
    is_proved: bool,
    /// Why nothing of the tree is served any more.
    refusal: Option<Arc<str>>,
}

impl Told {
    const fn of(&self, which: Which) -> Option<&Arc<Signed>> {
        match which {
            Which::Signed => self.signed.as_ref(),
            Which::Witnessed => self.witnessed.as_ref(),
        }
    }
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
            told.signed = Some(joined(told.signed.as_ref(), signed));
            told.is_proved = true;
        });
    }

    /// Witnesses have cosigned this checkpoint; enough of them, or not yet.
    pub(crate) fn cosign(&self, cosigned: &Arc<Signed>, is_enough: bool) {
        self.0.send_modify(|told| {
            let head = cosigned.checkpoint().head();
            if let Some(signed) = told.signed.as_mut().filter(|signed| signed.checkpoint().head() == head) {
                *signed = joined(Some(cosigned), signed.clone());
            }
            if is_enough
                && told.witnessed.as_ref().is_none_or(|last| last.checkpoint().head().size <= head.size)
            {
                told.witnessed = Some(cosigned.clone());
            }
        });
    }

    /// The next checkpoint that is served, beyond that of this head.
    pub(crate) async fn beyond(&self, head: Option<Head>) -> Arc<Signed> {
        let mut changes = self.0.subscribe();
        let is_next = |told: &Told| {
            let signed = told.signed.as_ref().filter(|_| told.is_proved && told.refusal.is_none());
            signed.is_some_and(|signed| Some(signed.checkpoint().head()) != head)
        };
        let told = changes.wait_for(is_next).await.map(|told| told.signed.clone());
        match told {
            Ok(Some(signed)) => signed,
            // Fails only when the sender is gone, and `self` holds it.
            _ => std::future::pending().await,
        }
    }

    /// Nothing of the tree is served from here on.
    pub(crate) fn refuse(&self, reason: &str) {
        self.0.send_modify(|told| told.refusal = Some(reason.into()));
    }

    /// Why nothing is served any more.
    pub(crate) fn refusal(&self) -> Option<Arc<str>> {
        self.0.borrow().refusal.clone()
    }

    /// The last checkpoint, whatever the tree is.
    pub(crate) fn signed(&self, which: Which) -> Option<Arc<Signed>> {
        self.0.borrow().of(which).cloned()
    }

    /// The last checkpoint that the tree is proved to have, once it covers `events`.
    ///
    /// # Errors
    /// Unavailable when nothing is served any more; not yet when the deadline passes first.
    pub(crate) async fn covering(
        &self,
        which: Which,
        events: u64,
        deadline: Instant,
    ) -> Result<Arc<Signed>, Problem> {
        let size = |told: &Told| told.of(which).map_or(0, |signed| signed.checkpoint().head().size);
        let covers = |told: &Told| told.is_proved && size(told) >= events;
        let mut changes = self.0.subscribe();
        let came = timeout_at(deadline, changes.wait_for(|told| told.refusal.is_some() || covers(told)));
        let told = came.await.ok().and_then(Result::ok).map(|told| told.clone());
        let told = told.unwrap_or_else(|| self.0.borrow().clone());
        match (&told.refusal, told.of(which)) {
            (Some(reason), _) => Err(Problem::new(
                ProblemKind::Unavailable,
                format!("nothing is proved until an operator has decided: {reason}"),
            )),
            (None, Some(signed)) if covers(&told) => Ok(signed.clone()),
            _ => {
                let (kind, size) = (which.name(), size(&told));
                let detail = format!("no {kind} covers {events} yet; the last covers {size}");
                Err(Problem::new(ProblemKind::NotYet, detail))
            }
        }
    }
}

/// The second with the signatures of the first, which are of the same head, as well.
fn joined(before: Option<&Arc<Signed>>, after: Arc<Signed>) -> Arc<Signed> {
    let Some(before) = before.filter(|before| before.checkpoint() == after.checkpoint()) else {
        return after;
    };
    let mut joined = (*after).clone();
    for signature in before.note().signatures() {
        // Nobody is asked for so many that there would not be room.
        let _ = joined.attach(signature.clone());
    }
    Arc::new(joined)
}
