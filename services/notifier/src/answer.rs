//! From what is asked of a notifier to its reply.

use std::sync::Arc;
use std::time::Duration;

use contract::subscription::Subscribing;
use contract::{Ask, Problem, ProblemKind};
use serde_json::Value;
use service::{Reply, Request};
use tokio::time::Instant;

use crate::Deliveries;
use crate::manage::Managing;

pub(crate) struct Answering {
    pub(crate) managing: Managing,
    pub(crate) deliveries: Deliveries,
}

/// Left of the deadline when a wait is given up, so that the caller still hears why.
const FOR_THE_REPLY: Duration = Duration::from_millis(100);

fn deadline(request: &Request) -> Instant {
    Instant::from_std(request.deadline).checked_sub(FOR_THE_REPLY).unwrap_or_else(Instant::now)
}

/// What the record of deliveries says, once it has caught up.
async fn told(
    request: &Request,
    asked: impl Future<Output = Result<Value, Problem>> + Send,
) -> Result<Reply, Problem> {
    Ok(Reply::ok(request.aside(asked).await??.to_string()))
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
            Subscribing::Deliveries(asked) => {
                managing.admit_to_what_was_sent(who, asked.id).await?;
                told(request, self.deliveries.attempts(asked, deadline(request))).await
            }
            Subscribing::Recipients { position, page } => {
                told(request, self.deliveries.recipients(who, (position, page), deadline(request))).await
            }
        }
    }
}
