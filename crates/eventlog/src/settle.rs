//! From submissions to answers: attempts, and what to do about one that failed.
//!
//! Submissions that are settled together are one attempt. When it fails, nobody says which member was at fault:
//! the last position of every guarded record is read, members whose guards do not hold are answered with a
//! conflict, and the rest is tried again. After an attempt whose outcome is unknown, a guard that does not hold
//! may have been broken by our own event; it is looked at before anyone is told of a conflict.

use std::time::Duration;

use domain::Subject;
use futures_util::stream::{self, StreamExt};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout_at};

use crate::error::Cause;
use crate::leader::Leader;
use crate::message::Outgoing;
use crate::publish::{Failure, Publisher};
use crate::{AppendError, Appended, Batch, Error};

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// How many records' last positions are asked for at once.
const ASKED_AT_ONCE: usize = 64;

/// A batch that waits for its answer.
pub(crate) struct Submission {
    events: Vec<Outgoing>,
    deadline: Instant,
    answer: oneshot::Sender<Result<Appended, AppendError>>,
    /// An attempt may have been stored without our knowing.
    in_doubt: bool,
}

impl Submission {
    pub(crate) fn new(
        batch: Batch,
        deadline: Instant,
        answer: oneshot::Sender<Result<Appended, AppendError>>,
    ) -> Self {
        let mut events = Vec::<Outgoing>::with_capacity(batch.events().len());
        let mut seen = std::collections::HashSet::new();
        for event in batch.into_events() {
            let is_first = seen.insert(event.subject);
            events.push(Outgoing::new(event, is_first));
        }
        Self { events, deadline, answer, in_doubt: false }
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    pub(crate) fn size(&self) -> usize {
        self.events.iter().map(Outgoing::size).sum()
    }

    /// Every record it touches, once, with the expected position of its last event.
    pub(crate) fn guards(&self) -> impl Iterator<Item = (Subject, u64)> {
        self.events.iter().filter_map(|event| event.guard.map(|position| (event.subject, position)))
    }

    /// Nobody waits for it any more, or not for long enough.
    pub(crate) fn is_over(&self) -> bool {
        self.answer.is_closed() || self.deadline <= Instant::now()
    }

    pub(crate) fn finish(self, result: Result<Appended, AppendError>) {
        // Whoever has gone does not want to know.
        let _ = self.answer.send(result);
    }

    fn give_up(self, cause: &str) {
        let error = if self.in_doubt { AppendError::OutcomeUnknown } else { unavailable(cause) };
        self.finish(Err(error));
    }

    fn stored(self, first: u64) -> Vec<(Subject, u64)> {
        let positions = (first..).zip(&self.events).map(|(position, event)| (event.subject, position));
        let positions = positions.collect::<Vec<_>>();
        let last = positions.last().map_or(first, |(_, last)| *last);
        self.finish(Ok(Appended { first, last }));
        positions
    }
}

fn unavailable(cause: &str) -> AppendError {
    AppendError::Unavailable(cause.into())
}

/// Brings submissions to an end.
#[derive(Clone)]
pub(crate) struct Settler {
    publisher: Publisher,
    leader: Leader,
}

/// What a failed attempt means for one member.
enum Verdict {
    /// Its guards hold, or nobody could say: try again.
    Again,
    /// An earlier attempt had stored it, from this position on.
    Stored(u64),
    /// These records have moved on.
    Stale(Vec<(Subject, u64)>),
}

impl Settler {
    pub(crate) const fn new(publisher: Publisher, leader: Leader) -> Self {
        Self { publisher, leader }
    }

