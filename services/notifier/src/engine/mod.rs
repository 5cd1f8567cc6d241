//! Which subscriptions this notifier delivers for: it watches the bucket, shares the work with other notifiers, and has a
//! worker for each subscription whose lease it holds.

mod claims;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use contract::subjects::{self, SUBSCRIPTION_KEYS, SubscriptionKey};
use contract::subscription::Stored;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::store::{self, Entry, Store, StoreError};
use crate::worker::{self, Parts};
use claims::{Claims, Step};

/// How many signs of life a notifier gives before it is taken for dead.
const SIGNS: u32 = 4;

/// How many leases are written at once.
const AT_ONCE: usize = 32;

/// Before the bucket is watched again.
const PAUSE: Duration = Duration::from_millis(200);

/// Before delivering begins anew that broke off by a mistake of ours.
const BROKEN: Duration = Duration::from_secs(5);

/// Somebody who delivers for a subscription.
struct Running {
    changes: watch::Sender<Arc<Stored>>,
    stop: CancellationToken,
}

pub(crate) struct Engine {
    me: Uuid,
    store: Store,
    parts: Arc<Parts>,
    within: Duration,
    claims: Claims,
    /// Where the last sign of this notifier stands.
    sign: u64,
    /// All that was in the bucket when it was looked at first is known.
    is_complete: bool,
    stored: HashMap<Uuid, Arc<Stored>>,
    running: HashMap<Uuid, Running>,
    ended: JoinSet<Uuid>,
}

impl Engine {
    /// A notifier that is taken for dead when it has given no sign `within` this time.
    pub(crate) fn new(store: Store, parts: Arc<Parts>, within: Duration) -> Self {
        let me = Uuid::new_v4();
        Self {
            me,
            store,
            parts,
            within,
            claims: Claims::new(me, within),
            sign: 0,
            is_complete: false,
            stored: HashMap::new(),
            running: HashMap::new(),
            ended: JoinSet::new(),
        }
    }

