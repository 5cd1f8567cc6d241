//! Changing a subscription: its terms, its keys, and what is told again.
//!
//! Each change is made of what stands there, and written behind it. Where somebody was quicker, it is made anew of what
//! stands there then; but who said which revision they mean, is refused.

use contract::subscription::{Channel, Replay, Rotation, SigningKey, Terms};
use contract::{InputError, Principal, Problem, ProblemKind};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use service::Reply;
use uuid::Uuid;

use super::shown::{Found, Shown, is_halted};
use super::{Managing, keys, unwritten};
use crate::store::StoreError;

/// How many keys sign at once.
const MOST_KEYS: usize = 5;

impl Managing {
    /// Changes what a merge patch names.
    pub(crate) async fn change(
        &self,
        who: &Principal,
        id: Uuid,
        revision: Option<u64>,
        patch: &Value,
    ) -> Result<Reply, Problem> {
        loop {
            let mut found = self.find_as(who, id, revision).await?;
            let before = found.stored.subscription.terms();
            let terms = self.patched(&before, patch, who).await?;
            let state = self.standing.of(&found.stored.subscription).await?;
            let subscription = &mut found.stored.subscription;
            let resumes = patch["paused"] == false && (before.paused || is_halted(subscription, &state));
            if terms == before && !resumes {
                return self.show(&found).await;
            }
            // Who leads events elsewhere, or wants others, is told what they may see themselves, and no more.
            let leads = |terms: &Terms| (terms.channel.clone(), terms.filter.clone(), terms.payload);
            if leads(&terms) != leads(&before) {
                found.stored.reader = who.cleared();
            }
            subscription.resumed += u32::from(resumes);
            subscription.take(terms);
            if let Some(found) = self.rewritten(found).await? {
                return self.show(&found).await;
            }
        }
    }

    /// Signs with a new key from now on, and with the old ones for a while.
    pub(crate) async fn rotate(
        &self,
        who: &Principal,
        id: Uuid,
        revision: Option<u64>,
        wanted: &Value,
    ) -> Result<Reply, Problem> {
        let Rotation { scheme, overlap } = Rotation::read(wanted, who).map_err(Problem::invalid)?;
        loop {
            let mut found = self.find_as(who, id, revision).await?;
            not_of_a_feed(&found, "what is in a feed is not signed")?;
            let now = self.clock.now();
            let until = now.saturating_add(SignedDuration::from_secs(overlap.into())).unwrap_or(now);
            let held = &mut found.stored.keys;
            let scheme = scheme.or_else(|| held.last().map(keys::scheme)).unwrap_or_default();
            for key in held.iter_mut() {
                key.until = Some(key.until.map_or(until, |earlier| earlier.min(until)));
            }
            held.retain(|key| holds(key, now));
            if held.len() >= MOST_KEYS {
                let detail =
                    format!("{MOST_KEYS} keys sign at once; the first ends soon, or give overlap_seconds 0");
                return Err(Problem::new(ProblemKind::LimitReached, detail));
            }
            held.push(keys::new(scheme)?);
            let Some(found) = self.rewritten(found).await? else { continue };
            let head = self.standing.head().await?;
            let state = self.standing.of(&found.stored.subscription).await?;
            let told = found.stored.keys.last().and_then(keys::told);
            return Ok(Shown::of(&found, &state, head).telling(told).reply(201)?.at(head));
        }
    }

    /// Tells again what is behind a position, up to another. One replay at a time.
    pub(crate) async fn replay(
        &self,
        who: &Principal,
        id: Uuid,
        after: u64,
        through: Option<u64>,
    ) -> Result<Reply, Problem> {
        loop {
            let mut found = self.find(who, id).await?;
            not_of_a_feed(&found, "a feed has each event once; its reader begins anew wherever they like")?;
            let head = self.standing.head().await?;
            let through = through.unwrap_or(head);
            let beyond = |place: &str, position| (position > head).then(|| super::beyond(place, head));
            let mistakes = [beyond("/after", after), beyond("/through", through)];
            let mistakes = mistakes.into_iter().flatten().collect::<Vec<InputError>>();
            if !mistakes.is_empty() {
                return Err(Problem::invalid(mistakes));
            }
            let state = self.standing.of(&found.stored.subscription).await?;
            let subscription = &mut found.stored.subscription;
            let last = subscription.replay;
            let is_done =
                |number| state.replay.as_ref().is_some_and(|done| done.number >= number && done.done);
            if let Some(Replay { number, through, .. }) = last.filter(|last| !is_done(last.number)) {
                let came = state.replay.as_ref().filter(|replay| replay.number == number);
                let came = came.map_or(0, |replay| replay.through);
                let detail = format!("a replay up to {through} is under way, and has come to {came}");
                return Err(Problem::new(ProblemKind::ReplayUnderWay, detail));
            }
            let number = last.map_or(1, |last| last.number + 1);
            subscription.replay = Some(Replay { number, after, through });
            if let Some(found) = self.rewritten(found).await? {
                return Ok(self.show(&found).await?.with_status(202));
            }
        }
    }

    /// What a patch makes of terms; every mistake at once.
    async fn patched(&self, before: &Terms, patch: &Value, who: &Principal) -> Result<Terms, Problem> {
        let (read, mut mistakes) = match before.patched(patch, who, &self.levels) {
            Ok(terms) => (Some(terms), vec![]),
            Err(mistakes) => (None, mistakes),
        };
        let channel = read.as_ref().map_or_else(|| patch["channel"].clone(), |terms| json!(terms.channel));
        if read.as_ref().is_none_or(|terms| terms.channel != before.channel) {
            mistakes.extend(self.unreachable(&channel).await);
        }
        read.filter(|_| mistakes.is_empty()).ok_or_else(|| Problem::invalid(mistakes))
    }

    /// Writes what was changed behind what was found; none: somebody was quicker.
    async fn rewritten(&self, mut found: Found) -> Result<Option<Found>, Problem> {
        let now = self.clock.now();
        found.stored.subscription.changed = now;
        found.stored.keys.retain(|key| holds(key, now));
        match self.store.write(&found.stored, found.revision).await {
            Ok(revision) => Ok(Some(Found { revision, ..found })),
            Err(StoreError::Changed) => Ok(None),
            Err(error) => Err(unwritten(error)),
        }
    }
}

/// Refuses what is done to webhooks alone.
pub(super) fn not_of_a_feed(found: &Found, why: &str) -> Result<(), Problem> {
    match found.stored.subscription.channel {
        Channel::Webhook { .. } => Ok(()),
        Channel::Feed { .. } => Err(Problem::invalid(vec![super::mistake("", why)])),
    }
}

fn holds(key: &SigningKey, now: Timestamp) -> bool {
    key.until.is_none_or(|until| now < until)
}
