//! How a subscription stands, in the journal of deliveries.
//!
//! What became of attempts is written in lines, each with the state that it leads to, and only behind the last line that
//! is known. A line says what has become known within a tenth of a second; while one is on its way, delivering goes on,
//! up to a limit. So a notifier that dies repeats some deliveries, with the ids that they had, and omits none.

use std::time::Duration;

use bytes::Bytes;
use contract::delivery::{Attempt, Line, Outcome, Recipient, State};
use contract::subjects;
use eventlog::{Error, Ledger, LedgerError};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

/// How long what is known may wait for more.
const GATHERING: Duration = Duration::from_millis(100);

/// How many attempts may wait to be written; then delivering waits.
const MOST: usize = 200;

/// After how many events that were for somebody else it is written how far it has come.
const STRIDE: u64 = 4_096;

/// Before the next try to write a line.
const PAUSE: Duration = Duration::from_millis(250);

/// Another has written: this notifier does not deliver for the subscription any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("another notifier delivers for the subscription")]
pub(crate) struct Fenced;

pub(crate) struct Book {
    ledger: Ledger,
    subject: String,
    /// The place of the last line.
    last: u64,
    /// How it stands, with what is not written yet.
    pub(crate) state: State,
    /// Up to where it stands in the last line.
    written: u64,
    attempts: Vec<Attempt>,
    /// To whom they were sent.
    to: Option<Recipient>,
    /// When what waits is written; none: nothing does.
    due: Option<Instant>,
    flight: Option<JoinHandle<Result<u64, Fenced>>>,
}

impl Book {
    /// How a subscription stands, that begins behind `after`.
    ///
    /// # Errors
    /// When the journal does not answer.
    pub(crate) async fn open(ledger: Ledger, id: Uuid, after: u64) -> Result<Self, Error> {
        let subject = subjects::deliveries(id);
        let found = ledger.last(&subject).await?;
        let last = found.as_ref().map_or(0, |(place, _)| *place);
        let line = found.and_then(|(_, line)| match serde_json::from_slice::<Line>(&line) {
            Ok(line) => Some(line),
            Err(error) => {
                tracing::error!(subscription = %id, %error, "the last line of a subscription cannot be read");
                None
            }
        });
        let state = line.map_or_else(|| State { through: after, ..State::default() }, |line| line.state);
        let written = state.through;
        Ok(Self {
            ledger,
            subject,
            last,
            state,
            written,
            attempts: Vec::new(),
            to: None,
            due: None,
            flight: None,
        })
    }

    /// Takes an attempt to reach somebody, and what it leads to.
    pub(crate) fn note(&mut self, to: Recipient, attempt: Attempt) {
        self.to = Some(to);
        let gathers = attempt.outcome == Outcome::Delivered;
        self.attempts.push(attempt);
        self.is_due(if gathers { GATHERING } else { Duration::ZERO });
    }

    /// The state has changed otherwise.
    pub(crate) fn changed(&mut self) {
        self.is_due(Duration::ZERO);
    }

    /// Nothing up to a position is for the subscriber.
    pub(crate) fn pass(&mut self, through: u64) {
        self.state.through = self.state.through.max(through);
        if self.state.through >= self.written + STRIDE {
            self.is_due(GATHERING);
        }
    }

    fn is_due(&mut self, within: Duration) {
        let due = Instant::now() + within;
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
    }

    /// The place of the last line that was written.
    pub(crate) const fn last(&self) -> u64 {
        self.last
    }

    /// Whether everything that was attempted is on record.
    pub(crate) fn is_written(&self) -> bool {
        self.attempts.is_empty() && self.flight.is_none()
    }

    /// Whether so much waits that nothing more is to be attempted.
    pub(crate) fn is_full(&self) -> bool {
        self.attempts.len() >= MOST
    }

    /// Writes what is due, a line at a time; with nothing to write it stays. It can be given up at any time.
    ///
    /// # Errors
    /// [`Fenced`].
    pub(crate) async fn drive(&mut self) -> Result<(), Fenced> {
        if let Some(flight) = &mut self.flight {
            let place = flight.await.unwrap_or(Err(Fenced));
            self.flight = None;
            self.last = place?;
            return Ok(());
        }
        match self.due {
            Some(due) => sleep_until(due).await,
            None => std::future::pending().await,
        }
        self.launch();
        Ok(())
    }

    /// Writes all there is.
    ///
    /// # Errors
    /// [`Fenced`].
    pub(crate) async fn close(&mut self) -> Result<(), Fenced> {
        if self.state.through != self.written || !self.attempts.is_empty() {
            self.changed();
        }
        while self.flight.is_some() || self.due.is_some() {
            self.drive().await?;
        }
        Ok(())
    }

    fn launch(&mut self) {
        self.due = None;
        self.written = self.state.through;
        let (state, to) = (self.state.clone(), self.to.take());
        let line = Line { state, to, attempts: std::mem::take(&mut self.attempts) };
        let line = Bytes::from(serde_json::to_vec(&line).expect("texts and numbers are JSON"));
        let appended = append(self.ledger.clone(), self.subject.clone(), self.last, line);
        self.flight = Some(tokio::spawn(appended));
    }
}

impl Drop for Book {
    fn drop(&mut self) {
        if let Some(flight) = &self.flight {
            flight.abort();
        }
    }
}

/// Writes a line, however long it takes; it is not known whether it was written before it is known that it is the last.
async fn append(ledger: Ledger, subject: String, after: u64, line: Bytes) -> Result<u64, Fenced> {
    loop {
        let in_doubt = match ledger.append(subject.clone(), after, line.clone()).await {
            Ok(place) => return Ok(place),
            Err(LedgerError::Overtaken) => true,
            Err(error @ LedgerError::Unacknowledged(_)) => {
                tracing::debug!(%error, subject, "a line of the journal is written again");
                false
            }
        };
        if in_doubt {
            match ledger.last(&subject).await {
                Ok(Some((place, last))) if last == line => return Ok(place),
                Ok(_) => return Err(Fenced),
                Err(error) => tracing::debug!(%error, subject, "the journal does not answer"),
            }
        }
        sleep(PAUSE).await;
    }
}
