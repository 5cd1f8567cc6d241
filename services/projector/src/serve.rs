//! From a request to its reply: read, wait for the position, ask the rows.

use std::sync::Arc;
use std::time::Duration;

use contract::{Agenda, Ask, Find, Problem, ProblemKind, Query, Timeline};
use domain::Levels;
use readmodel::{Reader, View, WaitError};
use serde::de::DeserializeOwned;
use service::{Reply, Request};
use tokio::time::Instant;

use crate::ahead::Ahead;
use crate::search::{Live, Told};
use crate::turns::{Cost, Turns};
use crate::{calendar, dossiers, search, timeline};

/// Left of the deadline when a wait is given up, so that the caller still hears why.
const FOR_THE_REPLY: Duration = Duration::from_millis(100);

/// What was just written is mostly there before anybody must be asked about it.
const AT_ONCE: Duration = Duration::from_millis(10);

/// Answers from one read model.
pub(crate) struct Served {
    pub(crate) reader: Reader,
    pub(crate) levels: Arc<Levels>,
    pub(crate) ahead: Ahead,
    pub(crate) turns: Turns,
}

impl Served {
    pub(crate) async fn dossiers(self: Arc<Self>, request: Request) -> Reply {
        let cursor = |ask: &Ask<Query>| match &ask.query {
            Query::List(list) => Ok(dossiers::cursor(list)?.map(|cursor| cursor.position)),
            Query::Follow(follow) => Ok(follow.after),
            _ => Ok(None),
        };
        let cost = |ask: &Ask<Query>| match &ask.query {
            Query::List(_) => Cost::Page,
            Query::Brief(_) => Cost::Document,
            _ => Cost::Look,
        };
        self.answer(request, cursor, cost, dossiers::answer).await.unwrap_or_else(Reply::from)
    }

    pub(crate) async fn timeline(self: Arc<Self>, request: Request) -> Reply {
        let cursor = |ask: &Ask<Timeline>| Ok(timeline::cursor(&ask.query)?.map(|cursor| cursor.position));
        self.answer(request, cursor, |_| Cost::Page, timeline::answer).await.unwrap_or_else(Reply::from)
    }

    pub(crate) async fn calendar(self: Arc<Self>, request: Request) -> Reply {
        let cursor = |ask: &Ask<Agenda>| Ok(calendar::cursor(&ask.query)?.map(|cursor| cursor.position));
        self.answer(request, cursor, |_| Cost::Page, calendar::answer).await.unwrap_or_else(Reply::from)
    }

    /// The index answers, which follows the rows.
    pub(crate) async fn search(self: Arc<Self>, index: Live, request: Request) -> Reply {
        self.found(&index, request).await.unwrap_or_else(Reply::from)
    }

    async fn found(&self, index: &Live, mut request: Request) -> Result<Reply, Problem> {
        let ask = read::<Find>(&request)?;
        let cursor = search::cursor(&ask.query)?.map(|cursor| cursor.position);
        let position = cursor.unwrap_or(0).max(ask.min_position);
        self.wait_for(position, &mut request).await?;
        // Who need not wait takes no place of those who do: they may all be taken.
        let latest = match index.at(position) {
            Some(latest) => latest,
            None => {
                let deadline = deadline(&request);
                request.aside(index.wait_for(position, deadline)).await?.ok_or_else(|| {
                    let detail = format!("position {position} is not in the search index yet");
                    Problem::new(ProblemKind::NotYet, detail)
                })?
            }
        };
        let asked = latest.clone();
        // Counts have turns of their own, once the rows have said what is to be counted.
        let cost = if matches!(ask.query, Find::Statistics(_)) { Cost::Look } else { Cost::Page };
        let turn = self.turns.wait(cost, deadline(&request)).await?;
        let told = self.ask(ask, move |ask, levels, view| search::answer(ask, levels, view, &asked)).await;
        drop(turn);
        let answer = match told {
            Ok(Told::All(reply)) => Ok(reply),
            Ok(Told::ToCount(asking)) => index.count(asking, latest.clone()).await,
            Err(problem) => Err(problem),
        };
        if latest.has_failed() {
            index.give_up(&latest);
            return answer.map_err(|_| search::unreadable());
        }
        answer
    }

    async fn answer<Q: DeserializeOwned + Send + 'static>(
        &self,
        mut request: Request,
        of_cursor: impl Fn(&Ask<Q>) -> Result<Option<u64>, Problem>,
        cost: impl Fn(&Ask<Q>) -> Cost,
        answer: fn(&Ask<Q>, &Levels, &View<'_>) -> Result<Reply, Problem>,
    ) -> Result<Reply, Problem> {
        let ask = read::<Q>(&request)?;
        let cursor = of_cursor(&ask)?.unwrap_or(0);
        self.has_come_to(cursor).await?;
        self.wait_for(cursor.max(ask.min_position), &mut request).await?;
        let _turn = self.turns.wait(cost(&ask), deadline(&request)).await?;
        self.ask(ask, answer).await
    }

    async fn ask<Q: Send + 'static, T: Send + 'static>(
        &self,
        ask: Ask<Q>,
        answer: impl FnOnce(&Ask<Q>, &Levels, &View<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let levels = self.levels.clone();
        let read = self.reader.read(move |view| answer(&ask, &levels, view)).await;
        read.unwrap_or_else(|error| {
            if matches!(error, readmodel::Error::Disowned(_)) {
                return Err(disowned());
            }
            let error = anyhow::Error::from(error);
            tracing::error!(error = format!("{error:#}"), "a query failed");
            Err(Problem::new(ProblemKind::Internal, "the read model cannot be read"))
        })
    }

    /// Refuses to go on behind a position that the log does not have: a reader would miss what comes to stand there.
    async fn has_come_to(&self, position: u64) -> Result<(), Problem> {
        if self.reader.position() >= position { Ok(()) } else { self.ahead.has(position).await }
    }

    async fn wait_for(&self, position: u64, request: &mut Request) -> Result<(), Problem> {
        if self.reader.is_disowned() {
            return Err(disowned());
        }
        if self.reader.position() >= position {
            return Ok(());
        }
        let deadline = deadline(request);
        let at_once = deadline.min(Instant::now() + AT_ONCE);
        if self.reader.wait_for(position, at_once).await.is_ok() {
            return Ok(());
        }
        let _place = self.ahead.place(position).await?;
        match request.aside(self.reader.wait_for(position, deadline)).await? {
            Ok(_) => Ok(()),
            Err(error @ WaitError::NotYet { .. }) => {
                Err(Problem::new(ProblemKind::NotYet, error.to_string()))
            }
            Err(error @ WaitError::Busy) => Err(Problem::new(ProblemKind::Unavailable, error.to_string())),
        }
    }
}

fn read<Q: DeserializeOwned>(request: &Request) -> Result<Ask<Q>, Problem> {
    let read = serde_json::from_slice(&request.body);
    read.map_err(|error| Problem::new(ProblemKind::Malformed, format!("no query: {error}")))
}

fn deadline(request: &Request) -> Instant {
    let deadline = Instant::from_std(request.deadline).checked_sub(FOR_THE_REPLY);
    deadline.unwrap_or_else(Instant::now)
}

/// The rows are another register's, perhaps: nobody may see them until an operator says so.
fn disowned() -> Problem {
    Problem::new(
        ProblemKind::Unavailable,
        "the read model was made from another log; an operator must decide",
    )
}
