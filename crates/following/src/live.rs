//! The one live tail of the process, and who follows it.
//!
//! It has one question on its way to the read model at any time: what is there behind the last answer? What is recorded
//! while one answer is on its way is in the next. Readers who are cleared alike are one reader to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use contract::following::{Filter, Follow, Following};
use contract::{Ask, Principal, Problem, ProblemKind, Query, subjects};
use domain::Levels;
use service::{Shell, ask, new_request_id};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::sleep;

use crate::Form;
use crate::ring::{Batch, Behind, Ring};

/// How long a question is held that has no answer yet. Also how long it is not noticed that who holds it has died, and
/// nobody hears of anything: so it is short. It costs two questions a second where nothing happens, and nothing where
/// something does.
const HELD: Duration = Duration::from_millis(500);

/// Before the next question, when one was not answered.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How many events are asked for at once.
const PAGE: u32 = 1_000;

/// How those are answered who are behind the tail and ask for pages of their own.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    /// How many ask at once: when all who follow come again together, other questions still find a place.
    pub at_once: usize,
    /// How long an answer may take.
    pub within: Duration,
}

/// The tail. Clones share it.
pub struct Live<F>(Arc<Shared<F>>);

impl<F> Clone for Live<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Shared<F> {
    shell: Shell,
    levels: Levels,
    paging: Paging,
    turns: Semaphore,
    state: Mutex<State<F>>,
    /// Told when there is more in the ring.
    news: watch::Sender<()>,
    /// Told when somebody comes to follow.
    wanted: Notify,
}

struct State<F> {
    ring: Ring<F>,
    /// Who follows, by what they are cleared for: a number, and how many they are.
    readers: HashMap<Principal, (u64, usize)>,
    numbers: u64,
    /// How often the log was found to end before what it had told.
    breaks: u64,
    /// How often what was said before may no longer have been so.
    unsettled: u64,
}

impl<F> Default for State<F> {
    fn default() -> Self {
        Self { ring: Ring::default(), readers: HashMap::new(), numbers: 0, breaks: 0, unsettled: 0 }
    }
}

/// Somebody who follows, until it is dropped.
pub(crate) struct Place<F> {
    shared: Arc<Shared<F>>,
    cleared: Principal,
    number: u64,
    breaks: u64,
}

impl<F: Form> Live<F> {
    /// A tail that nobody follows yet.
    #[must_use]
    pub fn new(shell: Shell, levels: Levels, paging: Paging) -> Self {
        let (state, news, wanted) = (Mutex::default(), watch::Sender::new(()), Notify::new());
        let turns = Semaphore::new(paging.at_once);
        Self(Arc::new(Shared { shell, levels, paging, turns, state, news, wanted }))
    }

    /// Somebody comes to follow.
    pub(crate) fn enter(&self, who: &Principal) -> Place<F> {
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

    /// How often what was said before may no longer have been so.
    pub(crate) fn unsettled(&self) -> u64 {
        self.0.state().unsettled
    }

    /// What is behind a position for who has a place.
    pub(crate) fn behind(&self, position: u64, place: &Place<F>) -> Behind<F> {
        let state = self.0.state();
        if state.breaks == place.breaks { state.ring.behind(position, place.number) } else { Behind::Broken }
    }

    pub(crate) fn levels(&self) -> &Levels {
        &self.0.levels
    }

    /// Told when there is more.
    pub(crate) fn news(&self) -> watch::Receiver<()> {
        self.0.news.subscribe()
    }

    /// The answer to somebody who is behind.
    ///
    /// # Errors
    /// As [`asked`].
    pub(crate) async fn catching_up(&self, follow: Follow, min_position: u64) -> Result<Bytes, Problem> {
        // Nobody closes it.
        let _turn = self.0.turns.acquire().await.ok();
        asked(&self.0.shell, follow, min_position, self.0.paging.within).await
    }

    /// Follows for as long as anybody does, until the role stops.
    pub async fn run(self) {
        let stop = self.0.shell.shutdown.clone();
        tokio::select! {
            () = self.follow() => {}
            () = stop.cancelled() => {}
        }
    }

    async fn follow(&self) {
        let (mut pause, mut waits) = (PAUSE, true);
        loop {
            let (readers, after) = self.next();
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

    /// For whom to ask next, and behind what.
    fn next(&self) -> (Vec<(u64, Principal)>, Option<u64>) {
        let state = self.0.state();
        let readers = state.readers.iter().map(|(cleared, (number, _))| (*number, cleared.clone()));
        (readers.collect(), state.ring.end())
    }

    /// Everybody has to begin anew.
    fn breaks(&self) {
        let mut state = self.0.state();
        state.ring.rest();
        state.breaks += 1;
        state.unsettled += 1;
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
                let mut state = self.0.state();
                state.unsettled += u64::from(unsettles);
                state.ring.push(batch, unsettles);
            }
        }
        self.0.news.send_replace(());
        Ok(())
    }
}

impl<F> Shared<F> {
    fn state(&self) -> MutexGuard<'_, State<F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F> Place<F> {
    /// The number of who is cleared so.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// What they are cleared for.
    pub(crate) const fn cleared(&self) -> &Principal {
        &self.cleared
    }
}

impl<F> Drop for Place<F> {
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
async fn asked(shell: &Shell, follow: Follow, min_position: u64, within: Duration) -> Result<Bytes, Problem> {
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
pub(crate) fn unreadable(error: &serde_json::Error) -> Problem {
    tracing::error!(%error, "a read model's answer cannot be read");
    Problem::new(ProblemKind::Internal, "the operator's log says more")
}
