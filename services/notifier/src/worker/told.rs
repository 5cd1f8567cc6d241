//! What an attempt leads to.

use std::time::Duration;

use contract::delivery::{Attempt, Because, HaltReason, Halted, Outcome, Pending, Recipient};
use contract::subscription::{Channel, Stored};
use jiff::Timestamp;
use tokio::time::Instant;
use webhook::Meaning;

use super::body::Event;
use super::feed;
use super::send::{self, Sent};
use super::{Leave, PAUSE, Track, Worker};

impl Worker {
    /// Attempts to deliver an event, and notes what became of it. False: it is not over with it.
    pub(super) async fn deliver(
        &mut self,
        stored: &Stored,
        event: &Event,
        track: Track,
    ) -> Result<bool, Leave> {
        let pending = match track {
            Track::Live => self.book.state.pending.as_ref(),
            Track::Replay { .. } => self.again.as_ref(),
        };
        let before = pending.filter(|pending| pending.position == event.position);
        let number = before.map_or(0, |pending| pending.attempts) + 1;
        let (id, time) = (event.webhook_id(self.id), self.now());
        let sent = self.send(stored, event, &id, time).await?;
        let outcome = self.judge(stored, event.position, (number, &sent), track);
        let attempt = Attempt {
            webhook_id: id,
            event: event.uid,
            position: event.position,
            kind: event.kind.clone(),
            number,
            time,
            took_ms: u32::try_from(sent.took.as_millis()).unwrap_or(u32::MAX),
            outcome,
            status: sent.status,
            response: sent.response,
            because: match (event.because, track) {
                (Some(Because::Notice), _) | (_, Track::Live) => event.because,
                (_, Track::Replay { .. }) => Some(Because::Replay),
            },
            recalls: event.recalls.clone(),
        };
        self.book.note(Recipient::of(stored), attempt);
        Ok(outcome != Outcome::Failed)
    }

    /// Sends an event to where the subscription says.
    async fn send(
        &mut self,
        stored: &Stored,
        event: &Event,
        id: &str,
        time: Timestamp,
    ) -> Result<Sent, Leave> {
        let payload = stored.subscription.payload;
        match &stored.subscription.channel {
            Channel::Webhook { url } => {
                let (poster, body) = (self.parts.poster.clone(), event.body(payload).into());
                self.attempting(send::post(&poster, stored, url, (id, body), time)).await
            }
            Channel::Feed { days } => {
                let (mut feed, client) = (self.feed.take(), self.parts.shell.client.clone());
                let began = Instant::now();
                let copied = feed::copy(&mut feed, client, (self.id, *days), (event, id, payload));
                let copied = self.attempting(copied).await?;
                self.feed = feed;
                Ok(match copied {
                    Ok(()) => Sent::there(began.elapsed()),
                    Err(error) => Sent::not(error.to_string()),
                })
            }
        }
    }

    /// How the subscription stands after an attempt.
    fn judge(
        &mut self,
        stored: &Stored,
        position: u64,
        (number, sent): (u32, &Sent),
        track: Track,
    ) -> Outcome {
        let now = self.now();
        if sent.meaning == Meaning::Delivered {
            self.pend(track, None);
            self.book.state.failing_since = None;
            self.book.state.delivered += 1;
            self.passed(position, track);
            return Outcome::Delivered;
        }
        let since = *self.book.state.failing_since.get_or_insert(now);
        if matches!(stored.subscription.channel, Channel::Feed { .. }) {
            // It is the register that fails, and it does not give up.
            let next = now.saturating_add(PAUSE).unwrap_or(Timestamp::MAX);
            self.pend(track, Some(Pending { position, attempts: number, next }));
            return Outcome::Failed;
        }
        let halt = match sent.meaning {
            Meaning::Gone => {
                Some((HaltReason::Gone, "the endpoint answered 410: it wants nothing more".to_owned()))
            }
            _ if failed_for(since, now) >= self.parts.pause_after => {
                Some((HaltReason::Failing, format!("nothing was delivered since {since}")))
            }
            _ => None,
        };
        if let Some((reason, detail)) = halt {
            tracing::warn!(subscription = %self.id, owner = stored.subscription.owner, detail, "a subscription is halted");
            let resumed = stored.subscription.resumed;
            self.book.state.halted = Some(Halted { at: now, reason, detail, resumed });
            self.pend(track, None);
            return Outcome::Failed;
        }
        let failed = usize::try_from(number).unwrap_or(usize::MAX);
        let random = u32::try_from(following::random(u64::from(u32::MAX))).unwrap_or_default();
        match self.parts.schedule.wait(failed, sent.meaning, sent.peace, random) {
            Some(wait) => {
                let next = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
                self.pend(track, Some(Pending { position, attempts: number, next }));
                Outcome::Failed
            }
            None => {
                self.pend(track, None);
                self.book.state.dead += 1;
                self.passed(position, track);
                Outcome::Dead
            }
        }
    }

    fn pend(&mut self, track: Track, pending: Option<Pending>) {
        match track {
            Track::Live => self.book.state.pending = pending,
            Track::Replay { .. } => self.again = pending,
        }
    }
}

/// For how long it has failed.
fn failed_for(since: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(since)).unwrap_or_default()
}
