//! Building a read model anew beside the one that answers, on request.
//!
//! The one that answers goes on following. The new one is made in a folder of a later generation, by a projection
//! of its own; once it is as far, it takes over under the lock that keeps readers off, and the other ends. What is
//! killed on the way goes on with the next start, for the folder says that it was asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::apply::{Applier, Standing};
use crate::folders::{Build, Folders};
use crate::follow::{describe, follow};
use crate::runner::open_build;
use crate::shared::{Live, Rebuild, Shared};
use crate::{Error, Log, Projection, State};

/// Builds a read model anew when it is asked to.
pub(crate) struct Rebuilder<P> {
    /// Gives the projections of builds.
    template: P,
    folders: Folders,
    shared: Arc<Shared>,
    cache_bytes: u64,
}

/// One database that follows the log.
struct Line {
    build: Build,
    leads: Arc<AtomicBool>,
    stop: CancellationToken,
    run: BoxFuture<'static, Result<(), Error>>,
}

/// What goes on besides the one that answers.
enum Beside {
    Nothing,
    /// A build, and what tells that it takes over.
    Build(Line, oneshot::Receiver<()>),
    /// The end of what takes part no more.
    Cleaning(BoxFuture<'static, ()>),
}

/// What comes next.
enum Next {
    /// The one that answers ended.
    Ended(Result<(), Error>),
    /// A build is asked for.
    Asked,
    TakesOver,
    /// The build ended, without having taken over.
    GaveUp(Result<(), Error>),
    Cleaned,
}

impl<P: Projection> Rebuilder<P> {
    pub(crate) fn new(
        template: P,
        folders: Folders,
        shared: Arc<Shared>,
        cache_bytes: u64,
        unfinished: Option<Build>,
    ) -> Self {
        if unfinished.is_some() {
            shared.rebuild.send_replace(Rebuild::Asked);
        }
        Self { template, folders, shared, cache_bytes }
    }

    /// Runs the read model, and every build that is asked for meanwhile.
    pub(crate) async fn run(
        self,
        applier: Applier<P>,
        log: impl Log<Entry = P::Entry>,
        stop: CancellationToken,
    ) -> Result<(), Error> {
        let mut lead = Line::of(applier, log.clone(), &stop);
        let mut beside = Beside::Nothing;
        loop {
            let mut next = beside.next(&mut lead, &self.shared).await;
            if let Next::Ended(ended) = next {
                // Who answered may find that it does so no more before it is told of here.
                next = if ended.is_ok() && beside.takes_over().await {
                    Next::TakesOver
                } else {
                    Next::Ended(ended)
                };
                lead.run = future::ready(Ok(())).boxed();
            }
            beside = match (next, beside) {
                (Next::Ended(ended), beside) => {
                    beside.end().await;
                    return ended;
                }
                (Next::Asked, _) => self.begin(lead.build, &log, &stop),
                (Next::TakesOver, Beside::Build(line, _)) => {
                    let old = std::mem::replace(&mut lead, line);
                    Beside::Cleaning(self.retire(old, lead.build).boxed())
                }
                (Next::GaveUp(Err(error)), Beside::Build(line, _)) => {
                    Beside::Cleaning(self.give_up(line.build, lead.build, &error).boxed())
                }
                _ => Beside::Nothing,
            };
        }
    }

    /// Begins a build, or takes up the one that was begun, once the one that answers has caught up.
    fn begin(&self, current: Build, log: &impl Log<Entry = P::Entry>, stop: &CancellationToken) -> Beside {
        let Some(projection) = self.template.another() else {
            self.shared.rebuild.send_replace(Rebuild::Failed("there is no second projection".to_owned()));
            return Beside::Nothing;
        };
        let (build, leads, stop) = (current.next(), Arc::new(AtomicBool::new(false)), stop.child_token());
        let (takes_over, told) = oneshot::channel();
        let standing =
            Standing { serves: false, counts: false, leads: leads.clone(), takes_over: Some(takes_over) };
        let (folders, shared, cache_bytes) = (self.folders.clone(), self.shared.clone(), self.cache_bytes);
        let (log, stopped) = (log.clone(), stop.clone());
        let run = async move {
            let mut states = shared.state.subscribe();
            tokio::select! {
                caught_up = states.wait_for(|state| *state == State::Following) => drop(caught_up),
                () = stopped.cancelled() => return Ok(()),
            }
            let begun = {
                let folders = folders.clone();
                move || begin::<P>(&folders, build, cache_bytes)
            };
            let Live { store, memory, checkpoint, .. } = blocking(begun).await?;
            let position = checkpoint.position;
            tracing::info!(model = P::NAME, %build, position, "the read model is built anew");
            shared.rebuild.send_replace(Rebuild::UnderWay { position });
            let applier = Applier { projection, store, memory, build, checkpoint, standing, folders, shared };
            follow(applier, log, stopped).await
        };
        Beside::Build(Line { build, leads, stop, run: run.boxed() }, told)
    }

