//! One client of the live tail.
//!
//! All that is kept of a client is how far it has come: what it has not taken lies in the ring, which all share. So a
//! client that does not read costs nothing, and what it takes late was judged no earlier than the last change of who may
//! see what.

use std::collections::hash_map::RandomState;
use std::convert::Infallible;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use contract::following::{Filter, Follow, Following};
use contract::{Problem, ProblemKind};
use domain::{Marking, Subject};
use futures_util::stream;
use jiff::Timestamp;
use service::token::{LEEWAY, Verified};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::Wanted;
use super::frame::{beat, farewell, greeting, joined};
use super::live::{self, Place};
use super::ring::{Batch, Behind};
use crate::Gateway;
use crate::reads::Asking;
use crate::refusal::Refusal;
use crate::share::Share;

/// After how long a client comes again whose stream broke off.
const RETRY_MS: u64 = 1_000;

/// Over how long those are spread who are sent away together.
const SPREAD_MS: u64 = 2_000;

/// Before the next try to catch up, at least, and over how long tries are spread.
const PAUSE_MS: u64 = 100;
const PAUSES_MS: u64 = 400;

/// How many events a client that catches up is given at once.
const PAGE: u32 = 500;

pub(crate) struct Client {
    gateway: Arc<Gateway>,
    who: Arc<Verified>,
    asking: Asking,
    filter: Filter,
    named: bool,
    /// Up to here everything was told.
    position: u64,
    place: Place,
    news: watch::Receiver<()>,
    /// What goes out before anything else.
    greeting: Option<Bytes>,
    /// A page that was asked for to see whether the stream can begin.
    first: Option<Batch>,
    /// Whether the last was taken from the ring.
    is_live: bool,
    is_over: bool,
    next_beat: Instant,
    _share: Share,
    _slot: OwnedSemaphorePermit,
}

impl Client {
    /// Begins to follow.
    ///
    /// # Errors
    /// When too many do, or there is nothing at the position to begin behind. While the read model is away, somebody who
    /// knows where to go on may come in and wait: a browser that is refused would not come again.
    pub(super) async fn open(
        gateway: Arc<Gateway>,
        who: Arc<Verified>,
        asking: Asking,
        wanted: Wanted,
    ) -> Result<Self, Refusal> {
        let busy = || Refusal::new(ProblemKind::Unavailable, "too many follow at once");
        let slot = Arc::clone(&gateway.streams).try_acquire_owned().map_err(|_| busy())?;
        let share = gateway.stream_shares.take(&who.principal).ok_or_else(|| {
            let detail = format!("{} streams of yours are open", gateway.stream_shares.most());
            Refusal::new(ProblemKind::TooManyRequests, detail)
        })?;
        let place = gateway.live.enter(&who.principal);
        let Wanted { after, filter, named } = wanted;
        let mut client = Self {
            news: gateway.live.news(),
            position: after.unwrap_or_default(),
            greeting: None,
            first: None,
            is_live: false,
            is_over: false,
            next_beat: Instant::now() + gateway.stream_beat,
            _share: share,
            _slot: slot,
            gateway,
            who,
            asking,
            filter,
            named,
            place,
        };
        client.gateway.metrics.streams.inc();
        client.begin(after).await?;
        client.greeting = Some(greeting(client.position, RETRY_MS));
        Ok(client)
    }

    async fn begin(&mut self, after: Option<u64>) -> Result<(), Problem> {
        let end = self.gateway.live.end();
        match (after, end) {
            (None, Some(end)) => self.position = end,
            (Some(after), Some(end)) if after <= end => {}
            (None, None) => {
                let answer = self.ask(None, 0).await?;
                let following = serde_json::from_slice::<Following<'_>>(&answer);
                self.position = following.map_err(|error| live::unreadable(&error))?.through;
            }
            (Some(after), _) => match self.page(after).await {
                Ok(page) => self.first = Some(page),
                Err(problem) if problem.kind == ProblemKind::InvalidQuery => return Err(problem),
                Err(_) => {}
            },
        }
        Ok(())
    }

    /// Up to where everything was told.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// The stream, as long as it lasts.
    pub(super) fn body(self) -> Body {
        let chunks = stream::unfold(self, |mut client| async {
            let chunk = client.next().await?;
            Some((Ok::<_, Infallible>(chunk), client))
        });
        Body::from_stream(chunks)
    }

