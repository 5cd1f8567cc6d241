//! Trying a subscription out: one message that is no event, signed and sent as any other.

use std::time::Duration;

use contract::{Principal, Problem};
use serde::Serialize;
use serde_json::json;
use service::{Reply, Request};
use tokio::time::timeout;
use uuid::Uuid;
use webhook::Meaning;

use super::Managing;
use super::alter::not_of_a_feed;
use super::shown::reply;
use crate::worker::{Sent, send};

/// Left of the time in which it is answered, so that whoever asks still hears.
const FOR_THE_REPLY: Duration = Duration::from_millis(500);

/// What became of it.
#[derive(Serialize)]
struct Tried {
    webhook_id: String,
    delivered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    took_ms: u128,
    /// The beginning of the answer, or why there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<String>,
}

impl Managing {
    /// Sends a message of the type `test` now, once. It stands in no journal, and changes nothing.
    pub(crate) async fn test(&self, who: &Principal, id: Uuid, request: &Request) -> Result<Reply, Problem> {
        let found = self.find(who, id).await?;
        not_of_a_feed(&found, "a feed takes events alone")?;
        let (now, webhook_id) = (self.clock.now(), format!("msg_{}", Uuid::now_v7().simple()));
        let body = json!({"type": "test", "timestamp": now, "data": {"subscription": id}}).to_string();
        let within = request.remaining().saturating_sub(FOR_THE_REPLY);
        let sent = send(&self.poster, &found.stored, (&webhook_id, body.into()), now);
        let tried = match request.aside(timeout(within, sent)).await? {
            Ok(Sent { meaning, status, response, took, .. }) => Tried {
                webhook_id,
                delivered: meaning == Meaning::Delivered,
                status,
                took_ms: took.as_millis(),
                response,
            },
            Err(_) => Tried {
                webhook_id,
                delivered: false,
                status: None,
                took_ms: within.as_millis(),
                response: Some(format!("no answer within {:.1} s", within.as_secs_f64())),
            },
        };
        reply(&tried)
    }
}
