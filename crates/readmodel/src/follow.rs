//! From the log to the thread that applies: a follower hands on what it takes, in order and checked.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::apply::{Applier, Message};
use crate::checkpoint::hash;
use crate::shared::Shared;
use crate::{Checkpoint, Error, Log, Positioned, Projection, State};

/// Events between the log and the applier: enough to keep it busy, at most 32 MiB.
const QUEUE: usize = 512;

/// How often the log is asked where it ends, for the lag.
const ASKING_HEAD: Duration = Duration::from_secs(1);

/// After the log did not answer.
const PAUSE: Duration = Duration::from_millis(500);

/// How long a log that seems too short is not believed to be.
const DOUBT: Duration = Duration::from_secs(5);

/// Follows the log into one database until `stop`, then applies what was taken and flushes.
///
/// # Errors
/// When the log is not the one that was applied or lost events, and when the database fails.
pub(crate) async fn follow<P: Projection>(
    applier: Applier<P>,
    log: impl Log<Entry = P::Entry>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let (shared, leads) = (applier.shared.clone(), applier.standing.leads.clone());
    let seen = Seen::Checkpoint(applier.checkpoint.clone());
    let mut follower = Follower { shared, leads, schema: P::SCHEMA, seen, stop: stop.clone() };
    let (queue, waiting) = mpsc::channel(QUEUE);
    let (done, ended) = oneshot::channel();
    let origin = log.origin();
    let name = format!("{}-apply", P::NAME);
    let apply = move || drop(done.send(applier.run(&origin, waiting, &stop)));
    std::thread::Builder::new().name(name).spawn(apply).expect("a thread can be started");
    let followed = follower.run(&log, &queue).await;
    if let Err(error) = &followed
        && error.is_of_another_log()
        && follower.leads()
        && matches!(follower.seen, Seen::Checkpoint(_))
    {
        // Nothing was added to it in this life: it may be of another register altogether.
        let _ = follower.shared.disowned.set(describe(error));
    }
    drop(queue);
    // A thread that panics drops its end.
    let applied = ended.await.unwrap_or(Err(Error::Panicked));
    applied.and(followed)
}

/// Hands events from the log to the applier.
struct Follower<E> {
    shared: Arc<Shared>,
    /// Whether its state is the read model's: not while another follows, too.
    leads: Arc<AtomicBool>,
    schema: u32,
    seen: Seen<E>,
    stop: CancellationToken,
}

impl<E: Positioned> Follower<E> {
    fn leads(&self) -> bool {
        self.leads.load(Ordering::Relaxed)
    }

    fn says(&self, state: State) {
        if self.leads() {
            self.shared.state.send_replace(state);
        }
    }

    /// Ends when told to stop, when the applier is gone, or with an error that does not pass.
    async fn run(
        &mut self,
        log: &impl Log<Entry = E>,
        queue: &mpsc::Sender<Message<E>>,
    ) -> Result<(), Error> {
        let shared = self.shared.clone();
        let following = async {
            loop {
                match self.follow(log, queue).await {
                    Err(error) if error.is_transient() => self.pause(&error).await,
                    ended => return ended,
                }
                if self.stop.is_cancelled() {
                    return Ok(());
                }
            }
        };
        tokio::select! {
            ended = following => ended,
            never = watch_head(log, &shared) => match never {},
        }
    }

    async fn pause(&self, error: &Error) {
        let reason = describe(error);
        tracing::warn!(reason, "the log does not answer; trying again");
        self.says(State::Interrupted(reason));
        tokio::select! {
            () = sleep(PAUSE) => {}
            () = self.stop.cancelled() => {}
        }
    }

    async fn follow(
        &mut self,
        log: &impl Log<Entry = E>,
        queue: &mpsc::Sender<Message<E>>,
    ) -> Result<(), Error> {
        self.seen.check_origin(log.origin())?;
        let position = self.seen.position();
        let head = head(log, position).await?;
        if head < position {
            return Err(Error::Shorter { position, head });
        }
        self.shared.saw_head(head);
        let beside = self.shared.serving() != self.schema;
        let state = if beside { State::Rebuilding } else { State::CatchingUp };
        self.says(state);
        if queue.send(Message::Head(head)).await.is_err() {
            return Ok(());
        }
        self.take(log, queue).await
    }

    /// Begins with the event seen last, to see that it is still the same.
    async fn take(
        &mut self,
        log: &impl Log<Entry = E>,
        queue: &mpsc::Sender<Message<E>>,
    ) -> Result<(), Error> {
        let seen = self.seen.position();
        let mut tail = log.tail(seen.saturating_sub(1));
        let mut expected = seen.max(1);
        loop {
            let next = tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                () = queue.closed() => return Ok(()),
                next = tail.next() => next,
            };
            let Some(entry) = next.transpose()? else { return Ok(()) };
            let found = entry.position();
            if found != expected {
                return Err(Error::Gap { expected, found });
            }
            expected += 1;
            if found == seen {
                self.seen.check(&entry)?;
                continue;
            }
            let entry = Arc::new(entry);
            self.seen = Seen::Entry(entry.clone());
            if queue.send(Message::Entry(entry)).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// Where the log ends. One that ends before what was seen is asked again for a while: a new leader of the
/// stream may not have applied yet all that was acknowledged.
async fn head(log: &impl Log, seen: u64) -> Result<u64, Error> {
    let until = Instant::now() + DOUBT;
    loop {
        let head = log.head().await?;
        if head >= seen || Instant::now() >= until {
            return Ok(head);
        }
        sleep(PAUSE).await;
    }
}

async fn watch_head(log: &impl Log, shared: &Shared) -> std::convert::Infallible {
    loop {
        sleep(ASKING_HEAD).await;
        // Only the lag depends on it; whether the log answers is found out by following it.
        if let Ok(head) = log.head().await {
            shared.saw_head(head);
        }
    }
}

/// The last event that was handed on.
enum Seen<E> {
    /// In an earlier life.
    Checkpoint(Checkpoint),
    /// In this one; its hash is computed only if it is asked for.
    Entry(Arc<E>),
}

impl<E: Positioned> Seen<E> {
    fn position(&self) -> u64 {
        match self {
            Self::Checkpoint(checkpoint) => checkpoint.position,
            Self::Entry(entry) => entry.position(),
        }
    }

    fn check_origin(&self, found: String) -> Result<(), Error> {
        match self {
            Self::Checkpoint(Checkpoint { origin: Some(expected), .. }) if *expected != found => {
                Err(Error::OtherStream { expected: expected.clone(), found })
            }
            _ => Ok(()),
        }
    }

    fn check(&self, found: &E) -> Result<(), Error> {
        let same = match self {
            Self::Checkpoint(checkpoint) => checkpoint.hash == hash(found),
            Self::Entry(entry) => entry.hash() == found.hash(),
        };
        if same { Ok(()) } else { Err(Error::Altered { position: found.position() }) }
    }
}

/// An error with everything below it, for the reader of a state or a log line.
pub(crate) fn describe(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
