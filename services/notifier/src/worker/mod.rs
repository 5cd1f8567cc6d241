//! Delivering for one subscription: one event after the other, each until the receiver has it or it is given up.
//!
//! - [`book`] is how the subscription stands, in the journal.
//! - [`recall`] is what is for the subscriber though not for its filter.
//! - [`body`] is what is sent of an event, [`send`] and [`feed`] one attempt, [`told`] what the attempt leads to.
//!
//! What is told is what the read model of the records says now: whoever has waited asks anew, so nothing is sent that the
//! subscriber may not see any more. Marked material is logged before it is sent.

mod body;
mod book;
mod feed;
mod recall;
mod send;
mod told;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use contract::delivery::{Pending, Replayed};
use contract::subscription::{Channel, Replay, Stored};
use contract::{Access, Outcome, ProblemKind, kind};
use domain::Levels;
use eventlog::{Ledger, Writer};
use following::{Batch, Follower, Live, More};
use jiff::Timestamp;
use service::Shell;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use webhook::{Poster, Schedule};

use crate::Deliveries;
use body::Event;
use book::{Book, Fenced};
use feed::Feed;
use recall::{Item, Turn};

pub(crate) use send::{Sent, send};

/// How many events are logged at once before they are sent.
const CHUNK: usize = 16;

/// How many events are told again before what comes has its turn.
const REPLAYED: usize = 100;

/// How long to wait when something that everybody needs does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// How long to wait for events before looking again.
const IDLE: Duration = Duration::from_secs(3600);

/// What all subscriptions of a process share.
pub(crate) struct Parts {
    pub(crate) shell: Shell,
    pub(crate) live: Live<Box<str>>,
    pub(crate) ledger: Ledger,
    pub(crate) deliveries: Deliveries,
    pub(crate) poster: Poster,
    /// The log of reads.
    pub(crate) reads: Writer,
    pub(crate) levels: Levels,
    pub(crate) schedule: Schedule,
    pub(crate) pause_after: Duration,
}

/// Why delivering ends, or begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leave {
    /// The subscription is another.
    Changed,
    /// Another notifier is to go on, or none.
    Stopped,
    /// Another does already.
    Fenced,
}

impl From<Fenced> for Leave {
    fn from(_: Fenced) -> Self {
        Self::Fenced
    }
}

/// What is being told: what comes, or again what was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Track {
    Live,
    Replay { until: u64 },
}

pub(crate) struct Worker {
    parts: Arc<Parts>,
    id: Uuid,
    changes: watch::Receiver<Arc<Stored>>,
    stop: CancellationToken,
    book: Book,
    /// The next event of a replay, once it was attempted in vain.
    again: Option<Pending>,
    feed: Option<Feed>,
}

/// Delivers until it is stopped, or another notifier delivers.
pub(crate) async fn run(
    parts: Arc<Parts>,
    id: Uuid,
    changes: watch::Receiver<Arc<Stored>>,
    stop: CancellationToken,
) {
    let after = changes.borrow().subscription.after;
    let book = loop {
        let error = match Book::open(parts.ledger.clone(), id, after).await {
            Ok(book) => break book,
            Err(error) => anyhow::Error::from(error),
        };
        tracing::warn!(subscription = %id, error = format!("{error:#}"), "it is not known how a subscription stands");
        tokio::select! {
            () = sleep(PAUSE) => {}
            () = stop.cancelled() => return,
        }
    };
    let mut worker = Worker { parts, id, changes, stop, book, again: None, feed: None };
    loop {
        let stored = Arc::clone(&worker.changes.borrow_and_update());
        match worker.round(&stored).await {
            Err(Leave::Changed) => worker.hurry(),
            Err(Leave::Stopped) => break,
            Err(Leave::Fenced) => return tracing::info!(subscription = %id, "{Fenced}"),
        }
    }
    let cut = worker.parts.shell.cut.clone();
    tokio::select! {
        closed = worker.book.close() => if closed.is_err() {
            tracing::info!(subscription = %id, "{Fenced}");
        },
        () = cut.cancelled() => {}
    }
}

