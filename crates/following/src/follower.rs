//! One who follows.
//!
//! All that is kept of a follower is how far it has come: what it has not taken lies in the ring, which all share. So one
//! that is slow costs nothing, and what it takes late was judged no earlier than the last change of who may see what.

use std::sync::Arc;
use std::time::Duration;

use contract::following::{Filter, Follow, Following};
use contract::{Principal, Problem, ProblemKind};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::live::{self, Place};
use crate::ring::{Batch, Behind, Heard};
use crate::{Form, Live, random};

/// Before the next try to catch up, at least, and over how long tries are spread.
const PAUSE_MS: u64 = 100;
const PAUSES_MS: u64 = 400;

/// How many events are asked for at once by who catches up.
const PAGE: u32 = 500;

/// What there is behind a follower's position.
#[derive(Debug)]
pub enum More<F> {
    /// These, in order and without a gap.
    Here(Vec<Arc<Batch<F>>>),
    /// Nothing that is known of yet.
    Nothing,
    /// It had come to the live tail and lags by more than that keeps. Who asks again catches up.
    Lagging,
    /// The log is not what it was: it ends before what it told, or before the position.
    Broken,
}

/// One who follows, until it is dropped.
pub struct Follower<F> {
    live: Live<F>,
    place: Place<F>,
    news: watch::Receiver<()>,
    filter: Filter,
    /// Up to here everything was taken.
    position: u64,
    /// A page that was asked for to see whether it can begin.
    first: Option<Batch<F>>,
    is_live: bool,
    /// What had been unsettled when it looked last.
    unsettled: u64,
}

impl<F: Form> Follower<F> {
    /// Begins to follow behind a position; none: from now on.
    ///
    /// # Errors
    /// [`ProblemKind::InvalidQuery`] when there is nothing at the position to begin behind, and others when nobody can
    /// say where the log ends. While the read model is away, somebody who knows where to go on comes in and waits.
    pub async fn begin(
        live: &Live<F>,
        who: &Principal,
        filter: Filter,
        after: Option<u64>,
    ) -> Result<Self, Problem> {
        let mut follower = Self {
            place: live.enter(who),
            news: live.news(),
            live: live.clone(),
            filter,
            position: after.unwrap_or_default(),
            first: None,
            is_live: false,
            unsettled: live.unsettled(),
        };
        match (after, live.end()) {
            (None, Some(end)) => follower.position = end,
            (Some(after), Some(end)) if after <= end => {}
            (None, None) => {
                let answer = follower.ask(None, 0).await?;
                let following = serde_json::from_slice::<Following<'_>>(&answer);
                follower.position = following.map_err(|error| live::unreadable(&error))?.through;
            }
            (Some(after), _) => match follower.page(after).await {
                Ok(page) => follower.first = Some(page),
                Err(problem) if problem.kind == ProblemKind::InvalidQuery => return Err(problem),
                Err(_) => {}
            },
        }
        Ok(follower)
    }

    /// Up to where everything was taken.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Everything up to here was taken.
    pub const fn pass(&mut self, position: u64) {
        self.position = position;
    }

    /// What there is. If it is nothing, waits for it, but not longer than `until`; a page that is asked for takes its
    /// time. It can be given up at any time, and nothing is lost.
    pub async fn more(&mut self, until: Instant) -> More<F> {
        if let Some(first) = self.first.take()
            && self.is_settled()
        {
            return More::Here(vec![Arc::new(first)]);
        }
        self.unsettled = self.live.unsettled();
        match self.live.behind(self.position, &self.place) {
            Behind::Here(batches) => {
                self.is_live = true;
                More::Here(batches)
            }
            Behind::Nothing => {
                tokio::select! {
                    // Fails only when the tail is gone, and then the role stops.
                    _ = self.news.changed() => {}
                    () = sleep_until(until) => {}
                }
                More::Nothing
            }
            Behind::Lost if self.is_live => {
                self.is_live = false;
                More::Lagging
            }
            Behind::Broken => More::Broken,
            Behind::Lost | Behind::Elsewhere => {
                self.is_live = false;
                self.catch_up().await
            }
        }
    }

    /// Whether what there was when it looked last still is so, as far as is known. Who takes its time with that asks, and
    /// looks anew if it is not: somebody's sight of something has changed.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.unsettled == self.live.unsettled()
    }

    /// What of a batch it may hear of.
    pub fn heard<'b>(&'b self, batch: &'b Batch<F>) -> impl Iterator<Item = Heard<'b, F>> {
        batch.heard(self.position, self.place.number(), &self.filter)
    }

    /// The next page.
    async fn catch_up(&self) -> More<F> {
        match self.page(self.position).await {
            Ok(page) => More::Here(vec![Arc::new(page)]),
            Err(problem) if problem.kind == ProblemKind::InvalidQuery => More::Broken,
            Err(_) => {
                sleep(Duration::from_millis(PAUSE_MS + random(PAUSES_MS))).await;
                More::Nothing
            }
        }
    }

    /// What stands behind a position, up to where the ring ends at least if the page holds it.
    async fn page(&self, after: u64) -> Result<Batch<F>, Problem> {
        let end = self.live.end().unwrap_or_default();
        let answer = self.ask(Some(after), end.max(after)).await?;
        let readers = [self.place.number()].into();
        let read = Batch::read(after, readers, &answer, self.live.levels());
        read.map(|(page, _)| page).map_err(|error| live::unreadable(&error))
    }

    async fn ask(&self, after: Option<u64>, min_position: u64) -> Result<bytes::Bytes, Problem> {
        let readers = vec![self.place.cleared().clone()];
        let follow = Follow { after, limit: PAGE, readers, filter: self.filter.clone() };
        self.live.catching_up(follow, min_position).await
    }
}
