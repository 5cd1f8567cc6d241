//! A log in memory, in place of the read model: readers of the level of an event see it.

use std::sync::Mutex;
use std::time::Duration;

use contract::following::Follow;
use contract::{Ask, Facets, Principal, Problem, ProblemKind, Query};
use domain::{Aggregate, Subject, event_uid};
use serde_json::{Value, json};
use service::Reply;
use tokio::sync::Notify;
use tokio::time::timeout;
use uuid::Uuid;

#[derive(Default)]
pub(crate) struct Log {
    events: Mutex<Vec<Event>>,
    more: Notify,
}

#[derive(Clone)]
struct Event {
    kind: String,
    facets: Facets,
    json: Value,
    /// Nobody may see it any more.
    is_hidden: bool,
    /// What it sets right.
    recalls: Vec<u64>,
}

/// Where everything is recorded.
pub(crate) fn subject() -> Subject {
    Subject { aggregate: Aggregate::Engagement, id: Uuid::from_u128(7) }
}

/// Which event stands at a position.
pub(crate) fn uid(position: u64) -> Uuid {
    event_uid("urn:agency:pk", &position.to_string())
}

impl Log {
    /// Records an event of a party under a marking.
    pub(crate) fn record(&self, party: &str, marking: &str) {
        self.record_recalling(party, marking, &[]);
    }

    /// Records an event of a party under a marking that sets these right.
    pub(crate) fn record_recalling(&self, party: &str, marking: &str, recalls: &[u64]) {
        let mut events = self.events.lock().unwrap();
        let position = events.len() + 1;
        let kind = "chancery.engagement.held.v1".to_owned();
        let json = json!({
            "specversion": "1.0", "id": position.to_string(), "source": "urn:agency:pk", "type": kind,
            "subject": subject(), "recordedtime": "2026-01-02T03:04:05Z", "data": {"kind": "call"},
        });
        let facets =
            Facets { parties: vec![party.to_owned()], marking: marking.to_owned(), ..Facets::default() };
        events.push(Event { kind, facets, json, is_hidden: false, recalls: recalls.to_vec() });
        drop(events);
        self.more.notify_waiters();
    }

    /// Records as many events that everybody may see.
    pub(crate) fn record_many(&self, count: usize) {
        (0..count).for_each(|_| self.record("CA", "OFFICIAL"));
    }

    /// Nobody may see the event at a position any more; it is another event that says so.
    pub(crate) fn hide(&self, position: usize) {
        self.events.lock().unwrap()[position - 1].is_hidden = true;
        self.record("CA", "OFFICIAL");
    }

    fn end(&self) -> u64 {
        self.events.lock().unwrap().len() as u64
    }

    /// As a read model answers.
    pub(crate) async fn answer(&self, question: &[u8]) -> Reply {
        let Ask { min_position, query: Query::Follow(follow), .. } =
            serde_json::from_slice(question).unwrap()
        else {
            panic!("notifiers ask for nothing else")
        };
        if follow.after.is_some_and(|after| after > self.end()) {
            return Problem::new(ProblemKind::InvalidQuery, "there is no such position").into();
        }
        let come = async {
            loop {
                let more = self.more.notified();
                if self.end() >= min_position {
                    return;
                }
                more.await;
            }
        };
        if timeout(Duration::from_millis(300), come).await.is_err() {
            return Problem::new(ProblemKind::NotYet, "it has not come yet").into();
        }
        self.told(&follow)
    }

    fn told(&self, follow: &Follow) -> Reply {
        let events = self.events.lock().unwrap();
        let end = events.len() as u64;
        let after = follow.after.unwrap_or(end);
        let limit = follow.limit.clamp(1, 100) as usize;
        let behind = (1_u64..).zip(events.iter()).filter(|(position, _)| *position > after);
        let looked = behind.take(limit).collect::<Vec<_>>();
        let through = looked.last().map_or(end, |(position, _)| *position);
        let unsettles = looked.iter().any(|(position, _)| {
            // Whatever is hidden, an event later than all before it has said so.
            *position == end && events.iter().any(|event| event.is_hidden)
        });
        let told = looked.into_iter().filter(|(_, event)| {
            follow.filter.admits(&subject(), &event.kind, &event.facets) || !event.recalls.is_empty()
        });
        let told = told.map(|(position, event)| {
            let sees = |reader: &Principal| {
                let level = event.facets.marking.split("//").next().unwrap();
                !event.is_hidden && (level == "OFFICIAL" || reader.level == level)
            };
            let seen = follow.readers.iter().map(|reader| sees(reader).then_some(0)).collect::<Vec<_>>();
            let recalls = event.recalls.iter().map(|position| {
                let Event { kind, facets, .. } = &events[usize::try_from(*position).unwrap() - 1];
                json!({"position": position, "uid": uid(*position), "type": kind, "facets": facets})
            });
            json!({"position": position, "subject": subject(), "type": event.kind, "facets": event.facets,
                "forms": [event.json], "seen": seen, "recalls": recalls.collect::<Vec<_>>()})
        });
        let told = told.collect::<Vec<_>>();
        let answer = json!({"through": through, "unsettles": unsettles, "events": told});
        Reply::ok(answer.to_string()).at(through)
    }
}
