//! One record's events, many in one request: a batched direct get (ADR-31). `async-nats` reads one at a time.

use std::time::Duration;

use async_nats::{Client, HeaderValue, Message, StatusCode, Subscriber};
use contract::subjects::{self, STREAM};
use domain::Subject;
use futures_util::StreamExt;
use jiff::Timestamp;
use serde_json::json;
use tokio::time::timeout;

use crate::leader::Leader;
use crate::{Entry, Error, message};

/// Most records have fewer, and 256 of the longest are 16 MB.
const AT_ONCE: usize = 256;

/// Reads records from whichever replica answers; what it reads may be a moment old.
#[derive(Clone)]
pub(crate) struct Reader {
    client: Client,
    leader: Leader,
    /// How long to wait for the next message of an answer.
    timeout: Duration,
}

/// One answer: events, and whether there are more.
struct Page {
    entries: Vec<Entry>,
    is_last: bool,
}

impl Reader {
    pub(crate) const fn new(client: Client, leader: Leader, timeout: Duration) -> Self {
        Self { client, leader, timeout }
    }

    /// A record's events after a position, in order.
    pub(crate) async fn read(&self, subject: &Subject, after: u64) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        loop {
            let from = entries.last().map_or(after, |entry: &Entry| entry.position) + 1;
            let page = match self.direct(subject, from).await {
                Err(error) if error.is_transient() => {
                    tracing::debug!(%error, "no replica answers; asking the leader");
                    self.one_by_one(subject, from).await?
                }
                other => other?,
            };
            entries.extend(page.entries);
            if page.is_last {
                return Ok(entries);
            }
        }
    }

    /// As [`read`](Self::read); what is missing up to `reaching` comes from the leader.
    pub(crate) async fn read_reaching(
        &self,
        subject: &Subject,
        after: u64,
        reaching: u64,
    ) -> Result<Vec<Entry>, Error> {
        let mut entries = self.read(subject, after).await?;
        let last = entries.last().map_or(after, |entry| entry.position);
        if last < reaching {
            entries.extend(self.one_by_one(subject, last + 1).await?.entries);
        }
        Ok(entries)
    }

    async fn direct(&self, subject: &Subject, from: u64) -> Result<Page, Error> {
        let inbox = self.client.new_inbox();
        let mut answers = self.client.subscribe(inbox.clone()).await.map_err(Error::unavailable)?;
        let request = json!({ "seq": from, "next_by_subj": subjects::of_record(subject), "batch": AT_ONCE });
        let address = format!("$JS.API.DIRECT.GET.{STREAM}");
        let sent = self.client.publish_with_reply(address, inbox, request.to_string().into()).await;
        sent.map_err(Error::unavailable)?;
        self.collect(&mut answers).await
    }

    async fn collect(&self, answers: &mut Subscriber) -> Result<Page, Error> {
        let mut entries = Vec::<Entry>::new();
        loop {
            let answer = timeout(self.timeout, answers.next()).await.map_err(Error::unavailable)?;
            let answer = answer.ok_or_else(|| Error::unavailable("the connection is closed"))?;
            let last = entries.last().map_or(0, |entry| entry.position);
            match answer.status {
                None => {}
                Some(StatusCode::NOT_FOUND) => return Ok(Page { entries, is_last: true }),
                Some(status) if status.as_u16() == 204 => {
                    follows(&answer, last)?;
                    let is_last = number(&answer, "Nats-Num-Pending")? == 0;
                    return Ok(Page { entries, is_last });
                }
                Some(status) => return Err(Error::unavailable(format!("the server answered {status}"))),
            }
            follows(&answer, last)?;
            entries.push(entry(answer)?);
        }
    }

    async fn one_by_one(&self, subject: &Subject, from: u64) -> Result<Page, Error> {
        let mut entries = Vec::<Entry>::new();
        let mut from = from;
        while let Some(entry) = self.leader.next(subject, from).await? {
            from = entry.position + 1;
            entries.push(entry);
        }
        Ok(Page { entries, is_last: true })
    }
}

/// Each answer names the one before it, so that a lost one is noticed.
fn follows(answer: &Message, last: u64) -> Result<(), Error> {
    let is_next = number(answer, "Nats-Last-Sequence")? == last;
    if is_next { Ok(()) } else { Err(Error::unavailable("a part of the answer was lost")) }
}

fn entry(answer: Message) -> Result<Entry, Error> {
    let position = number(&answer, "Nats-Sequence")?;
    let unreadable = || Error::Unreadable { position };
    let address = header(&answer, "Nats-Subject").ok_or_else(unreadable)?;
    let stored = header(&answer, "Nats-Time-Stamp").and_then(|text| text.parse::<Timestamp>().ok());
    let stored = stored.ok_or_else(unreadable)?;
    message::entry(position, address, answer.headers.as_ref(), answer.payload.clone(), stored)
}

fn number(answer: &Message, name: &str) -> Result<u64, Error> {
    let number = header(answer, name).and_then(|text| text.parse().ok());
    number.ok_or_else(|| Error::unavailable(format!("an answer without {name}")))
}

fn header<'a>(answer: &'a Message, name: &str) -> Option<&'a str> {
    // The server adds its own at the end.
    answer.headers.as_ref()?.get_last(name).map(HeaderValue::as_str)
}
