//! Following the rows: whatever has changed since the last commit goes into the next one.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use contract::Problem;
use readmodel::{Projection, Reader, View};
use service::{Latch, Reply, Shell};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep};

use super::fields::SCHEMA;
use super::index::{Changed, Changes, Error, Latest, Writer, discard, discard_others};
use super::projection::{Texting, changed};
use super::query;
use super::statistics::Asking;
use super::texts::Texts;
use crate::head::Head;
use crate::metrics::Metrics;

/// Records read at once: commits of rows wait meanwhile.
const AT_ONCE: usize = 400;

/// Records in one commit, at most.
pub(super) const IN_A_COMMIT: usize = 8_000;

/// After a commit the indexer rests a few times as long as that took, so that events that trickle do not keep a
/// processor busy, and at most this long.
const RESTS: u32 = 3;
const LONGEST_REST: Duration = Duration::from_secs(1);

/// While the rows are this many events behind the log, most records will change again: it is not worth indexing
/// what comes of each batch.
const FAR_BEHIND: u64 = 5_000;
const FAR_BEHIND_REST: Duration = Duration::from_secs(2);

/// After the index failed; each time in a row that it fails, twice as long, up to the longest.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What fails again within this long has failed in a row.
const IN_A_ROW: Duration = Duration::from_mins(5);

/// Of an index that was there it is read first whether it is sound, unless that takes longer than this: then it
/// answers meanwhile.
const LONGEST_CHECK: Duration = Duration::from_secs(5);

/// How long a change of the rows is waited for before looking after other things.
const LOOKING: Duration = Duration::from_secs(1);

/// The index in this process: who waits for it and who asks it hold it by this.
#[derive(Clone)]
pub(crate) struct Live {
    latest: Arc<watch::Sender<Option<Latest>>>,
    /// Who counts: there is no use in more of them than there are processors.
    counting: Arc<Semaphore>,
}

impl Live {
    fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self { latest: Arc::new(watch::Sender::new(None)), counting: Arc::new(Semaphore::new(processors)) }
    }

    /// Counts, while the rows go on.
    ///
    /// # Errors
    /// The problem that is served instead.
    pub(crate) async fn count(&self, asking: Box<Asking>, index: Latest) -> Result<Reply, Problem> {
        let _turn = self.counting.acquire().await.expect("it is never closed");
        let counted = tokio::task::spawn_blocking(move || query::count(&asking, &index)).await;
        counted.unwrap_or_else(|_| Err(query::unreadable()))
    }

    /// Gives up an index that could not be read, unless another has taken its place: the indexer sees to it.
    pub(crate) fn give_up(&self, failed: &Latest) {
        self.latest.send_if_modified(|latest| {
            let is_it = latest.as_ref().is_some_and(|latest| Arc::ptr_eq(latest, failed));
            if is_it {
                *latest = None;
            }
            is_it
        });
    }

    /// The index, if it reflects a position already.
    pub(crate) fn at(&self, position: u64) -> Option<Latest> {
        self.latest.borrow().clone().filter(|latest| latest.position >= position)
    }

    /// The index once it reflects a position, if it does in time.
    pub(crate) async fn wait_for(&self, position: u64, deadline: Instant) -> Option<Latest> {
        let mut latest = self.latest.subscribe();
        let reached =
            |latest: &Option<Latest>| latest.as_ref().is_some_and(|latest| latest.position >= position);
        let came = tokio::time::timeout_at(deadline, latest.wait_for(reached)).await;
        came.ok()?.ok()?.clone()
    }
}

/// Follows the rows of a read model.
pub(crate) struct Indexer {
    folder: PathBuf,
    origin: String,
    reader: Reader,
    latch: Latch,
    metrics: Metrics,
    shell: Shell,
}

impl Indexer {
    /// Begins to follow the rows that were made from a log.
    pub(crate) fn start(reader: Reader, origin: String, metrics: &Metrics, shell: &Shell) -> Live {
        let folder = shell.data.join("projector").join(Texting::NAME).join(format!("index-{SCHEMA}"));
        let (latch, metrics) = (shell.latch("search-index"), metrics.clone());
        let live = Live::new();
        let latest = live.latest.clone();
        shell.tasks.spawn(Self { folder, origin, reader, latch, metrics, shell: shell.clone() }.run(latest));
        live
    }