impl Worker {
    /// Delivers for the subscription as it stands.
    async fn round(&mut self, stored: &Stored) -> Result<Infallible, Leave> {
        self.resume(stored);
        if stored.subscription.paused || self.book.state.halted.is_some() {
            return self.waiting(std::future::pending()).await;
        }
        if let Channel::Feed { days } = stored.subscription.channel
            && self.feed.is_none()
        {
            // Its reader may want to begin before there is anything in it.
            let opened = Feed::open(self.parts.shell.client.clone(), self.id, days);
            self.feed = self.waiting(opened).await?.ok();
        }
        let mut follower = self.follow(stored, self.book.state.through).await?;
        let mut replay = None;
        loop {
            self.is_current()?;
            if self.book.state.halted.is_some() {
                return self.waiting(std::future::pending()).await;
            }
            if let Some(wait) = self.wait() {
                self.waiting(sleep(wait)).await?;
                // What was taken before was judged before.
                follower = self.follow(stored, self.book.state.through).await?;
            }
            let until = self.replays_at(stored).unwrap_or_else(|| Instant::now() + IDLE);
            match self.waiting(follower.more(until)).await? {
                More::Here(batches) => self.tell(stored, &mut follower, &batches, Track::Live).await?,
                More::Nothing | More::Lagging => {}
                More::Broken => {
                    tracing::error!(subscription = %self.id, "the log ends before what was delivered");
                    self.waiting(sleep(PAUSE)).await?;
                    follower = self.follow(stored, self.book.state.through).await?;
                }
            }
            if self.wait().is_none() {
                self.replay(stored, &mut replay).await?;
            }
        }
    }

    /// Ends a halt that the owner has ended since.
    fn resume(&mut self, stored: &Stored) {
        let halted = &mut self.book.state.halted;
        if halted.take_if(|halted| halted.resumed < stored.subscription.resumed).is_some() {
            (self.book.state.pending, self.book.state.failing_since) = (None, None);
            self.book.changed();
        }
    }

    /// What was attempted in vain is attempted at once: the subscription is another.
    fn hurry(&mut self) {
        let now = self.now();
        for pending in self.book.state.pending.iter_mut().chain(&mut self.again) {
            pending.next = pending.next.min(now);
        }
    }

    /// For how long nothing is attempted; none: go on.
    fn wait(&self) -> Option<Duration> {
        let pending = self.book.state.pending.as_ref()?;
        left(pending, self.now())
    }

    fn now(&self) -> Timestamp {
        self.parts.shell.clock.now()
    }

    /// Follows behind a position.
    async fn follow(&mut self, stored: &Stored, after: u64) -> Result<Follower<Box<str>>, Leave> {
        loop {
            let live = self.parts.live.clone();
            let filter = stored.subscription.filter.clone();
            let begun = self.waiting(Follower::begin(&live, &stored.reader, filter, Some(after))).await?;
            let problem = match begun {
                Ok(follower) => return Ok(follower),
                Err(problem) => problem,
            };
            let is_beyond = problem.kind == ProblemKind::InvalidQuery;
            tracing::warn!(subscription = %self.id, is_beyond, detail = problem.detail, "the log cannot be followed");
            self.waiting(sleep(PAUSE)).await?;
        }
    }

    /// Waits for something, writes meanwhile what is due, and leaves when the subscription changes or delivering is over.
    async fn waiting<T>(&mut self, what: impl Future<Output = T>) -> Result<T, Leave> {
        let mut what = std::pin::pin!(what);
        loop {
            tokio::select! {
                done = &mut what => return Ok(done),
                driven = self.book.drive() => driven?,
                changed = self.changes.changed() => {
                    return Err(changed.map_or(Leave::Stopped, |()| Leave::Changed));
                }
                () = self.stop.cancelled() => return Err(Leave::Stopped),
            }
        }
    }

