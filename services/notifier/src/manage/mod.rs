//! Managing subscriptions: each is of one agency, and there for nobody else.
//!
//! A change is read against the subscription as it stands, and written only if it still stands so. Secrets are told once,
//! to whoever has one made, and go into no log.

mod alter;
mod keys;
mod shown;
mod standing;
mod trial;

use std::time::Duration;

use contract::subscription::{Channel, Stored, Subscription, Wanted};
use contract::{InputError, Paging, Principal, Problem, ProblemKind};
use domain::Levels;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use service::{Clock, Reply};
use tokio::time::timeout;
use url::Url;
use uuid::Uuid;
use webhook::{Failure, Poster};

use crate::store::{Kept, Store, StoreError};
use shown::{Found, Shown, reply};

pub(crate) use standing::Standing;

/// How many last lines are asked for at once.
const AT_ONCE: usize = 16;

/// How long it is waited for where a name leads.
const CHECKED_WITHIN: Duration = Duration::from_secs(3);

pub(crate) struct Managing {
    pub(crate) store: Store,
    pub(crate) standing: Standing,
    pub(crate) clock: Clock,
    pub(crate) levels: Levels,
    pub(crate) poster: Poster,
    /// How many an agency may have.
    pub(crate) most: usize,
}

impl Managing {
    pub(crate) async fn create(&self, who: &Principal, wanted: &Value) -> Result<Reply, Problem> {
        let head = self.standing.head().await?;
        let (read, mut mistakes) = match Wanted::read(wanted, who, &self.levels) {
            Ok(read) => (Some(read), vec![]),
            Err(mistakes) => (None, mistakes),
        };
        mistakes.extend(self.unreachable(&wanted["channel"]).await);
        if wanted["after"].as_u64().is_some_and(|after| after > head) {
            mistakes.push(beyond("/after", head));
        }
        let Some(Wanted { terms, scheme, after }) = read.filter(|_| mistakes.is_empty()) else {
            return Err(Problem::invalid(mistakes));
        };
        let (own, most) = (self.own(who).await?.len(), self.most);
        if own >= most {
            let detail = format!("an agency has at most {most} subscriptions, and yours has {own}");
            return Err(Problem::new(ProblemKind::LimitReached, detail));
        }
        let now = self.clock.now();
        let subscription = Subscription {
            id: Uuid::now_v7(),
            name: terms.name,
            owner: who.agency.clone(),
            channel: terms.channel,
            filter: terms.filter,
            payload: terms.payload,
            after: after.unwrap_or(head),
            paused: terms.paused,
            resumed: 0,
            replay: None,
            created: now,
            created_by: who.subject.clone(),
            changed: now,
        };
        let keys = match subscription.channel {
            Channel::Webhook { .. } => vec![keys::new(scheme)?],
            // Who may read a feed has a credential for it.
            Channel::Feed { .. } => vec![],
        };
        let stored = Stored { subscription, reader: who.cleared(), keys };
        let revision = self.store.write(&stored, 0).await.map_err(unwritten)?;
        let found = Found { stored, revision };
        let state = self.standing.of(&found.stored.subscription).await?;
        Shown::of(&found, &state, head).telling(found.stored.keys.first().and_then(keys::told)).reply(201)
    }

    pub(crate) async fn list(&self, who: &Principal, page: Paging) -> Result<Reply, Problem> {
        let after = page.cursor.as_deref().map(Uuid::try_parse).transpose();
        let after = after.map_err(|_| {
            Problem::new(ProblemKind::InvalidQuery, "the cursor is none that this list has given")
        })?;
        let head = self.standing.head().await?;
        let mut own = self.own(who).await?;
        // The later an id was given out, the higher it is.
        own.sort_unstable_by_key(|found| found.stored.subscription.id);
        own.retain(|found| after.is_none_or(|after| found.stored.subscription.id > after));
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let next = (own.len() > limit).then(|| own.truncate(limit));
        let next = next.and_then(|()| own.last()).map(|found| found.stored.subscription.id);
        let states = own.iter().map(|found| self.standing.of(&found.stored.subscription)).collect::<Vec<_>>();
        let states = stream::iter(states).buffered(AT_ONCE).try_collect::<Vec<_>>().await?;
        let items = own.iter().zip(&states).map(|(found, state)| Shown::of(found, state, head));
        let mut body = json!({"items": items.collect::<Vec<_>>()});
        if let Some(next) = next {
            body["next"] = next.to_string().into();
        }
        Ok(reply(&body)?.at(head))
    }

    pub(crate) async fn get(&self, who: &Principal, id: Uuid) -> Result<Reply, Problem> {
        let found = self.find(who, id).await?;
        self.show(&found).await
    }

