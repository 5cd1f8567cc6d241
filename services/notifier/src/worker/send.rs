//! One attempt to tell a subscriber something.

use std::time::Duration;

use bytes::Bytes;
use contract::subjects;
use contract::subscription::{Channel, Stored};
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};
use jiff::Timestamp;
use url::Url;
use webhook::{Meaning, Message, MessageId, Poster, SigningKey};

/// What became of it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) meaning: Meaning,
    pub(crate) status: Option<u16>,
    /// The beginning of the answer, or why there was none.
    pub(crate) response: Option<String>,
    /// For how long the receiver wants to be left in peace.
    pub(crate) peace: Option<Duration>,
    pub(crate) took: Duration,
}

impl Sent {
    /// It is where it was to be, over no HTTP.
    pub(super) const fn there(took: Duration) -> Self {
        Self { meaning: Meaning::Delivered, status: None, response: None, peace: None, took }
    }

    /// It could not even be attempted.
    pub(super) const fn not(why: String) -> Self {
        Self {
            meaning: Meaning::Failed,
            status: None,
            response: Some(why),
            peace: None,
            took: Duration::ZERO,
        }
    }
}

/// Sends a body that is no event, with its id, to where a subscription says.
pub(crate) async fn send(
    poster: &Poster,
    stored: &Stored,
    (id, body): (&str, Bytes),
    now: Timestamp,
) -> Sent {
    match &stored.subscription.channel {
        Channel::Webhook { url } => post(poster, stored, url, (id, body), now).await,
        Channel::Feed { .. } => Sent::not("a feed takes events alone".to_owned()),
    }
}

/// Posts a body, signed by the keys that hold now.
pub(super) async fn post(
    poster: &Poster,
    stored: &Stored,
    url: &Url,
    (id, body): (&str, Bytes),
    now: Timestamp,
) -> Sent {
    let signed = id.parse::<MessageId>().map_err(|error| error.to_string()).and_then(|id| {
        let keys = keys(stored, now)?;
        Ok(Message { id: &id, at: now, body: &body }.headers(&keys))
    });
    let mut headers: HeaderMap = match signed {
        Ok(headers) => headers,
        Err(why) => return Sent::not(format!("it cannot be signed: {why}")),
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let attempt = poster.post(url, headers, body).await;
    let (meaning, took) = (attempt.meaning(), attempt.took);
    match attempt.answer {
        Ok(answer) => Sent {
            meaning,
            status: Some(answer.status.as_u16()),
            response: Some(answer.excerpt).filter(|text| !text.is_empty()),
            peace: answer.retry_after.map(|after| after.wait(now)),
            took,
        },
        Err(failure) => {
            Sent { meaning, status: None, response: Some(failure.to_string()), peace: None, took }
        }
    }
}

/// The keys that hold now; one at least.
fn keys(stored: &Stored, now: Timestamp) -> Result<Vec<SigningKey>, String> {
    let holds = stored.keys.iter().filter(|key| key.until.is_none_or(|until| now < until));
    let keys = holds.map(|key| key.secret.parse::<SigningKey>().map_err(|error| error.to_string()));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() { Err("no key holds".to_owned()) } else { Ok(keys) }
}

/// Where a subscription's events go, as the log of reads tells it.
pub(crate) fn address(stored: &Stored) -> String {
    match &stored.subscription.channel {
        Channel::Webhook { url } => format!("POST {url}"),
        Channel::Feed { .. } => subjects::feed(stored.subscription.id),
    }
}