    /// What goes out next.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        while !self.is_over {
            if let Some(why) = self.ended() {
                return Some(self.leave(why));
            }
            if Instant::now() >= self.next_beat {
                self.next_beat = Instant::now() + self.gateway.stream_beat;
                return Some(beat(self.position));
            }
            let Some(batches) = self.more().await else { continue };
            if let Some(chunk) = self.take(&batches).await {
                self.next_beat = Instant::now() + self.gateway.stream_beat;
                return Some(chunk);
            }
        }
        None
    }

    /// Why it has to end now, if it has to.
    fn ended(&self) -> Option<&'static str> {
        if self.gateway.shell.shutdown.is_cancelled() {
            return Some("the register stops; come again");
        }
        (self.left() == Duration::ZERO).then_some("the token has ended")
    }

    /// How long the token is good for.
    fn left(&self) -> Duration {
        let end = self.who.expires.saturating_add(LEEWAY).unwrap_or(Timestamp::MAX);
        Duration::try_from(end.duration_since(self.gateway.shell.clock.now())).unwrap_or_default()
    }

    fn leave(&mut self, why: &str) -> Bytes {
        self.is_over = true;
        farewell(why, RETRY_MS + random(SPREAD_MS))
    }

    /// What there is; none: look again.
    async fn more(&mut self) -> Option<Vec<Arc<Batch>>> {
        if let Some(first) = self.first.take() {
            return Some(vec![Arc::new(first)]);
        }
        match self.gateway.live.behind(self.position, &self.place) {
            Behind::Here(batches) => {
                self.is_live = true;
                Some(batches)
            }
            Behind::Nothing => {
                self.wait().await;
                None
            }
            Behind::Lost if self.is_live => {
                self.gateway.metrics.streams_cut.inc();
                // It takes what is left of the answer, and comes again.
                self.is_over = true;
                None
            }
            Behind::Broken => {
                // The log ends before what it told. Who comes again is told so.
                self.is_over = true;
                None
            }
            Behind::Lost | Behind::Elsewhere => {
                self.is_live = false;
                self.catch_up().await.map(|page| vec![Arc::new(page)])
            }
        }
    }

    async fn wait(&mut self) {
        let end = Instant::now() + self.left().min(self.gateway.stream_beat);
        tokio::select! {
            // Fails only when the tail is gone, and then the role stops.
            _ = self.news.changed() => {}
            () = sleep_until(self.next_beat.min(end)) => {}
            () = self.gateway.shell.shutdown.cancelled() => {}
        }
    }

    /// The next page of somebody who is behind what the ring has; none: look again.
    async fn catch_up(&mut self) -> Option<Batch> {
        let stop = self.gateway.shell.shutdown.clone();
        let page = tokio::select! {
            page = self.page(self.position) => page,
            () = stop.cancelled() => return None,
        };
        match page {
            Ok(page) => Some(page),
            Err(problem) if problem.kind == ProblemKind::InvalidQuery => {
                self.is_over = true;
                None
            }
            Err(_) => {
                let pause = Duration::from_millis(PAUSE_MS + random(PAUSES_MS));
                tokio::select! {
                    () = sleep(pause) => {}
                    () = stop.cancelled() => {}
                }
                None
            }
        }
    }

    /// What stands behind a position, up to where the ring ends at least if the page holds it.
    async fn page(&self, after: u64) -> Result<Batch, Problem> {
        let end = self.gateway.live.end().unwrap_or_default();
        let answer = self.ask(Some(after), end.max(after)).await?;
        let readers = [self.place.number()].into();
        let read = Batch::read(after, readers, &answer, &self.gateway.levels);
        read.map(|(page, _)| page).map_err(|error| live::unreadable(&error))
    }

    async fn ask(&self, after: Option<u64>, min_position: u64) -> Result<Bytes, Problem> {
        let gateway = &self.gateway;
        // Nobody closes it.
        let _turn = gateway.catching_up.acquire().await.ok();
        let readers = vec![self.place.cleared().clone()];
        let follow = Follow { after, limit: PAGE, readers, filter: self.filter.clone() };
        live::asked(&gateway.shell, follow, min_position, gateway.answer_within).await
    }

    /// Takes what is for it. What is marked is noted before it goes out; what cannot be noted ends the stream.
    async fn take(&mut self, batches: &[Arc<Batch>]) -> Option<Bytes> {
        let (mut frames, mut marked) = (Vec::new(), Marked::default());
        let levels = &self.gateway.levels;
        for batch in batches {
            for shown in batch.shown(self.position, self.place.number(), &self.filter, self.named) {
                frames.push(shown.frame);
                if let Some((subject, marking)) = shown.marked {
                    marked.records.push(subject);
                    let before = marked.marking.take();
                    let joined =
                        before.map_or_else(|| marking.clone(), |before| levels.join(&before, marking));
                    marked.marking = Some(joined);
                }
            }
        }
        let through = batches.last().map_or(self.position, |batch| batch.through.max(self.position));
        let count = frames.len() as u64;
        if count == 0 {
            self.position = through;
            return None;
        }
        let chunk = joined(frames);
        if let Some(marking) = marked.marking {
            let reads = &self.gateway.reads;
            let shown = (marking, marked.records, chunk.len() as u64);
            if !reads.delivered(&self.who.principal, &self.asking, shown).await {
                return Some(
                    self.leave("what comes next is shown only once that is logged, which cannot be done now"),
                );
            }
        }
        self.position = through;
        self.gateway.metrics.streamed.inc_by(count);
        Some(chunk)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.gateway.metrics.streams.dec();
    }
}

/// The marked material in what is about to go out.
#[derive(Default)]
struct Marked {
    records: Vec<Subject>,
    marking: Option<Marking>,
}

/// A number below `limit`.
fn random(limit: u64) -> u64 {
    RandomState::new().hash_one(()) % limit
}