    /// Does something that is not to be broken off, and writes meanwhile what is due.
    async fn attempting<T>(&mut self, what: impl Future<Output = T>) -> Result<T, Leave> {
        let (mut what, cut) = (std::pin::pin!(what), self.parts.shell.cut.clone());
        loop {
            tokio::select! {
                done = &mut what => return Ok(done),
                driven = self.book.drive() => driven?,
                () = cut.cancelled() => return Err(Leave::Stopped),
            }
        }
    }

    /// Waits until what was attempted is written, if that is much.
    async fn room(&mut self) -> Result<(), Leave> {
        while self.book.is_full() {
            tokio::select! {
                driven = self.book.drive() => driven?,
                () = self.stop.cancelled() => return Err(Leave::Stopped),
            }
        }
        Ok(())
    }

    /// Whether to go on with the subscription as it was.
    fn is_current(&self) -> Result<(), Leave> {
        if self.stop.is_cancelled() {
            return Err(Leave::Stopped);
        }
        match self.changes.has_changed() {
            Ok(false) => Ok(()),
            Ok(true) => Err(Leave::Changed),
            Err(_) => Err(Leave::Stopped),
        }
    }

    /// Tells what is wanted of some batches, one after the other, until one is attempted in vain or somebody's sight has
    /// changed.
    async fn tell(
        &mut self,
        stored: &Stored,
        follower: &mut Follower<Box<str>>,
        batches: &[Arc<Batch<Box<str>>>],
        track: Track,
    ) -> Result<(), Leave> {
        let (last, most) = match track {
            Track::Live => (u64::MAX, usize::MAX),
            Track::Replay { until } => (until, REPLAYED),
        };
        let through = batches.last().map_or(0, |batch| batch.through()).max(follower.position());
        let items = batches.iter().flat_map(|batch| follower.heard(batch)).map(Item::of);
        let items = items.take_while(|item| item.position() <= last).take(most).collect::<Vec<_>>();
        let is_all = items.len() < most;
        let mut items = items.into_iter();
        loop {
            let chunk = items.by_ref().take(CHUNK).collect::<Vec<_>>();
            let events = chunk.iter().filter_map(Item::wanted).collect::<Vec<_>>();
            if !self.is_logged(stored, &events).await? {
                return self.waiting(sleep(PAUSE)).await;
            }
            let is_last = chunk.len() < CHUNK;
            for item in chunk {
                self.is_current()?;
                self.room().await?;
                if !follower.is_settled() {
                    return Ok(());
                }
                let position = item.position();
                match self.turn(stored, item).await? {
                    Turn::Send(event) if !self.deliver(stored, &event, track).await? => return Ok(()),
                    Turn::Send(_) | Turn::Pass => {}
                    Turn::Later => return self.waiting(sleep(PAUSE)).await,
                }
                follower.pass(position);
                self.passed(position, track);
            }
            if is_last {
                break;
            }
        }
        if is_all {
            follower.pass(through);
            self.passed(through, track);
        }
        Ok(())
    }

    /// Everything up to a position is told, or for nobody here.
    fn passed(&mut self, position: u64, track: Track) {
        let state = &mut self.book.state;
        match (track, &mut state.replay) {
            (Track::Live, _) => {
                // It may be for nobody any more.
                if state.pending.take_if(|pending| pending.position <= position).is_some() {
                    self.book.changed();
                }
                self.book.pass(position);
            }
            (Track::Replay { until }, Some(replay)) => {
                replay.through = replay.through.max(position.min(until));
                if replay.through >= until && !replay.done {
                    replay.done = true;
                    self.book.changed();
                }
            }
            (Track::Replay { .. }, None) => {}
        }
    }

