//! What every question needs: who asks, what was sent, and the way to the read model.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams};
use bytes::Bytes;
use contract::{Principal, Problem, ProblemKind, Query, Role, subjects};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use service::token::Verified;
use service::{AskError, Reply, ask};

use crate::Gateway;
use crate::around::About;
use crate::identity::{missing, require};
use crate::params::{Moment, Params};
use crate::reads::Disclosure;
use crate::refusal::{Refusal, unanswered};
use crate::submit;

/// A question on its way. Taking it from a request refuses who may not read.
#[derive(Debug)]
pub(crate) struct Asked {
    gateway: Handle,
    /// None: who shows no token, where that is allowed.
    who: Option<Arc<Verified>>,
    request_id: Arc<str>,
    disclosure: Arc<Disclosure>,
    /// The path's parameter, decoded; empty where the route has none.
    pub(crate) segment: String,
    /// Its second parameter, likewise.
    pub(crate) other: String,
    known_at: Option<Moment>,
    pub(crate) params: Params,
    pub(crate) headers: HeaderMap,
}

/// A question that needs no role, and no token where a setting says so.
#[derive(Debug)]
pub(crate) struct Openly(pub(crate) Asked);

/// The gateway, of which there is nothing to show.
struct Handle(Arc<Gateway>);

impl std::fmt::Debug for Handle {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Gateway")
    }
}

/// [`contract::Ask`] as it is written, without a copy of who asks.
#[derive(Serialize)]
struct Question<'a, Q> {
    principal: &'a Principal,
    min_position: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    known_at: Option<u64>,
    query: Q,
}

/// As of when is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsOf {
    min_position: u64,
    known_at: Option<u64>,
}

static NOBODY: Principal = Principal::anonymous();

impl Asked {
    pub(crate) fn principal(&self) -> &Principal {
        self.who.as_ref().map_or(&NOBODY, |who| &who.principal)
    }

    /// What the caller's own keys are resolved within.
    pub(crate) fn agency(&self) -> &str {
        &self.principal().agency
    }

    /// Whether checkpoints are for everybody.
    pub(crate) fn is_public(&self) -> bool {
        self.gateway.0.public_checkpoints
    }

    /// The day as of which things are late: as given, else that of `known_at`, else the clock's (UTC).
    pub(crate) fn today(&mut self) -> Date {
        let given = self.params.date("today");
        let now = || self.now().to_zoned_datetime(TimeZone::UTC).date();
        given.or_else(|| self.known_at.and_then(Moment::day)).unwrap_or_else(now)
    }

    /// Asks a read model, if every parameter was right.
    ///
    /// `known_at` and `min_position` may be given with every question.
    pub(crate) async fn ask<Q: Serialize>(
        mut self,
        subject: &'static str,
        query: Q,
    ) -> Result<Reply, Refusal> {
        let as_of = self.settle().await?;
        self.put(as_of, subject, query).await
    }

    /// Asks for a change, if every parameter was right. When no reply comes, it may have been made.
    pub(crate) async fn change<Q: Serialize>(
        mut self,
        subject: &'static str,
        query: Q,
    ) -> Result<Reply, Refusal> {
        let AsOf { min_position, known_at } = self.settle().await?;
        self.sent(subject, min_position, known_at, query).await?.map_err(|error| {
            if !error.is_ambiguous() {
                return unanswered(error, &self.request_id);
            }
            tracing::warn!(id = &*self.request_id, %error, "the outcome of a change is not known");
            let detail = "the reply was lost: look whether it was done before you ask again";
            Problem::new(ProblemKind::OutcomeUnknown, detail).into()
        })
    }

    /// The body of the request, of at most so many bytes.
    pub(crate) async fn body(&self, body: Body, largest: usize) -> Result<Bytes, Refusal> {
        submit::collect(&self.gateway.0, &self.headers, body, largest).await
    }

