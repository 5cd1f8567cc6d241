//! The one live tail of the process, and who follows it.
//!
//! It has one question on its way to the read model at any time: what is there behind the last answer? What is recorded
//! while one answer is on its way is in the next. Readers who are cleared alike are one reader to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use contract::following::{Filter, Follow, Following};
use contract::{Ask, Principal, Problem, ProblemKind, Query, subjects};
use domain::Levels;
use service::{Shell, ask, new_request_id};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use super::ring::{Batch, Behind, Ring};

/// How long a question is held that has no answer yet. Also how long it is not noticed that who holds it has died.
const HELD: Duration = Duration::from_secs(2);

/// Before the next question, when one was not answered.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How many events are asked for at once.
const PAGE: u32 = 1_000;

/// The tail. Clones share it.
#[derive(Clone)]
pub(crate) struct Live(Arc<Shared>);

struct Shared {
    shell: Shell,
    levels: Levels,
    state: Mutex<State>,
    /// Told when there is more in the ring.
    news: watch::Sender<()>,
    /// Told when somebody comes to follow.
    wanted: Notify,
}

#[derive(Default)]
struct State {
    ring: Ring,
    /// Who follows, by what they are cleared for: a number, and how many they are.
    readers: HashMap<Principal, (u64, usize)>,
    numbers: u64,
    /// How often the log was found to end before what it had told.
    breaks: u64,
}

/// Somebody who follows, until it is dropped.
pub(crate) struct Place {
    shared: Arc<Shared>,
    cleared: Principal,
    number: u64,
    breaks: u64,
}

impl Live {
    pub(crate) fn new(shell: Shell, levels: Levels) -> Self {
        let (state, news, wanted) = (Mutex::default(), watch::Sender::new(()), Notify::new());
        Self(Arc::new(Shared { shell, levels, state, news, wanted }))
    }

    /// Somebody comes to follow.
    pub(crate) fn enter(&self, who: &Principal) -> Place {
        let cleared = who.cleared();
        let mut state = self.0.state();
        let State { readers, numbers, breaks, .. } = &mut *state;
        let (number, count) = readers.entry(cleared.clone()).or_insert_with(|| {
            *numbers += 1;
            (*numbers, 0)
        });
        *count += 1;
        let place = Place { shared: Arc::clone(&self.0), cleared, number: *number, breaks: *breaks };
        drop(state);
        self.0.wanted.notify_one();
        place
    }

    /// Up to where everything was told; none: nobody follows yet.
    pub(crate) fn end(&self) -> Option<u64> {
        self.0.state().ring.end()
    }

    /// What is behind a position for who has a place.
    pub(crate) fn behind(&self, position: u64, place: &Place) -> Behind {
        let state = self.0.state();
        if state.breaks == place.breaks { state.ring.behind(position, place.number) } else { Behind::Broken }
    }

    /// Told when there is more.
    pub(crate) fn news(&self) -> watch::Receiver<()> {
        self.0.news.subscribe()
    }

    /// Follows for as long as anybody does, until the role stops.
    pub(crate) async fn run(self) {
        let stop = self.0.shell.shutdown.clone();
        tokio::select! {
            () = self.follow() => {}
            () = stop.cancelled() => {}
        }
    }

    async fn follow(&self) {
        let (mut pause, mut waits) = (PAUSE, true);
        loop {
            let (readers, after) = self.0.next();
            if readers.is_empty() {
                self.0.state().ring.rest();
                self.0.wanted.notified().await;
                continue;
            }
            // What has come already is told also when there is no place to wait for what has not.
            let min_position = after.map_or(0, |after| after + 1).min(if waits { u64::MAX } else { 0 });
            match self.ask(&readers, after, min_position).await {
                Ok(()) => (pause, waits) = (PAUSE, true),
                Err(problem) if problem.kind == ProblemKind::NotYet => pause = PAUSE,
                Err(problem) => {
                    waits = problem.kind != ProblemKind::Unavailable;
                    if problem.kind == ProblemKind::InvalidQuery {
                        self.breaks();
                    }
                    if pause == LONGEST_PAUSE {
                        tracing::warn!(detail = problem.detail, "the log cannot be followed now");
                    }
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// Everybody has to begin anew.
    fn breaks(&self) {
        let mut state = self.0.state();
        state.ring.rest();
        state.breaks += 1;
        drop(state);
        self.0.news.send_replace(());
    }

    async fn ask(
        &self,
        readers: &[(u64, Principal)],
        after: Option<u64>,
        min_position: u64,
    ) -> Result<(), Problem> {
        let (numbers, cleared) = readers.iter().cloned().unzip::<_, _, Vec<_>, Vec<_>>();
        let follow = Follow { after, limit: PAGE, readers: cleared, filter: Filter::default() };
        let answer = asked(&self.0.shell, follow, min_position, HELD).await?;
        let unreadable = |error| unreadable(&error);
        match after {
            None => {
                let following = serde_json::from_slice::<Following<'_>>(&answer).map_err(unreadable)?;
                self.0.state().ring.begin(following.through);
            }
            Some(after) => {
                let (batch, unsettles) =
                    Batch::read(after, numbers.into(), &answer, &self.0.levels).map_err(unreadable)?;
                if batch.through == after {
                    return Ok(());
                }
                self.0.state().ring.push(batch, unsettles);
            }
        }
        self.0.news.send_replace(());
        Ok(())
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For whom to ask next, and behind what.
    fn next(&self) -> (Vec<(u64, Principal)>, Option<u64>) {
        let state = self.state();
        let readers = state.readers.iter().map(|(cleared, (number, _))| (*number, cleared.clone()));
        (readers.collect(), state.ring.end())
    }
}

impl Place {
    /// The number of who is cleared so.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// What they are cleared for.
    pub(crate) const fn cleared(&self) -> &Principal {
        &self.cleared
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        if let Some((_, count)) = state.readers.get_mut(&self.cleared) {
            *count -= 1;
            if *count == 0 {
                state.readers.remove(&self.cleared);
            }
        }
    }
}

/// The read model's answer.
///
/// # Errors
/// Its problem, or that it does not answer.
pub(super) async fn asked(
    shell: &Shell,
    follow: Follow,
    min_position: u64,
    within: Duration,
) -> Result<bytes::Bytes, Problem> {
    let question =
        Ask { principal: Principal::anonymous(), min_position, known_at: None, query: Query::Follow(follow) };
    let question = serde_json::to_vec(&question).map_err(|error| unreadable(&error))?;
    let reply = ask(&shell.client, subjects::DOSSIERS, question.into(), within, &new_request_id()).await;
    let reply = reply.map_err(Problem::from)?;
    if reply.status == 200 {
        return Ok(reply.body);
    }
    Err(serde_json::from_slice(&reply.body).unwrap_or_else(|error| unreadable(&error)))
}

/// An answer, or a question, that is none.
pub(super) fn unreadable(error: &serde_json::Error) -> Problem {
    tracing::error!(%error, "a read model's answer cannot be read");
    Problem::new(ProblemKind::Internal, "the operator's log says more")
}