    /// Logs that marked material is about to be sent. False: it cannot be logged, and is not sent.
    async fn is_logged(&mut self, stored: &Stored, events: &[&Event]) -> Result<bool, Leave> {
        let levels = self.parts.levels.clone();
        let marked = events.iter().filter_map(|event| Some((event, event.marking.as_ref()?)));
        let marked = marked.collect::<Vec<_>>();
        let marking = marked.iter().map(|(_, marking)| (*marking).clone());
        let Some(marking) = marking.reduce(|one, other| levels.join(&one, &other)) else { return Ok(true) };
        let mut records = marked.iter().filter_map(|(event, _)| event.subject).collect::<Vec<_>>();
        records.sort_unstable();
        records.dedup();
        let (reader, subscription) = (&stored.reader, &stored.subscription);
        let entry = Access {
            kind: kind::DELIVERY.into(),
            time: self.now(),
            actor: subscription.created_by.clone(),
            agency: reader.agency.clone(),
            party: reader.party.clone(),
            level: reader.level.clone(),
            caveats: reader.caveats.clone(),
            peer: None,
            forwarded_for: None,
            request: format!("subscription/{}", self.id),
            asked: send::address(stored),
            marking: Some(marking.to_string()),
            records,
            positions: vec![],
            outcome: Outcome::Shown,
            status: 200,
            form: Some("application/json".to_owned()),
            bytes: Some(marked.iter().map(|(event, _)| event.json().len() as u64).sum()),
        };
        let line = serde_json::to_vec(&entry).expect("texts and numbers are JSON");
        let reads = self.parts.reads.clone();
        let written = self.attempting(reads.write(line.into())).await?;
        if let Err(error) = &written {
            tracing::error!(subscription = %self.id, %error, "a delivery cannot be logged, and is put off");
        }
        Ok(written.is_ok())
    }

    /// When the replay that was asked for goes on; none: there is none.
    fn replays_at(&self, stored: &Stored) -> Option<Instant> {
        self.replay_due(stored)?;
        let wait = self.again.as_ref().and_then(|pending| left(pending, self.now()));
        Some(Instant::now() + wait.unwrap_or_default())
    }

    fn replay_due(&self, stored: &Stored) -> Option<Replay> {
        // A feed has each event once; whoever reads it begins anew wherever they like.
        if matches!(stored.subscription.channel, Channel::Feed { .. }) {
            return None;
        }
        let wanted = stored.subscription.replay?;
        let state = self.book.state.replay.as_ref();
        let is_done = state.is_some_and(|state| {
            state.number > wanted.number || (state.number == wanted.number && state.done)
        });
        (!is_done).then_some(wanted)
    }

    /// Tells a little of what is to be told again. What comes has its turn then.
    async fn replay(
        &mut self,
        stored: &Stored,
        follower: &mut Option<Follower<Box<str>>>,
    ) -> Result<(), Leave> {
        let Some(Replay { number, after, through: until }) = self.replay_due(stored) else { return Ok(()) };
        if self.again.as_ref().and_then(|pending| left(pending, self.now())).is_some() {
            *follower = None;
            return Ok(());
        }
        if self.book.state.replay.as_ref().is_none_or(|replay| replay.number != number) {
            self.book.state.replay = Some(Replayed { number, through: after, done: false });
            self.again = None;
        }
        let through = self.book.state.replay.as_ref().map_or(after, |replay| replay.through);
        let track = Track::Replay { until };
        if through >= until {
            self.passed(until, track);
            return Ok(());
        }
        let mut behind = match follower.take() {
            Some(behind) => behind,
            None => self.follow(stored, through).await?,
        };
        if let More::Here(batches) = self.waiting(behind.more(Instant::now())).await? {
            self.tell(stored, &mut behind, &batches, track).await?;
        }
        *follower = Some(behind);
        Ok(())
    }
}

/// How long until something is attempted again; none: it is time.
fn left(pending: &Pending, now: Timestamp) -> Option<Duration> {
    Duration::try_from(pending.next.duration_since(now)).ok().filter(|left| !left.is_zero())
}
