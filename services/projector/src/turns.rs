//! Turns: what costs more than a look is answered in the order in which it is asked.
//!
//! There is no use in more answers at once than there are processors: they would all be late together, and which is
//! last would be chance. So each waits for its turn, at most as long as whoever asks does. What costs a look waits for
//! nobody, and lists do not wait for briefs.

use std::num::NonZero;

use contract::{Problem, ProblemKind};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// What an answer costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// A few rows.
    Look,
    /// A page.
    Page,
    /// A document made of many records.
    Document,
}

/// Who may answer.
pub(crate) struct Turns {
    pages: Semaphore,
    documents: Semaphore,
}

impl Default for Turns {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self { pages: Semaphore::new(processors), documents: Semaphore::new(processors) }
    }
}

impl Turns {
    /// Waits for a turn, which lasts until what is given is dropped; none: none is needed.
    ///
    /// # Errors
    /// [`ProblemKind::Unavailable`] when it has not come in time.
    pub(crate) async fn wait(
        &self,
        cost: Cost,
        until: Instant,
    ) -> Result<Option<SemaphorePermit<'_>>, Problem> {
        let turns = match cost {
            Cost::Look => return Ok(None),
            Cost::Page => &self.pages,
            Cost::Document => &self.documents,
        };
        match timeout_at(until, turns.acquire()).await {
            Ok(turn) => Ok(Some(turn.expect("turns are never closed"))),
            Err(_) => {
                Err(Problem::new(ProblemKind::Unavailable, "too much else is asked at once: ask again"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_look_waits_for_nobody_and_a_page_for_pages() {
        let turns = Turns::default();
        let (now, later) = (Instant::now(), Instant::now() + Duration::from_mins(1));
        let mut all = vec![];
        for _ in 0..turns.pages.available_permits() {
            all.push(turns.wait(Cost::Page, later).await.unwrap());
        }
        assert!(turns.wait(Cost::Look, now).await.unwrap().is_none());
        assert!(turns.wait(Cost::Document, later).await.unwrap().is_some());
        let refused = turns.wait(Cost::Page, now).await.unwrap_err();
        assert_eq!(refused.kind, ProblemKind::Unavailable);
        let mut next = std::pin::pin!(turns.wait(Cost::Page, later));
        assert!(futures_util::poll!(&mut next).is_pending());
        all.pop();
        assert!(next.await.unwrap().is_some());
    }
}
