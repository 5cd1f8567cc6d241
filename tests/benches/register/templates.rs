//! Events as the register itself stored them: what raw publishing sends, and what long logs are made of.

use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use contract::{Facets, Recorded, subjects};
use domain::{Aggregate, Subject};
use eventlog::{Append, Batch, Entry, EventLog};
use uuid::Uuid;

use crate::connection::Connection;
use crate::events::{LIFE, Life, VARIANTS};
use crate::report::progress;

/// Records that live at the same time in a long log: an event and the next of its record are this far apart, and
/// one batch holds one event of each.
const CONCURRENT: u64 = 1000;

/// An event that the register stored.
#[derive(Clone)]
pub(crate) struct Template {
    pub(crate) kind: String,
    pub(crate) version: u32,
    pub(crate) facets: Facets,
    pub(crate) payload: Bytes,
}

/// Lives of records, as stored. Clones share them.
#[derive(Clone)]
pub(crate) struct Templates(Arc<Vec<Vec<Template>>>);

impl Templates {
    /// Has every life recorded once and reads back what was stored.
    pub(crate) async fn record(connection: &mut Connection, log: &EventLog) -> anyhow::Result<Self> {
        let mut lives = Vec::with_capacity(VARIANTS);
        for variant in 0..VARIANTS {
            let record = Uuid::now_v7();
            let life = Life::of(variant).whole(record);
            connection.post("/v1/events", &life).await?.expect(201)?;
            let entries = log.read(&engagement(record)).await?;
            anyhow::ensure!(entries.len() == LIFE, "{} of {LIFE} events were stored", entries.len());
            lives.push(entries.into_iter().map(Template::from).collect());
        }
        Ok(Self(Arc::new(lives)))
    }

    /// The `index`th event of a life.
    pub(crate) fn at(&self, variant: usize, index: usize) -> &Template {
        &self.0[variant % VARIANTS][index]
    }

    /// Bytes of an envelope on average.
    pub(crate) fn size(&self) -> usize {
        let sizes = self.0.iter().flatten().map(|template| template.payload.len());
        sizes.sum::<usize>() / (VARIANTS * LIFE)
    }

    /// Appends `count` events to a log, as records that live side by side; returns these.
    pub(crate) async fn fill(&self, log: &EventLog, count: u64) -> anyhow::Result<Vec<Uuid>> {
        progress(format_args!("appending {count} events in batches of {CONCURRENT}"));
        let mut records = Vec::new();
        let mut left = count;
        while left > 0 {
            let living = CONCURRENT.min(left.div_ceil(LIFE as u64));
            let begun = (0..living).map(|_| Uuid::now_v7()).collect::<Vec<_>>();
            let mut lasts = vec![0; begun.len()];
            for index in 0..LIFE {
                let now = begun.len().min(usize::try_from(left)?);
                if now == 0 {
                    break;
                }
                let events = begun[..now].iter().zip(&lasts).enumerate();
                let events = events.map(|(nth, (record, last))| self.at(nth, index).of(*record, *last));
                let batch = Batch::new(events.collect::<anyhow::Result<_>>()?)?;
                let first = log.append(batch).await?.first;
                lasts.iter_mut().zip(first..).for_each(|(last, position)| *last = position);
                left -= now as u64;
            }
            records.extend(begun);
        }
        Ok(records)
    }
}

impl Template {
    /// The same event of another record.
    fn of(&self, record: Uuid, expected: u64) -> anyhow::Result<Append> {
        let subject = engagement(record);
        let mut event = Recorded::parse(&self.payload).context("the register's own envelope")?;
        event.id = format!("{record}/{}", self.version);
        event.subject = subject;
        let payload = serde_json::to_vec(&event)?.into();
        Ok(Append { payload, ..self.append(subject, expected) })
    }

    /// The same envelope for another record: good enough where nobody reads it.
    pub(crate) fn append(&self, subject: Subject, expected: u64) -> Append {
        let Self { kind, version, facets, payload } = self.clone();
        Append { subject, expected, kind, version, facets, payload }
    }
}

impl From<Entry> for Template {
    fn from(entry: Entry) -> Self {
        let Entry { kind, version, facets, payload, .. } = entry;
        Self { kind, version, facets, payload }
    }
}

/// The record with this identifier.
pub(crate) const fn engagement(id: Uuid) -> Subject {
    Subject { aggregate: Aggregate::Engagement, id }
}

/// The headers that the log gives a message, for one that goes past it.
pub(crate) fn headers(template: &Template) -> async_nats::HeaderMap {
    use contract::headers::{CONTENT_TYPE, COUNTRY, EVENT_TYPE, KIND, MARKING, PARTY, TOPIC, VERSION};
    let Template { kind, version, facets, .. } = template;
    let mut headers = async_nats::HeaderMap::new();
    headers.insert(CONTENT_TYPE.0, CONTENT_TYPE.1);
    headers.insert(EVENT_TYPE, kind.as_str());
    headers.insert(VERSION, version.to_string());
    for (name, values) in [(PARTY, &facets.parties), (COUNTRY, &facets.countries), (TOPIC, &facets.topics)] {
        values.iter().for_each(|value| headers.append(name, value.as_str()));
    }
    facets.kind.iter().for_each(|kind| headers.insert(KIND, kind.as_str()));
    headers.insert(MARKING, facets.marking.as_str());
    headers
}

/// The subject of a record on another stream than the register's.
pub(crate) fn beside(record: Uuid) -> String {
    format!("ceiling.{}", subjects::of_record(&engagement(record)))
}
