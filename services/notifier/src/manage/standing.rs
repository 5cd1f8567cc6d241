//! How subscriptions stand: the last line of each, and where the log ends.

use async_nats::Client;
use async_nats::jetstream::{self, Context};
use contract::delivery::{Line, State};
use contract::subjects::{self, STREAM};
use contract::subscription::Subscription;
use contract::{Problem, ProblemKind};
use eventlog::Ledger;

#[derive(Clone)]
pub(crate) struct Standing {
    context: Context,
    ledger: Ledger,
}

impl Standing {
    pub(crate) fn new(client: Client, ledger: Ledger) -> Self {
        Self { context: jetstream::new(client), ledger }
    }

    /// The position of the last event.
    ///
    /// # Errors
    /// When the log does not answer.
    pub(super) async fn head(&self) -> Result<u64, Problem> {
        let stream = self.context.get_stream(STREAM).await;
        let stream = stream.map_err(|error| unavailable("the log", &error))?;
        Ok(stream.cached_info().state.last_sequence)
    }

    /// How a subscription stands.
    ///
    /// # Errors
    /// When the journal does not answer or holds what is no line.
    pub(super) async fn of(&self, subscription: &Subscription) -> Result<State, Problem> {
        let last = self.ledger.last(&subjects::deliveries(subscription.id)).await;
        let last = last.map_err(|error| unavailable("the journal of deliveries", &error))?;
        let mut state = match last {
            None => State::default(),
            Some((_, line)) => {
                serde_json::from_slice::<Line>(&line).map(|line| line.state).map_err(|error| {
                    tracing::error!(%error, id = %subscription.id, "a line of the journal cannot be read");
                    Problem::new(ProblemKind::Internal, "the operator's log says more")
                })?
            }
        };
        state.through = state.through.max(subscription.after);
        Ok(state)
    }
}

fn unavailable(what: &str, error: &dyn std::error::Error) -> Problem {
    tracing::warn!(%error, "{what} does not answer");
    Problem::new(ProblemKind::Unavailable, format!("{what} does not answer"))
}
