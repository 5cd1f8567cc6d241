//! What is sent of an event.

use std::borrow::Cow;

use contract::following::short;
use contract::subscription::Payload;
use domain::{Subject, event_uid};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// An event that is to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// Its place in the log.
    pub(crate) position: u64,
    /// The record it belongs to.
    pub(crate) subject: Subject,
    /// Its type in full.
    pub(crate) kind: String,
    /// Which one it is.
    pub(crate) uid: Uuid,
    /// When it was recorded, as the event says it.
    recorded: String,
    /// As the subscriber may see it.
    json: Box<str>,
    /// Its marking, if that restricts anything.
    pub(crate) marking: Option<domain::Marking>,
}

#[derive(Deserialize)]
struct Named<'e> {
    #[serde(borrow)]
    source: Cow<'e, str>,
    #[serde(borrow)]
    id: Cow<'e, str>,
    #[serde(borrow)]
    recordedtime: Cow<'e, str>,
}

#[derive(Serialize)]
struct Body<'e> {
    #[serde(rename = "type")]
    kind: &'e str,
    timestamp: &'e str,
    data: Data<'e>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'e> {
    Full { uid: Uuid, position: u64, event: &'e RawValue },
    Thin { uid: Uuid, position: u64, subject: String, href: String },
}

impl Event {
    /// Of what a follower was shown; none: it is no event that can be told apart from others.
    pub(crate) fn of(shown: &following::Shown<'_, Box<str>>) -> Option<Self> {
        let named = serde_json::from_str::<Named<'_>>(shown.form).ok()?;
        Some(Self {
            position: shown.position,
            subject: shown.subject,
            kind: shown.kind.to_owned(),
            uid: event_uid(&named.source, &named.id),
            recorded: named.recordedtime.into_owned(),
            json: shown.form.clone(),
            marking: shown.marking.cloned(),
        })
    }

    /// The event as the subscriber may see it.
    pub(crate) fn json(&self) -> &str {
        &self.json
    }

    /// What is sent with it, and again with each retry and each replay.
    pub(crate) fn webhook_id(&self, subscription: Uuid) -> String {
        format!("msg_{}", Uuid::new_v5(&subscription, self.uid.as_bytes()).simple())
    }

    /// What is sent of it.
    pub(crate) fn body(&self, payload: Payload) -> Vec<u8> {
        let Self { uid, position, .. } = *self;
        let data = match payload {
            Payload::Full => {
                let event = serde_json::from_str(&self.json).expect("it was read as JSON");
                Data::Full { uid, position, event }
            }
            Payload::Thin => {
                let (subject, href) = (self.subject.to_string(), format!("/v1/events/{uid}"));
                Data::Thin { uid, position, subject, href }
            }
        };
        let body = Body { kind: short(&self.kind), timestamp: &self.recorded, data };
        serde_json::to_vec(&body).expect("texts and numbers are JSON")
    }
}