    /// Ends the one that answered until now, and removes its folder.
    fn retire(&self, old: Line, current: Build) -> impl Future<Output = ()> + use<P> {
        tracing::info!(model = P::NAME, build = %current, "the read model was built anew and answers");
        old.leads.store(false, Ordering::Relaxed);
        let (folders, shared) = (self.folders.clone(), self.shared.clone());
        async move {
            // Whatever became of it: it does not count any more.
            let _ = old.end().await;
            clean::<P>(move || folders.keep_only(&[current])).await;
            shared.rebuild.send_replace(Rebuild::None);
        }
    }

    /// Removes a build that failed; the one that answers counts.
    fn give_up(&self, build: Build, current: Build, error: &Error) -> impl Future<Output = ()> + use<P> {
        let error = describe(error);
        tracing::error!(model = P::NAME, %build, error, "a rebuild failed; what answers goes on answering");
        let (folders, shared) = (self.folders.clone(), self.shared.clone());
        async move {
            let remove = move || {
                folders.point_to(current)?;
                folders.keep_only(&[current])
            };
            clean::<P>(remove).await;
            shared.rebuild.send_replace(Rebuild::Failed(error));
        }
    }
}

impl Line {
    fn of<P: Projection>(
        applier: Applier<P>,
        log: impl Log<Entry = P::Entry>,
        stop: &CancellationToken,
    ) -> Self {
        let (build, leads, stop) = (applier.build, applier.standing.leads.clone(), stop.child_token());
        let run = follow(applier, log, stop.clone()).boxed();
        Self { build, leads, stop, run }
    }

    /// Ends it in order.
    async fn end(self) -> Result<(), Error> {
        self.stop.cancel();
        self.run.await
    }
}

impl Beside {
    async fn next(&mut self, lead: &mut Line, shared: &Shared) -> Next {
        let besides = async {
            match self {
                Self::Nothing => {
                    let mut rebuild = shared.rebuild.subscribe();
                    if rebuild.wait_for(|rebuild| *rebuild == Rebuild::Asked).await.is_err() {
                        future::pending::<()>().await;
                    }
                    Next::Asked
                }
                Self::Build(line, takes_over) => tokio::select! {
                    // What was told before it ended goes first.
                    biased;
                    Ok(()) = takes_over => Next::TakesOver,
                    ended = &mut line.run => Next::GaveUp(ended),
                },
                Self::Cleaning(cleaning) => {
                    cleaning.await;
                    Next::Cleaned
                }
            }
        };
        tokio::select! {
            ended = &mut lead.run => Next::Ended(ended),
            next = besides => next,
        }
    }

    /// Whether a build takes over, or comes to its end without.
    async fn takes_over(&mut self) -> bool {
        let Self::Build(line, told) = self else { return false };
        tokio::select! {
            biased;
            told = &mut *told => told.is_ok(),
            ended = &mut line.run => {
                line.run = future::ready(ended).boxed();
                told.try_recv().is_ok()
            }
        }
    }

    async fn end(self) {
        match self {
            Self::Nothing => {}
            Self::Build(line, _) => drop(line.end().await),
            Self::Cleaning(cleaning) => cleaning.await,
        }
    }
}

/// Opens the database of a build. One that was begun before and cannot be opened is begun again.
fn begin<P: Projection>(folders: &Folders, build: Build, cache_bytes: u64) -> Result<Live, Error> {
    folders.begin(build)?;
    open_build::<P>(folders, build, cache_bytes).or_else(|error| {
        tracing::warn!(model = P::NAME, %build, error = describe(&error), "an unfinished build is begun again");
        let folder = folders.of(build);
        std::fs::remove_dir_all(&folder).map_err(|error| Error::Folder(folder, error))?;
        folders.begin(build)?;
        open_build::<P>(folders, build, cache_bytes)
    })
}

async fn clean<P: Projection>(work: impl FnOnce() -> Result<(), Error> + Send + 'static) {
    if let Err(error) = blocking(work).await {
        // The next start removes it.
        tracing::warn!(model = P::NAME, error = describe(&error), "what counts no more cannot be removed");
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    // sled breaks off on much of what it does not expect to find.
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Error::Panicked))
}