    async fn run(self, latest: Arc<watch::Sender<Option<Latest>>>) {
        let stop = self.shell.shutdown.clone();
        let mut in_a_row = 0;
        loop {
            let begun = Instant::now();
            let followed = tokio::select! {
                () = stop.cancelled() => return,
                followed = self.follow(&latest) => followed,
            };
            let Err(error) = followed;
            self.latch.turn(false);
            in_a_row = if begun.elapsed() < IN_A_ROW { in_a_row + 1 } else { 1 };
            let discards = error.is_of_the_index();
            let error = anyhow::Error::from(error);
            tracing::warn!(error = format!("{error:#}"), discards, "the search index failed");
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep((PAUSE * (1 << (in_a_row - 1).min(8))).min(LONGEST_PAUSE)) => {}
            }
            let folder = self.folder.clone();
            if discards && let Err(error) = aside(move || Ok(discard(&folder)?)).await {
                tracing::debug!(%error, "the search index was not thrown away");
            }
        }
    }

    async fn follow(
        &self,
        latest: &watch::Sender<Option<Latest>>,
    ) -> Result<std::convert::Infallible, Error> {
        let (folder, origin) = (self.folder.clone(), self.origin.clone());
        let open = move || {
            discard_others(&folder)?;
            Writer::open(&folder, &origin)
        };
        let mut writer = aside(open).await?;
        let mut check = Box::pin(aside(writer.check()));
        let mut is_checked = false;
        if let Ok(checked) = tokio::time::timeout(LONGEST_CHECK, &mut check).await {
            checked?;
            is_checked = true;
            writer = trusted(writer).await?;
        }
        let mut lent = false;
        loop {
            let begun = Instant::now();
            let (back, whole) = self.round(writer).await?;
            writer = back;
            let snapshot = Arc::new(writer.snapshot()?);
            self.metrics.indexed(snapshot.position, snapshot.documents());
            if whole {
                self.latch.turn(true);
                if latest.send_replace(Some(snapshot)).is_none() && lent {
                    latest.send_replace(None);
                    return Err(Error::Unreadable);
                }
                lent = true;
                self.rest(begun.elapsed()).await;
                let position = writer.progress.complete;
                tokio::select! {
                    changed = self.change(position, latest) => changed?,
                    checked = &mut check, if !is_checked => {
                        checked?;
                        is_checked = true;
                        writer = trusted(writer).await?;
                    }
                }
            }
        }
    }

    /// Takes what has changed, as much as goes into one commit; says whether that is all.
    async fn round(&self, writer: Writer) -> Result<(Writer, bool), Error> {
        let (mut writer, mut taken, mut whole) = (writer, 0, false);
        while !whole && taken < IN_A_COMMIT {
            let after = writer.progress.seen;
            let changes = self.reader.read(move |view| changes(after, view)).await?;
            taken += changes.records.len();
            whole = changes.complete.is_some();
            writer = aside(move || {
                writer.take(&changes)?;
                Ok(writer)
            })
            .await?;
        }
        let writer = aside(move || {
            writer.commit()?;
            Ok(writer)
        })
        .await?;
        Ok((writer, whole))
    }

    async fn rest(&self, took: Duration) {
        let behind = self.reader.lag(self.shell.clock.now()).events > FAR_BEHIND;
        let rest = if behind { FAR_BEHIND_REST } else { (took * RESTS).min(LONGEST_REST) };
        sleep(rest).await;
    }

    /// Returns once the rows have changed behind a position.
    ///
    /// # Errors
    /// When the index is given up meanwhile.
    async fn change(&self, position: u64, latest: &watch::Sender<Option<Latest>>) -> Result<(), Error> {
        let mut given_up = latest.subscribe();
        let changed = async {
            while self.reader.wait_for(position + 1, Instant::now() + LOOKING).await.is_err() {
                // Its slots may all be taken: then there is no waiting.
                sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            () = changed => Ok(()),
            _ = given_up.wait_for(Option::is_none) => Err(Error::Unreadable),
        }
    }
}

async fn trusted(mut writer: Writer) -> Result<Writer, Error> {
    aside(move || {
        writer.trust()?;
        Ok(writer)
    })
    .await
}

/// Reads what has changed behind a position.
pub(super) fn changes(after: u64, view: &View<'_>) -> Changes {
    let mut changes = Changes { records: Vec::new(), seen: after, complete: Some(view.position()) };
    for (looked, (position, subject)) in changed(after, view).enumerate() {
        if looked == AT_ONCE {
            changes.complete = None;
            break;
        }
        changes.seen = position;
        // A record of which nothing could be read has none.
        if let Some(head) = Head::get(&subject, view) {
            let texts = Texts::get(&subject, view).unwrap_or_default();
            changes.records.push(Changed { head, texts, position });
        }
    }
    changes
}

/// Off the async threads.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(tantivy::TantivyError::SystemError("the index broke off".into()).into()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Live;
    use crate::search::testing::Searched;
    use crate::testing::Register;

    #[tokio::test]
    async fn what_is_reached_needs_no_waiting() {
        let live = Live::new();
        assert!(live.at(0).is_none(), "there is no index yet");
        let index = Searched::new(&Register::default()).await.index;
        let reached = index.position;
        let (first, second) = (Arc::new(index.clone()), Arc::new(index));
        live.latest.send_replace(Some(first.clone()));
        assert!(live.at(reached).is_some());
        assert!(live.at(reached + 1).is_none());
        // One that was given up answers nobody; a later one is not given up with it.
        live.give_up(&first);
        assert!(live.at(0).is_none());
        live.latest.send_replace(Some(second));
        live.give_up(&first);
        assert!(live.at(0).is_some());
    }
}
