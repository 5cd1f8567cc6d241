//! One client of a stream: a [`Follower`], and when its stream ends.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use contract::{ProblemKind, Streamer};
use domain::{Levels, Marking, Subject};
use following::{Batch, Heard, More, Recall, Shown, random};
use futures_util::stream;
use jiff::Timestamp;
use service::token::{LEEWAY, Verified};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::Wanted;
use super::frame::{Frame, beat, farewell, greeting, joined, recall};
use super::given::Given;
use crate::Gateway;
use crate::reads::Asking;
use crate::refusal::Refusal;
use crate::share::Share;

/// After how long a client comes again whose stream broke off.
const RETRY_MS: u64 = 1_000;

/// Over how long those are spread who are sent away together.
const SPREAD_MS: u64 = 2_000;

pub(crate) struct Client {
    gateway: Arc<Gateway>,
    who: Arc<Verified>,
    asking: Asking,
    follower: following::Follower<Frame>,
    given: Given,
    /// Whose stream it is, for the record.
    streamer: Arc<Streamer>,
    named: bool,
    /// What goes out before anything else.
    greeting: Option<Bytes>,
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
        let Wanted { after, filter, named } = wanted;
        let follower = following::Follower::begin(&gateway.live, &who.principal, filter, after).await?;
        let streamer = Arc::new(asking.streamer(&who.principal));
        gateway.metrics.streams.inc();
        Ok(Self {
            greeting: Some(greeting(follower.position(), RETRY_MS)),
            is_over: false,
            next_beat: Instant::now() + gateway.stream_beat,
            _share: share,
            _slot: slot,
            gateway,
            who,
            asking,
            follower,
            given: Given::default(),
            streamer,
            named,
        })
    }

    /// Up to where everything was told.
    pub(super) const fn position(&self) -> u64 {
        self.follower.position()
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
                return Some(beat(self.position()));
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
    async fn more(&mut self) -> Option<Vec<Arc<Batch<Frame>>>> {
        let end = Instant::now() + self.left().min(self.gateway.stream_beat);
        let more = tokio::select! {
            more = self.follower.more(self.next_beat.min(end)) => more,
            () = self.gateway.shell.shutdown.cancelled() => More::Nothing,
        };
        match more {
            More::Here(batches) => return Some(batches),
            More::Nothing => {}
            More::Lagging => {
                self.gateway.metrics.streams_cut.inc();
                // It takes what is left of the answer, and comes again.
                self.is_over = true;
            }
            // Who comes again is told so.
            More::Broken => self.is_over = true,
        }
        None
    }

    /// Takes what is for it. What is marked is noted before it goes out; what cannot be noted ends the stream.
    async fn take(&mut self, batches: &[Arc<Batch<Frame>>]) -> Option<Bytes> {
        let part = self.part(batches);
        let through = batches.last().map_or(0, |batch| batch.through()).max(self.position());
        let count = part.frames.len() as u64;
        if count == 0 {
            self.follower.pass(through);
            return None;
        }
        let chunk = joined(part.frames);
        // What is marked stands in its entry with everything that goes out with it.
        let mut unmarked = part.given.clone();
        if let Some(marking) = part.marking {
            let (reads, carried) = (&self.gateway.reads, (std::mem::take(&mut unmarked), chunk.len() as u64));
            let marked = (marking, part.records);
            if !reads.delivered(&self.who.principal, &self.asking, marked, carried).await {
                return Some(
                    self.leave("what comes next is shown only once that is logged, which cannot be done now"),
                );
            }
        }
        self.follower.pass(through);
        part.given.into_iter().for_each(|position| self.given.add(position));
        self.gateway.carried.note(&self.streamer, unmarked, part.recalled);
        self.gateway.metrics.streamed.inc_by(count);
        Some(chunk)
    }

    /// What of some batches is for it.
    fn part(&self, batches: &[Arc<Batch<Frame>>]) -> Part {
        let (mut part, levels) = (Part::default(), &self.gateway.levels);
        for heard in batches.iter().flat_map(|batch| self.follower.heard(batch)) {
            let was_given =
                |position| self.given.has(position) || part.given.binary_search(&position).is_ok();
            match heard {
                Heard::Wanted(shown) => part.show(&shown, self.named, levels),
                Heard::Recall(Recall { position, recalls, shown }) => {
                    let mut recalled = recalls.iter().filter(|recalled| was_given(recalled.position));
                    match shown {
                        Some(shown) if recalled.next().is_some() => part.show(&shown, self.named, levels),
                        Some(_) => {}
                        None => {
                            let recalled = recalled.map(|recalled| (recalled.uid, recalled.position));
                            let (uids, positions) = recalled.unzip::<_, _, Vec<_>, Vec<_>>();
                            part.frames.extend((!uids.is_empty()).then(|| recall(position, &uids)));
                            part.recalled.extend(positions);
                        }
                    }
                }
            }
        }
        part
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.gateway.metrics.streams.dec();
    }
}

/// What is about to go out.
#[derive(Default)]
struct Part {
    frames: Vec<Bytes>,
    /// The positions of the events in it, in order.
    given: Vec<u64>,
    /// The positions of the events that it says are set right by something that may not be seen.
    recalled: Vec<u64>,
    /// The marked material in it.
    records: Vec<Subject>,
    marking: Option<Marking>,
}

impl Part {
    fn show(&mut self, shown: &Shown<'_, Frame>, named: bool, levels: &Levels) {
        self.frames.push(shown.form.bytes(named));
        self.given.push(shown.position);
        let Some(marking) = shown.marking else { return };
        self.records.push(shown.subject);
        let before = self.marking.take();
        let joined = before.map_or_else(|| marking.clone(), |before| levels.join(&before, marking));
        self.marking = Some(joined);
    }
}
