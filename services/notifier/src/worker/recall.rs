//! What sets right what a subscriber received is sent to them, whatever their filter; of what they may not see, which
//! events it sets right.

use std::time::Duration;

use contract::delivery::Received;
use contract::subscription::Stored;
use following::{Heard, Recall, Shown};

use super::body::Event;
use super::{Leave, Worker};

/// How long to wait until it is known what the subscriber received.
const KNOWING: Duration = Duration::from_secs(10);

/// What is heard in one place of the log.
pub(super) enum Item {
    /// Something that is wanted; none: it is no event that could be told from others.
    Wanted(u64, Option<Event>),
    /// Something for those who received what it sets right; none: nothing more may be said of it.
    Recall(u64, Vec<Received>, Option<Event>),
}

impl Item {
    pub(super) fn of(heard: Heard<'_, Box<str>>) -> Self {
        let event = |shown: &Shown<'_, Box<str>>| Event::of(shown);
        match heard {
            Heard::Wanted(shown) => Self::Wanted(shown.position, event(&shown)),
            Heard::Recall(Recall { position, recalls, shown }) => {
                let recalls = recalls.iter();
                let recalls = recalls
                    .map(|recalled| Received { event: recalled.uid, position: recalled.position })
                    .collect();
                Self::Recall(position, recalls, shown.as_ref().and_then(event))
            }
        }
    }

    pub(super) const fn position(&self) -> u64 {
        match self {
            Self::Wanted(position, _) | Self::Recall(position, ..) => *position,
        }
    }

    pub(super) const fn wanted(&self) -> Option<&Event> {
        match self {
            Self::Wanted(_, event) => event.as_ref(),
            Self::Recall(..) => None,
        }
    }
}

/// What is to be done about an item.
pub(super) enum Turn {
    Send(Box<Event>),
    /// It is not for this subscriber.
    Pass,
    /// It cannot be said now.
    Later,
}

impl Worker {
    /// What is to be sent, once everything before it is on record.
    pub(super) async fn turn(&mut self, stored: &Stored, item: Item) -> Result<Turn, Leave> {
        let (position, recalls, event) = match item {
            Item::Wanted(_, Some(event)) => return Ok(Turn::Send(Box::new(event))),
            Item::Wanted(position, None) => {
                tracing::warn!(position, "what is no event is delivered to nobody");
                return Ok(Turn::Pass);
            }
            Item::Recall(position, recalls, event) => (position, recalls, event),
        };
        self.settle().await?;
        let deliveries = self.parts.deliveries.clone();
        let positions = recalls.iter().map(|recalled| recalled.position).collect();
        let received = deliveries.received(self.id, self.book.last(), positions, KNOWING);
        let received = match self.attempting(received).await? {
            Ok(received) => received,
            Err(problem) => {
                let detail = problem.detail;
                tracing::warn!(subscription = %self.id, detail, "it is not known what was received");
                return Ok(Turn::Later);
            }
        };
        let recalls = recalls.into_iter().filter(|recalled| received.contains(&recalled.position));
        let recalls = recalls.collect::<Vec<_>>();
        if recalls.is_empty() {
            return Ok(Turn::Pass);
        }
        let event = match event {
            Some(event) => event.recalling(recalls),
            None => Event::notice(position, recalls, self.now()),
        };
        if !self.is_logged(stored, &[&event]).await? {
            return Ok(Turn::Later);
        }
        Ok(Turn::Send(Box::new(event)))
    }

    /// Waits until everything that was attempted is on record.
    async fn settle(&mut self) -> Result<(), Leave> {
        while !self.book.is_written() {
            tokio::select! {
                driven = self.book.drive() => driven?,
                () = self.stop.cancelled() => return Err(Leave::Stopped),
            }
        }
        Ok(())
    }
}
