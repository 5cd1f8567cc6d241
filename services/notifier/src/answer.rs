//! From what is asked of a notifier to its reply.

use std::sync::Arc;

use contract::subscription::Subscribing;
use contract::{Ask, Problem, ProblemKind};
use service::{Reply, Request};

use crate::manage::Managing;

pub(crate) struct Answering {
    pub(crate) managing: Managing,
}

impl Answering {
    pub(crate) async fn answer(self: Arc<Self>, request: Request) -> Reply {
        self.ask(&request).await.unwrap_or_else(Reply::from)
    }

    async fn ask(&self, request: &Request) -> Result<Reply, Problem> {
        let ask = serde_json::from_slice::<Ask<Subscribing>>(&request.body);
        let Ask { principal, query, .. } =
            ask.map_err(|error| Problem::new(ProblemKind::Malformed, format!("no question: {error}")))?;
        let (who, managing) = (&principal, &self.managing);
        match query {
            Subscribing::Create { wanted } => managing.create(who, &wanted).await,
            Subscribing::List(page) => managing.list(who, page).await,
            Subscribing::Get { id } => managing.get(who, id).await,
            Subscribing::Delete { id, revision } => managing.delete(who, id, revision).await,
            Subscribing::Change { id, revision, patch } => managing.change(who, id, revision, &patch).await,
            Subscribing::Rotate { id, revision, wanted } => managing.rotate(who, id, revision, &wanted).await,
            Subscribing::Replay { id, after, through } => managing.replay(who, id, after, through).await,
            Subscribing::Test { id } => managing.test(who, id, request).await,
            Subscribing::Deliveries(_) | Subscribing::Recipients { .. } => {
                Err(Problem::new(ProblemKind::NotFound, "there is no answer to this yet"))
            }
        }
    }
}
