//! What every question needs: who asks, what was sent, and the way to the read model.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use contract::{Principal, ProblemKind, Role};
use http::HeaderMap;
use http::request::Parts;
use serde::Serialize;
use service::token::Verified;
use service::{Reply, ask};

use crate::Gateway;
use crate::around::About;
use crate::identity::require;
use crate::params::Params;
use crate::refusal::{Refusal, unanswered};

/// A question on its way. Taking it from a request refuses who may not read.
#[derive(Debug)]
pub(crate) struct Asked {
    gateway: Handle,
    who: Arc<Verified>,
    request_id: Arc<str>,
    /// The path's parameter, decoded; empty where the route has none.
    pub(crate) segment: String,
    pub(crate) params: Params,
    pub(crate) headers: HeaderMap,
}

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
    query: Q,
}

impl Asked {
    /// What the caller's own keys are resolved within.
    pub(crate) fn agency(&self) -> &str {
        &self.who.principal.agency
    }

    /// Asks a read model, if every parameter was right.
    pub(crate) async fn ask<Q: Serialize>(self, subject: &'static str, query: Q) -> Result<Reply, Refusal> {
        let Self { gateway: Handle(gateway), who, request_id, mut params, .. } = self;
        let min_position = params.min_position();
        params.finish()?;
        let question = Question { principal: &who.principal, min_position, query };
        let body = serde_json::to_vec(&question).map_err(|error| {
            tracing::error!(%error, "a question cannot be written");
            Refusal::new(ProblemKind::Internal, "the operator's log says more")
        })?;
        let reply =
            ask(&gateway.shell.client, subject, body.into(), gateway.answer_within, &request_id).await;
        reply.map_err(|error| unanswered(error, &request_id))
    }
}

impl FromRequestParts<Arc<Gateway>> for Asked {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, Refusal> {
        let about = parts.extensions.remove::<About>();
        let about =
            about.ok_or_else(|| Refusal::new(ProblemKind::Internal, "the request has no identity"))?;
        let who = about.who?;
        require(&who, Role::Reader)?;
        let segment = RawPathParams::from_request_parts(parts, gateway)
            .await
            .map_err(|_| Refusal::new(ProblemKind::Malformed, "the path is no percent-encoded UTF-8"))?;
        let segment = segment.iter().next().map(|(_, value)| value.to_owned()).unwrap_or_default();
        Ok(Self {
            gateway: Handle(Arc::clone(gateway)),
            who,
            request_id: about.request_id,
            segment,
            params: Params::read(parts.uri.query()),
            headers: std::mem::take(&mut parts.headers),
        })
    }
}
