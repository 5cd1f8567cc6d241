//! Lines of the journal of deliveries: what became of each attempt, and how far a subscription has come.
//!
//! The last line of a subscription is all that another notifier needs to go on with it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::subscription::{Channel, Stored};

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// How the subscription stands with this line.
    pub state: State,
    /// To whom it was sent; there wherever something was attempted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Recipient>,
    /// What was attempted since the line before, in the order in which it ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
}

/// Who receives what is sent for a subscription. It stands with the attempts, since subscriptions change and end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// Who set it up: the subject of the token.
    pub subject: String,
    /// The agency that it belongs to.
    pub agency: String,
    /// The party acted for.
    pub party: String,
    /// How it is sent: one of [`channel`].
    pub channel: String,
    /// To which host, if it goes to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// That somebody received an event, for those who ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Who; absent: it is not on record.
    #[serde(default, skip_serializing_if = "Option::is_none", flatten)]
    pub to: Option<Recipient>,
    /// For which subscription it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<Uuid>,
    /// By which request the stream was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Why, when not for the first time or not for what they want to hear of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<Because>,
}

/// By what somebody receives events.
pub mod channel {
    /// Posts to an address.
    pub const WEBHOOK: &str = "webhook";
    /// A stream of its own in NATS.
    pub const FEED: &str = "feed";
    /// Server-sent events.
    pub const STREAM: &str = "stream";
}

impl Recipient {
    /// Of a subscription as it is kept.
    #[must_use]
    pub fn of(stored: &Stored) -> Self {
        let Stored { subscription, reader, .. } = stored;
        let (channel, host) = match &subscription.channel {
            Channel::Webhook { url } => (channel::WEBHOOK, url.host_str().map(str::to_owned)),
            Channel::Feed { .. } => (channel::FEED, None),
        };
        Self {
            subject: subscription.created_by.clone(),
            agency: subscription.owner.clone(),
            party: reader.party.clone(),
            channel: channel.to_owned(),
            host,
        }
    }
}

/// How a subscription stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Every event up to this position was delivered, was given up, or is not for this subscriber.
    pub through: u64,
    /// The next event, once it was attempted in vain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// Since when nothing was delivered any more, though it was attempted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// Why the register sends nothing more, until its owner resumes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub halted: Option<Halted>,
    /// The replay that is under way, or was last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replayed>,
    /// How many events were delivered, over all time.
    #[serde(default)]
    pub delivered: u64,
    /// How many were given up.
    #[serde(default)]
    pub dead: u64,
}

/// An event that was attempted in vain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Where it stands in the log.
    pub position: u64,
    /// How often it was attempted.
    pub attempts: u32,
    /// When it is attempted next.
    pub next: Timestamp,
}

/// Why the register sends nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Halted {
    /// Since when.
    pub at: Timestamp,
    /// In one word, for programs.
    pub reason: HaltReason,
    /// In words, for the owner.
    pub detail: String,
    /// How often the subscription had been resumed by then: a higher number ends this.
    pub resumed: u32,
}

/// Why the register sends nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HaltReason {
    /// The endpoint answered 410: it wants nothing more.
    Gone,
    /// It has failed for days.
    Failing,
}

/// How far a replay has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    /// Which one.
    pub number: u32,
    /// Up to where it was told again.
    pub through: u64,
    /// Whether it is over.
    pub done: bool,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What is sent with it, and again with each retry: `msg_…`.
    pub webhook_id: String,
    /// Which event: its uid.
    pub event: Uuid,
    /// Where it stands in the log.
    pub position: u64,
    /// Its type in full.
    #[serde(rename = "type")]
    pub kind: String,
    /// The how-many-th attempt, from 1.
    pub number: u32,
    /// When it began.
    pub time: Timestamp,
    /// How many milliseconds it took.
    pub took_ms: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// The status of the answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The beginning of the answer, or why there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// Why it was sent, when not for the first time or not for its filter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<Because>,
    /// Of what was sent to set others right: those that the subscriber had received. A [notice](Because::Notice) names
    /// nothing else, and has the first of them as its event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recalls: Vec<Received>,
}

/// An event that a subscriber had received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Received {
    /// Its uid.
    pub event: Uuid,
    /// Where it stands in the log.
    pub position: u64,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The receiver has it.
    Delivered,
    /// It will be attempted again.
    Failed,
    /// It was the last attempt: the event is among the dead letters.
    Dead,
}

/// Why something was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// It was asked for again.
    Replay,
    /// It sets right what the subscriber had received, and is not for its filter.
    Recall,
    /// Something that the subscriber may not see sets right what it had received: it was told what that was.
    Notice,
}
