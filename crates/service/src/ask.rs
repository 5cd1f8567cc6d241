//! Asking another service over NATS.

use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, HeaderMap, RequestErrorKind};
use bytes::Bytes;
use contract::{Problem, ProblemKind, headers};

use crate::Reply;

/// How much longer the asker waits than it says, so that a refusal made at the deadline still arrives.
const GRACE: Duration = Duration::from_millis(250);

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nothing was sent: this process is not connected.
    #[error("not connected to NATS")]
    NotConnected,
    /// Nobody answers on the subject; nothing was done.
    #[error("nobody answers on {subject}")]
    NoResponders {
        /// The subject.
        subject: String,
    },
    /// The request is larger than the server takes; nothing was sent.
    #[error("the request is larger than NATS takes")]
    TooLarge,
    /// No reply came in time. The work may have been done.
    #[error("no reply on {subject} within {within:?}")]
    TimedOut {
        /// The subject.
        subject: String,
        /// How long it was waited.
        within: Duration,
    },
    /// The connection failed. The work may have been done.
    #[error("the request on {subject} was lost")]
    Lost {
        /// The subject.
        subject: String,
        /// Why.
        source: async_nats::RequestError,
    },
}

impl AskError {
    /// Whether trying again can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        !matches!(self, Self::TooLarge)
    }

    /// Whether the work may have been done all the same.
    #[must_use]
    pub const fn is_ambiguous(&self) -> bool {
        matches!(self, Self::TimedOut { .. } | Self::Lost { .. })
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        let (kind, detail) = match error {
            AskError::TooLarge => (ProblemKind::TooLarge, "the request is larger than the register takes"),
            AskError::NotConnected | AskError::NoResponders { .. } => {
                (ProblemKind::Unavailable, "the part of the register that answers this is not there")
            }
            AskError::TimedOut { .. } | AskError::Lost { .. } => {
                (ProblemKind::Unavailable, "the register did not answer in time")
            }
        };
        Self::new(kind, detail)
    }
}

/// Sends a request and waits for its reply; a refusal is a reply too.
///
/// # Errors
/// [`AskError`] when no reply comes within the time.
pub async fn ask(
    client: &Client,
    subject: &'static str,
    body: Bytes,
    within: Duration,
    request_id: &str,
) -> Result<Reply, AskError> {
    // A request made now would lie in the client's queue and be sent when nobody waits for it any more.
    if client.connection_state() != State::Connected {
        return Err(AskError::NotConnected);
    }
    let mut map = HeaderMap::new();
    map.insert(headers::WITHIN_MS, within.as_millis().to_string());
    map.insert(headers::REQUEST_ID, request_id);
    let request = async_nats::Request::new().payload(body).headers(map).timeout(Some(within + GRACE));
    let reply = client.send_request(subject, request).await;
    reply.map(Reply::read).map_err(|source| {
        let subject = subject.to_owned();
        match source.kind() {
            RequestErrorKind::NoResponders => AskError::NoResponders { subject },
            RequestErrorKind::TimedOut => AskError::TimedOut { subject, within },
            RequestErrorKind::MaxPayloadExceeded => AskError::TooLarge,
            RequestErrorKind::InvalidSubject | RequestErrorKind::Other => AskError::Lost { subject, source },
        }
    })
}