    /// Answers every member. Returns the positions of what was stored.
    pub(crate) async fn settle(&self, mut members: Vec<Submission>) -> Vec<(Subject, u64)> {
        let mut stored = Vec::new();
        let mut cause = "it took too long".to_owned();
        let mut pause = FIRST_PAUSE;
        loop {
            members = still_waiting(members, &cause);
            let Some(deadline) = members.iter().map(|member| member.deadline).max() else { return stored };
            if !self.publisher.is_connected(deadline).await {
                "the server cannot be reached".clone_into(&mut cause);
                continue;
            }
            match self.attempt(&members, deadline).await {
                Ok(first) => {
                    stored.extend(all_stored(members, first));
                    return stored;
                }
                Err(Failure::Refused(error)) => {
                    stored.extend(self.apart(members, error).await);
                    return stored;
                }
                Err(Failure::Busy(error)) => cause = describe(&error),
                Err(Failure::Stale) => members = self.sort_out(members, &mut stored).await,
                Err(Failure::Unknown(error)) => {
                    tracing::warn!(%error, events = members.len(), "an append was not answered; looking for it");
                    cause = describe(&error);
                    members.iter_mut().for_each(|member| member.in_doubt = true);
                    members = self.sort_out(members, &mut stored).await;
                }
            }
            if !members.is_empty() {
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    /// Returns the position of the first event.
    async fn attempt(&self, members: &[Submission], deadline: Instant) -> Result<u64, Failure> {
        let events = members.iter().flat_map(|member| &member.events).map(Outgoing::message);
        let events = events.collect::<Vec<_>>();
        let last = self.publisher.publish(&events, deadline).await?;
        Ok(last + 1 - events.len() as u64)
    }

    /// One member is at fault for good: it is told so, the others are settled without it.
    async fn apart(
        &self,
        mut members: Vec<Submission>,
        error: async_nats::jetstream::Error,
    ) -> Vec<(Subject, u64)> {
        if members.len() == 1 {
            let member = members.remove(0);
            member.finish(Err(AppendError::Refused(error)));
            return Vec::new();
        }
        let mut stored = Vec::new();
        for member in members {
            stored.extend(Box::pin(self.settle(vec![member])).await);
        }
        stored
    }

    /// Answers members whose guards do not hold; returns the rest.
    async fn sort_out(&self, members: Vec<Submission>, stored: &mut Vec<(Subject, u64)>) -> Vec<Submission> {
        let looks = members.into_iter().map(|member| async {
            let verdict = match timeout_at(member.deadline, self.look(&member)).await {
                Ok(Ok(verdict)) => verdict,
                Ok(Err(error)) => {
                    tracing::debug!(%error, "a failed append cannot be looked into now");
                    Verdict::Again
                }
                Err(_) => Verdict::Again,
            };
            (member, verdict)
        });
        let verdicts = stream::iter(looks).buffered(ASKED_AT_ONCE).collect::<Vec<_>>().await;
        let mut rest = Vec::new();
        for (member, verdict) in verdicts {
            match verdict {
                Verdict::Again => rest.push(member),
                Verdict::Stored(first) => stored.extend(member.stored(first)),
                Verdict::Stale(stale) => member.finish(Err(AppendError::Conflict { stale })),
            }
        }
        rest
    }

    async fn look(&self, member: &Submission) -> Result<Verdict, Error> {
        let mut stale = Vec::new();
        for (subject, expected) in member.guards() {
            let last = self.leader.last(&subject).await?;
            if last != expected {
                stale.push((subject, last));
            }
        }
        if stale.is_empty() {
            return Ok(Verdict::Again);
        }
        let own = if member.in_doubt { self.own(member).await? } else { None };
        Ok(own.map_or(Verdict::Stale(stale), Verdict::Stored))
    }

    /// The position at which an earlier attempt stored the member: a batch is stored as a whole, so its first
    /// event decides.
    async fn own(&self, member: &Submission) -> Result<Option<u64>, Error> {
        let Some(first) = member.events.first() else { return Ok(None) };
        let found = self.leader.next(&first.subject, first.guard.unwrap_or(0) + 1).await?;
        Ok(found.filter(|found| found.payload == first.payload).map(|found| found.position))
    }
}

fn still_waiting(members: Vec<Submission>, cause: &str) -> Vec<Submission> {
    let (over, waiting) = members.into_iter().partition::<Vec<_>, _>(Submission::is_over);
    over.into_iter().for_each(|member| member.give_up(cause));
    waiting
}

fn all_stored(members: Vec<Submission>, first: u64) -> Vec<(Subject, u64)> {
    let mut next = first;
    let mut stored = Vec::new();
    for member in members {
        let length = member.len() as u64;
        stored.extend(member.stored(next));
        next += length;
    }
    stored
}

fn describe(error: &Cause) -> String {
    error.to_string()
}
