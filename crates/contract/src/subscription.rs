//! Subscriptions: who is told of which events, by which channel, and what is asked of notifiers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::following::Filter;
use crate::{Paging, Principal};

mod read;

/// A subscription as its owner set it up, without what is secret.
///
/// How far it has come is not here but in its [`State`](crate::delivery::State).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Which one.
    pub id: Uuid,
    /// What its owner calls it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The agency that it belongs to; whoever manages subscriptions of that agency may change it.
    pub owner: String,
    /// Where events go.
    pub channel: Channel,
    /// Which events.
    #[serde(default)]
    pub filter: Filter,
    /// What is sent of an event.
    #[serde(default)]
    pub payload: Payload,
    /// Only what is recorded behind this position is told, unless a replay is asked for.
    pub after: u64,
    /// Its owner wants it to rest: nothing is sent, and nothing is lost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// How often its owner has set it going again: this ends a pause that the register made.
    #[serde(default)]
    pub resumed: u32,
    /// The last replay that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
    /// When it was set up.
    pub created: Timestamp,
    /// By whom: the subject of the token.
    pub created_by: String,
    /// When its owner changed it last.
    pub changed: Timestamp,
}

/// Where events go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Channel {
    /// To an address over HTTP, signed (Standard Webhooks 1.0).
    Webhook {
        /// `https://…`.
        url: url::Url,
    },
    /// Into a stream that the agency reads with a NATS credential of its own.
    Feed {
        /// For how many days events stay there.
        days: u16,
    },
}

/// What is sent of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    /// The event, as the subscriber may see it.
    #[default]
    Full,
    /// Where it is, and of which type; the subscriber asks for the rest.
    Thin,
}

/// Telling again what was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// The how-many-th of this subscription, from 1.
    pub number: u32,
    /// Events behind this position …
    pub after: u64,
    /// … up to this one.
    pub through: u64,
}

/// A subscription as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stored {
    /// What its owner sees.
    #[serde(flatten)]
    pub subscription: Subscription,
    /// What its owner may see: [cleared](Principal::cleared), as of when it was set up or changed.
    pub reader: Principal,
    /// What deliveries are signed with, all of them that hold.
    #[serde(default)]
    pub keys: Vec<SigningKey>,
}

/// A key that deliveries are signed with.
#[derive(Clone, Serialize, Deserialize)]
pub struct SigningKey {
    /// `whsec_…` or `whsk_…`.
    pub secret: String,
    /// Until when it signs beside its successor; none: it is the present one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What secrets are, nobody reads in a log.
impl std::fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SigningKey").field("until", &self.until).finish_non_exhaustive()
    }
}

/// What deliveries are signed by (Standard Webhooks 1.0).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// HMAC with SHA-256, `v1`: both sides hold the secret.
    #[default]
    V1,
    /// Ed25519, `v1a`: the receiver holds the public key.
    V1a,
}

/// What a notifier is asked. What is not the caller's agency's is not found.
///
/// What an owner has written comes as it was written: the notifier names every mistake in it, those that only it can
/// find included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Subscribing {
    /// Set one up.
    Create {
        /// [`Wanted`].
        wanted: Value,
    },
    /// Those of the agency.
    List(Paging),
    /// One, with how it does.
    Get {
        /// Which.
        id: Uuid,
    },
    /// Change what is named.
    Change {
        /// Which.
        id: Uuid,
        /// As it stood when the owner last looked: another is refused.
        revision: Option<u64>,
        /// A merge patch (RFC 7396) of its [`Terms`]. `paused: false` also ends a pause that the register made.
        patch: Value,
    },
    /// End it. What was delivered stays on record.
    Delete {
        /// Which.
        id: Uuid,
        /// As it stood when the owner last looked.
        revision: Option<u64>,
    },
    /// Sign with a new key from now on, and with the old ones for a while.
    Rotate {
        /// Which.
        id: Uuid,
        /// As it stood when the owner last looked.
        revision: Option<u64>,
        /// [`Rotation`].
        wanted: Value,
    },
    /// Send something that is no event, now, and say what became of it.
    Test {
        /// Which.
        id: Uuid,
    },
    /// Tell again what is behind a position, up to another.
    Replay {
        /// Which.
        id: Uuid,
        /// Behind this position.
        after: u64,
        /// Up to this one; none: all that there is now.
        through: Option<u64>,
    },
    /// What was sent and what became of it, the latest first.
    Deliveries(Deliveries),
    /// Who received an event. For auditors.
    Recipients {
        /// Where it stands in the log.
        position: u64,
        /// Which page.
        #[serde(flatten)]
        page: Paging,
    },
}

/// What the owner of a subscription decides, and may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What its owner calls it.
    pub name: String,
    /// Where events go; what sort of channel that is stays.
    pub channel: Channel,
    /// Which events.
    pub filter: Filter,
    /// What is sent of an event.
    pub payload: Payload,
    /// Whether it rests.
    pub paused: bool,
}

/// A subscription to be set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// What its owner may change later.
    #[serde(flatten)]
    pub terms: Terms,
    /// By what deliveries are signed.
    pub scheme: Scheme,
    /// Behind which position it begins; none: from now on.
    pub after: Option<u64>,
}

/// How keys change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// By which scheme the new one signs; none: as before.
    pub scheme: Option<Scheme>,
    /// For how many seconds the old ones sign, too.
    pub overlap: u32,
}

/// What is to be told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// By places in the log.
    Positions {
        /// Behind this one.
        after: u64,
        /// Up to this one; none: all that there is now.
        through: Option<u64>,
    },
    /// By when it was recorded.
    Times {
        /// From this time on.
        from: Timestamp,
        /// Up to this one; none: all that there is now.
        until: Option<Timestamp>,
    },
}

/// Attempts of a subscription that meet every filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliveries {
    /// Which subscription.
    pub id: Uuid,
    /// Only those of this outcome: `delivered`, `failed`, `dead`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<crate::delivery::Outcome>,
    /// Only those of this event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Uuid>,
    /// Which page.
    #[serde(flatten)]
    pub page: Paging,
}