    /// Delivers until the role stops, and hands everything back then.
    pub(crate) async fn run(mut self) {
        let stop = self.parts.shell.shutdown.clone();
        let mut signs = interval(self.within / SIGNS);
        signs.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            // Before it looks: so there is something to see, and a last of it.
            self.sign().await;
            let entries = match self.store.entries(SUBSCRIPTION_KEYS).await {
                Ok(entries) => entries,
                Err(error) => {
                    tracing::debug!(%error, "the bucket of subscriptions cannot be watched");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            self.watch(entries, &mut signs, &stop).await;
        }
        self.hand_back().await;
    }

    /// Goes on until the bucket is lost from sight, or the role stops.
    async fn watch(
        &mut self,
        mut entries: impl Stream<Item = Result<Entry, StoreError>> + Unpin,
        signs: &mut tokio::time::Interval,
        stop: &CancellationToken,
    ) {
        loop {
            tokio::select! {
                entry = entries.next() => match entry {
                    Some(Ok(entry)) => {
                        self.is_complete |= entry.is_last;
                        let is_sign = matches!(entry.key, SubscriptionKey::Notifier(_));
                        self.read(entry);
                        if is_sign { continue }
                    }
                    Some(Err(error)) => return tracing::debug!(%error, "the bucket was lost from sight"),
                    None => return,
                },
                _ = signs.tick() => self.sign().await,
                // Nobody aborts one, and what panics is caught in it.
                Some(Ok(id)) = self.ended.join_next() => self.ended(id).await,
                () = stop.cancelled() => return,
            }
            if self.is_complete {
                self.act().await;
            }
        }
    }

    fn read(&mut self, Entry { key, revision, value, .. }: Entry) {
        match key {
            SubscriptionKey::Subscription(id) => match store::kept(id, revision, value.as_deref()) {
                Ok(kept) => self.subscription(id, kept.stored),
                Err(error) => tracing::error!(subscription = %id, %error, "nothing is delivered for it"),
            },
            SubscriptionKey::Lease(id) => {
                let holder = value.and_then(|value| Uuid::try_parse_ascii(&value).ok());
                self.claims.lease(id, holder, revision);
            }
            SubscriptionKey::Notifier(id) => {
                if id == self.me {
                    self.sign = self.sign.max(revision);
                }
                self.claims.sign(id, revision, value.is_some(), Instant::now());
            }
        }
    }

    fn subscription(&mut self, id: Uuid, stored: Option<Stored>) {
        self.claims.subscription(id, stored.is_some());
        let Some(stored) = stored.map(Arc::new) else {
            self.stored.remove(&id);
            return;
        };
        if let Some(running) = self.running.get(&id) {
            running.changes.send_replace(Arc::clone(&stored));
        }
        self.stored.insert(id, stored);
    }

    /// Gives a sign of life.
    async fn sign(&mut self) {
        match self.store.put(subjects::notifier(self.me), Bytes::from_static(b"here"), self.sign).await {
            Ok(revision) => self.sign = revision,
            // The sign before was written after all; where, the bucket tells.
            Err(StoreError::Changed) => {}
            Err(error) => tracing::debug!(%error, "no sign of life can be given"),
        }
    }

    /// Takes and gives up leases, and has a worker for each that it holds.
    async fn act(&mut self) {
        let mut takes = Vec::new();
        for step in self.claims.steps(Instant::now()) {
            match step {
                Step::Take(id, revision) => takes.push((id, revision)),
                Step::Release(id) => self.stop(id),
            }
        }
        let (store, me) = (&self.store, Bytes::from(self.me.to_string()));
        let taken = stream::iter(takes).map(|(id, revision)| {
            let taken = store.put(subjects::lease(id), me.clone(), revision);
            async move { (id, taken.await) }
        });
        for (id, taken) in taken.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await {
            match taken {
                Ok(revision) => self.claims.lease(id, Some(self.me), revision),
                Err(StoreError::Changed) => {}
                Err(error) => tracing::debug!(subscription = %id, %error, "a lease cannot be taken"),
            }
        }
        let mine = self.claims.mine();
        let others = self.running.keys().filter(|id| !mine.contains(*id)).copied().collect::<Vec<_>>();
        others.into_iter().for_each(|id| self.stop(id));
        for id in mine {
            self.start(id);
        }
    }

    fn start(&mut self, id: Uuid) {
        let Some(stored) = self.stored.get(&id).filter(|_| !self.running.contains_key(&id)) else { return };
        let (changes, changed) = watch::channel(Arc::clone(stored));
        let stop = CancellationToken::new();
        let work = worker::run(Arc::clone(&self.parts), id, changed, stop.clone());
        self.ended.spawn(async move {
            if AssertUnwindSafe(work).catch_unwind().await.is_err() {
                tracing::error!(subscription = %id, "delivering broke off; it begins anew");
                sleep(BROKEN).await;
            }
            id
        });
        self.running.insert(id, Running { changes, stop });
    }

    fn stop(&mut self, id: Uuid) {
        if let Some(running) = self.running.get(&id) {
            running.stop.cancel();
        }
    }

    /// A worker has ended: because it was to, or because another notifier has written.
    async fn ended(&mut self, id: Uuid) {
        let was_stopped = self.running.remove(&id).is_some_and(|running| running.stop.is_cancelled());
        if was_stopped {
            self.release(id).await;
        }
    }

    /// Gives up a lease, if it is held.
    async fn release(&mut self, id: Uuid) {
        let Some(held) = self.claims.held(id) else { return };
        match self.store.mark(subjects::lease(id), held).await {
            Ok(revision) => self.claims.lease(id, None, revision),
            Err(error) => tracing::debug!(subscription = %id, %error, "a lease cannot be given up"),
        }
    }

    /// What is under way ends or is given up; then others may go on at once.
    async fn hand_back(&mut self) {
        self.running.values().for_each(|running| running.stop.cancel());
        while let Some(ended) = self.ended.join_next().await {
            if let Ok(id) = ended {
                self.ended(id).await;
            }
        }
        if let Err(error) = self.store.mark(subjects::notifier(self.me), self.sign).await {
            tracing::debug!(%error, "the end of a notifier cannot be said");
        }
    }
}