    /// The clock's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.gateway.0.shell.clock.now()
    }

    /// As of when is asked, if every parameter was right: for questions that follow one another.
    pub(crate) async fn settle(&mut self) -> Result<AsOf, Refusal> {
        let min_position = self.params.min_position();
        if min_position > 0 && self.who.is_none() {
            // Waits take places, of which a caller has a share, and nobody has none.
            self.params.mistake("min_position", "expected a token with it");
        }
        std::mem::take(&mut self.params).finish()?;
        let known_at = match self.known_at {
            Some(Moment::Time(at)) => Some(self.position_at(at, min_position).await?),
            Some(Moment::Position(position)) => Some(position),
            None => None,
        };
        Ok(AsOf { min_position, known_at })
    }

    /// Asks a read model what was settled before.
    pub(crate) async fn put<Q: Serialize>(
        &self,
        as_of: AsOf,
        subject: &'static str,
        query: Q,
    ) -> Result<Reply, Refusal> {
        self.send(subject, as_of.min_position, as_of.known_at, query).await
    }

    /// The last log position that was recorded by a time.
    pub(crate) async fn position_at(&self, at: Timestamp, min_position: u64) -> Result<u64, Refusal> {
        let reply = self.send(subjects::DOSSIERS, min_position, None, Query::Position { at }).await?;
        let unreadable = || Refusal::new(ProblemKind::Internal, "the operator's log says more");
        if reply.status != 200 {
            return Err(
                serde_json::from_slice::<Problem>(&reply.body).map_or_else(|_| unreadable(), Refusal::from)
            );
        }
        let answer = serde_json::from_slice::<Value>(&reply.body).ok();
        answer.and_then(|answer| answer["position"].as_u64()).ok_or_else(unreadable)
    }

    async fn send<Q: Serialize>(
        &self,
        subject: &'static str,
        min_position: u64,
        known_at: Option<u64>,
        query: Q,
    ) -> Result<Reply, Refusal> {
        let reply = self.sent(subject, min_position, known_at, query).await?;
        reply.map_err(|error| unanswered(error, &self.request_id))
    }

    async fn sent<Q: Serialize>(
        &self,
        subject: &'static str,
        min_position: u64,
        known_at: Option<u64>,
        query: Q,
    ) -> Result<Result<Reply, AskError>, Refusal> {
        let Self { gateway: Handle(gateway), request_id, disclosure, .. } = self;
        let question = Question { principal: self.principal(), min_position, known_at, query };
        let body = serde_json::to_vec(&question).map_err(|error| {
            tracing::error!(%error, "a question cannot be written");
            Refusal::new(ProblemKind::Internal, "the operator's log says more")
        })?;
        let reply = ask(&gateway.shell.client, subject, body.into(), gateway.answer_within, request_id).await;
        if let Ok(reply) = &reply {
            disclosure.add(reply, &gateway.levels);
        }
        Ok(reply)
    }
}

impl FromRequestParts<Arc<Gateway>> for Asked {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, Refusal> {
        let about = about(parts)?;
        let who = about.who?;
        require(&who, Role::Reader)?;
        Self::by(Some(who), (about.request_id, about.disclosure), parts, gateway).await
    }
}

impl FromRequestParts<Arc<Gateway>> for Openly {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, Refusal> {
        let about = about(parts)?;
        // A token that is wrong is refused all the same: who sent it believes to be somebody.
        let nobody = gateway.public_checkpoints && !parts.headers.contains_key(AUTHORIZATION);
        let who = if nobody { None } else { Some(about.who?) };
        Asked::by(who, (about.request_id, about.disclosure), parts, gateway).await.map(Self)
    }
}

fn about(parts: &mut Parts) -> Result<About, Refusal> {
    let about = parts.extensions.remove::<About>();
    about.ok_or_else(|| Refusal::new(ProblemKind::Internal, "the request has no identity"))
}

impl Asked {
    async fn by(
        who: Option<Arc<Verified>>,
        (request_id, disclosure): (Arc<str>, Arc<Disclosure>),
        parts: &mut Parts,
        gateway: &Arc<Gateway>,
    ) -> Result<Self, Refusal> {
        let segments = RawPathParams::from_request_parts(parts, gateway)
            .await
            .map_err(|_| Refusal::new(ProblemKind::Malformed, "the path is no percent-encoded UTF-8"))?;
        let mut segments = segments.iter().map(|(_, value)| value.to_owned());
        let mut segment = || segments.next().unwrap_or_default();
        let (segment, other) = (segment(), segment());
        let mut params = Params::read(parts.uri.query());
        Ok(Self {
            gateway: Handle(Arc::clone(gateway)),
            who,
            request_id,
            disclosure,
            segment,
            other,
            known_at: params.moment("known_at"),
            params,
            headers: std::mem::take(&mut parts.headers),
        })
    }

    /// The answer is to be logged as this, whatever it shows.
    pub(crate) fn is(&self, kind: &'static str) {
        self.disclosure.is(kind);
    }

    /// Refuses who has no token, or does not hold the role.
    pub(crate) fn requires(&self, role: Role) -> Result<(), Refusal> {
        match &self.who {
            Some(who) => require(who, role),
            None => Err(missing()),
        }
    }
}