    /// Ends it. Without a revision, however it stands.
    pub(crate) async fn delete(
        &self,
        who: &Principal,
        id: Uuid,
        revision: Option<u64>,
    ) -> Result<Reply, Problem> {
        loop {
            let found = self.find_as(who, id, revision).await?;
            match self.store.delete(id, found.revision).await {
                Ok(_) => return Ok(Reply::ok("{}")),
                // Somebody was quicker: it is looked at anew.
                Err(StoreError::Changed) => {}
                Err(error) => return Err(unwritten(error)),
            }
        }
    }

    /// What was sent names events: it is for who may see what the subscription is told, as long as there is one.
    pub(crate) async fn admit_to_what_was_sent(&self, who: &Principal, id: Uuid) -> Result<(), Problem> {
        let reader = self.find(who, id).await?.stored.reader;
        let rank = |who: &Principal| self.levels.iter().position(|level| level.as_str() == who.level);
        let is_cleared = who.party == reader.party
            && rank(who) >= rank(&reader)
            && who.caveats.is_superset(&reader.caveats);
        if is_cleared {
            return Ok(());
        }
        let detail = "what was sent names events that you may not see: it is for who is cleared as the subscription's reader";
        Err(Problem::new(ProblemKind::Forbidden, detail))
    }

    async fn show(&self, found: &Found) -> Result<Reply, Problem> {
        let head = self.standing.head().await?;
        let state = self.standing.of(&found.stored.subscription).await?;
        Ok(Shown::of(found, &state, head).reply(200)?.at(head))
    }

    /// A subscription of the caller's agency.
    async fn find(&self, who: &Principal, id: Uuid) -> Result<Found, Problem> {
        let kept = self.store.find(id).await.map_err(unread)?;
        let own = kept.and_then(found).filter(|found| is_own(found, who));
        own.ok_or_else(|| Problem::new(ProblemKind::NotFound, "there is no such subscription"))
    }

    /// The same, if it still has the revision that is asked for.
    async fn find_as(&self, who: &Principal, id: Uuid, revision: Option<u64>) -> Result<Found, Problem> {
        let found = self.find(who, id).await?;
        match revision {
            Some(wanted) if wanted != found.revision => {
                let detail = format!("the subscription has the revision {}", found.revision);
                Err(Problem::new(ProblemKind::PreconditionFailed, detail))
            }
            _ => Ok(found),
        }
    }

    /// Every subscription of the caller's agency.
    async fn own(&self, who: &Principal) -> Result<Vec<Found>, Problem> {
        let all = self.store.all().await.map_err(unread)?;
        Ok(all.into_iter().filter_map(found).filter(|found| is_own(found, who)).collect())
    }

    /// That nothing is sent to where a channel leads, and why; whatever else is wrong is not looked at here.
    async fn unreachable(&self, channel: &Value) -> Option<InputError> {
        let url = channel["url"].as_str().and_then(|url| Url::parse(url).ok())?;
        match timeout(CHECKED_WITHIN, self.poster.check(&url)).await {
            Ok(Err(why @ (Failure::Target(_) | Failure::Refused { .. }))) => {
                Some(mistake("/channel/url", why.to_string()))
            }
            // Names come and go: each attempt says what it met.
            _ => None,
        }
    }
}

fn is_own(found: &Found, who: &Principal) -> bool {
    found.stored.subscription.owner == who.agency
}

fn found(kept: Kept) -> Option<Found> {
    let Kept { stored, revision, .. } = kept;
    stored.map(|stored| Found { stored, revision })
}

fn mistake(pointer: &str, detail: impl Into<String>) -> InputError {
    InputError { pointer: pointer.to_owned(), detail: detail.into() }
}

/// A position that the log does not have.
fn beyond(pointer: &str, head: u64) -> InputError {
    mistake(pointer, format!("expected a position of the log, which ends at {head}"))
}

fn unread(error: StoreError) -> Problem {
    match error {
        StoreError::Unreadable(_) => internal(error),
        error => {
            tracing::warn!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "subscriptions cannot be read"
            );
            Problem::new(ProblemKind::Unavailable, "the bucket of subscriptions does not answer")
        }
    }
}

fn unwritten(error: StoreError) -> Problem {
    match error {
        StoreError::Changed | StoreError::Unreadable(_) => internal(error),
        error => {
            tracing::warn!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "a subscription is not written"
            );
            let detail =
                "the bucket of subscriptions did not say whether it was done: look before you ask again";
            Problem::new(ProblemKind::OutcomeUnknown, detail)
        }
    }
}

fn internal(error: StoreError) -> Problem {
    tracing::error!(
        error = format!("{:#}", anyhow::Error::from(error)),
        "a subscription is not to be understood"
    );
    Problem::new(ProblemKind::Internal, "the operator's log says more")
}
