//! What is sent of an event.

use std::borrow::Cow;

use contract::delivery::{Because, Received};
use contract::following::short;
use contract::subscription::Payload;
use domain::{Subject, event_uid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// What a notice has as its type.
const NOTICE: &str = "recall";

/// An event that is to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// Its place in the log.
    pub(crate) position: u64,
    /// The record it belongs to; none: nothing may be said of that.
    pub(crate) subject: Option<Subject>,
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
    /// The uids of what it sets right.
    rights: Vec<Uuid>,
    /// What the subscriber had received of that, if it is sent because of that.
    pub(crate) recalls: Vec<Received>,
    /// Why it is sent, when not for the filter.
    pub(crate) because: Option<Because>,
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
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    recalls: &'e [Uuid],
    data: Data<'e>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'e> {
    Full { uid: Uuid, position: u64, event: &'e RawValue },
    Thin { uid: Uuid, position: u64, subject: Option<String>, href: String },
    Notice { recalls: &'e [Uuid] },
}

impl Event {
    /// Of what a follower was shown; none: it is no event that can be told apart from others.
    pub(crate) fn of(shown: &following::Shown<'_, Box<str>>) -> Option<Self> {
        let named = serde_json::from_str::<Named<'_>>(shown.form).ok()?;
        Some(Self {
            position: shown.position,
            subject: Some(shown.subject),
            kind: shown.kind.to_owned(),
            uid: event_uid(&named.source, &named.id),
            recorded: named.recordedtime.into_owned(),
            json: shown.form.clone(),
            marking: shown.marking.cloned(),
            rights: shown.recalls.iter().map(|recalled| recalled.uid).collect(),
            recalls: vec![],
            because: None,
        })
    }

    /// The same, because of what the subscriber had received.
    pub(crate) fn recalling(self, recalls: Vec<Received>) -> Self {
        let rights = recalls.iter().map(|recalled| recalled.event).collect();
        Self { rights, recalls, because: Some(Because::Recall), ..self }
    }

    /// That something at a position, which the subscriber may not see, sets right what they had received: nothing of it
    /// but that.
    pub(crate) fn notice(position: u64, recalls: Vec<Received>, now: Timestamp) -> Self {
        Self {
            position,
            subject: None,
            kind: NOTICE.to_owned(),
            uid: recalls.first().map(|recalled| recalled.event).unwrap_or_default(),
            recorded: now.to_string(),
            json: "{}".into(),
            marking: None,
            rights: recalls.iter().map(|recalled| recalled.event).collect(),
            recalls,
            because: Some(Because::Notice),
        }
    }

    /// Whether nothing may be said but which events are set right.
    pub(crate) fn is_notice(&self) -> bool {
        self.because == Some(Because::Notice)
    }

    /// The event as the subscriber may see it.
    pub(crate) fn json(&self) -> &str {
        &self.json
    }

    /// What is sent with it, and again with each retry and each replay.
    pub(crate) fn webhook_id(&self, subscription: Uuid) -> String {
        let id = match self.because {
            Some(Because::Notice) => {
                Uuid::new_v5(&subscription, format!("{NOTICE}:{}", self.position).as_bytes())
            }
            _ => Uuid::new_v5(&subscription, self.uid.as_bytes()),
        };
        format!("msg_{}", id.simple())
    }

    /// What is sent of it.
    pub(crate) fn body(&self, payload: Payload) -> Vec<u8> {
        let Self { uid, position, .. } = *self;
        let data = match payload {
            _ if self.is_notice() => Data::Notice { recalls: &self.rights },
            Payload::Full => {
                let event = serde_json::from_str(&self.json).expect("it was read as JSON");
                Data::Full { uid, position, event }
            }
            Payload::Thin => {
                let (subject, href) =
                    (self.subject.map(|subject| subject.to_string()), format!("/v1/events/{uid}"));
                Data::Thin { uid, position, subject, href }
            }
        };
        let recalls = if self.is_notice() { &[] } else { &*self.rights };
        let body = Body { kind: short(&self.kind), timestamp: &self.recorded, recalls, data };
        serde_json::to_vec(&body).expect("texts and numbers are JSON")
    }
}
