//! A subscription as its owner sees it.

use contract::delivery::State;
use contract::subscription::{Channel, Stored, Subscription};
use contract::{Principal, Problem, ProblemKind, subjects};
use serde::Serialize;
use service::Reply;

use super::keys;

/// A subscription as it stands in the bucket.
pub(super) struct Found {
    pub(super) stored: Stored,
    pub(super) revision: u64,
}

#[derive(Serialize)]
pub(super) struct Shown<'s> {
    #[serde(flatten)]
    subscription: &'s Subscription,
    /// What a change is conditioned on.
    revision: u64,
    status: Status,
    /// Whose clearance decides over what is told.
    reader: Reader<'s>,
    keys: Vec<keys::Shown>,
    /// The stream that a feed is.
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<String>,
    health: Health<'s>,
    /// Shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'s str>,
}

/// In one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// It is delivered.
    Active,
    /// What was attempted last was not taken; it will be attempted again.
    Failing,
    /// Its owner wants it to rest.
    Paused,
    /// The register has given up until its owner resumes it.
    Halted,
}

#[derive(Serialize)]
struct Reader<'s> {
    party: &'s str,
    level: &'s str,
    caveats: Vec<&'s str>,
}

#[derive(Serialize)]
struct Health<'s> {
    #[serde(flatten)]
    state: &'s State,
    /// How many places of the log were not looked at yet, at most: what is for others is noted now and then.
    behind: u64,
}

impl<'s> Shown<'s> {
    /// As it stands, where the log ends at `head`.
    pub(super) fn of(found: &'s Found, state: &'s State, head: u64) -> Self {
        let Stored { subscription, reader: Principal { party, level, caveats, .. }, keys } = &found.stored;
        Self {
            subscription,
            revision: found.revision,
            status: Status::of(subscription, state),
            reader: Reader { party, level, caveats: caveats.iter().map(String::as_str).collect() },
            keys: keys.iter().map(keys::Shown::of).collect(),
            stream: matches!(subscription.channel, Channel::Feed { .. })
                .then(|| subjects::feed_stream(subscription.id)),
            health: Health { state, behind: head.saturating_sub(state.through) },
            secret: None,
        }
    }

    /// The same with the secret that was just made.
    pub(super) fn telling(self, secret: Option<&'s str>) -> Self {
        Self { secret, ..self }
    }

    pub(super) fn reply(&self, status: u16) -> Result<Reply, Problem> {
        reply(self).map(|reply| reply.with_status(status))
    }
}

impl Status {
    fn of(subscription: &Subscription, state: &State) -> Self {
        if subscription.paused {
            Self::Paused
        } else if is_halted(subscription, state) {
            Self::Halted
        } else if state.failing_since.is_some() {
            Self::Failing
        } else {
            Self::Active
        }
    }
}

/// Whether the register has given up, and its owner has not resumed it since.
pub(super) fn is_halted(subscription: &Subscription, state: &State) -> bool {
    state.halted.as_ref().is_some_and(|halted| halted.resumed >= subscription.resumed)
}

pub(super) fn reply(body: &impl Serialize) -> Result<Reply, Problem> {
    serde_json::to_vec(body).map(Reply::ok).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Problem::new(ProblemKind::Internal, "the operator's log says more")
    })
}
