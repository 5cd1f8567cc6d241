//! The ceilings of the log: JetStream itself, through the public client and nothing of ours.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use async_nats::HeaderMap;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::Config;
use async_nats::jetstream::{self, Context};
use contract::subjects::STREAM;
use futures_util::StreamExt;
use uuid::Uuid;

use crate::events::{LIFE, VARIANTS};
use crate::measure::Work;
use crate::templates::{Templates, beside, headers};

/// Raw guarded publishing into a stream beside the register's and set up like it: the same envelopes under
/// the same headers.
pub(crate) struct Publishing {
    context: Context,
    templates: Templates,
    headers: Arc<Vec<Vec<HeaderMap>>>,
    variant: usize,
    index: usize,
    record: Uuid,
    last: u64,
}

impl Publishing {
    /// As many publishers as asked for, over one connection: their publishes are pipelined.
    pub(crate) async fn several(url: &str, templates: &Templates, count: usize) -> anyhow::Result<Vec<Self>> {
        let context = jetstream::new(async_nats::connect(url).await?);
        let ours = context.get_stream(STREAM).await?.cached_info().config.clone();
        let stream = Config { name: "CEILING".to_owned(), subjects: vec!["ceiling.>".to_owned()], ..ours };
        context.get_or_create_stream(stream).await?;
        let life = |variant| (0..LIFE).map(|index| headers(templates.at(variant, index))).collect();
        let headers = Arc::new((0..VARIANTS).map(life).collect::<Vec<_>>());
        let publisher = |nth| Self {
            context: context.clone(),
            templates: templates.clone(),
            headers: headers.clone(),
            variant: nth,
            index: 0,
            record: Uuid::now_v7(),
            last: 0,
        };
        Ok((0..count).map(publisher).collect())
    }
}

impl Work for Publishing {
    async fn step(&mut self) -> anyhow::Result<()> {
        if self.index == LIFE {
            (self.index, self.last, self.record) = (0, 0, Uuid::now_v7());
            self.variant += 1;
        }
        let template = self.templates.at(self.variant, self.index);
        let message = PublishMessage::build()
            .headers(self.headers[self.variant % VARIANTS][self.index].clone())
            .payload(template.payload.clone())
            .expected_last_subject_sequence(self.last);
        self.last = self.context.send_publish(beside(self.record), message).await?.await?.sequence;
        self.index += 1;
        Ok(())
    }
}

/// Reads the register's stream once through an ordered consumer; the time it took.
pub(crate) async fn read_stream(url: &str, events: u64) -> anyhow::Result<Duration> {
    let context = jetstream::new(async_nats::connect(url).await?);
    let stream = context.get_stream(STREAM).await?;
    let begun = Instant::now();
    let consumer = stream.create_consumer(OrderedConfig::default()).await?;
    let mut messages = consumer.messages().await?;
    let mut last = 0;
    while last < events {
        let message = messages.next().await.context("the stream goes on")??;
        last = message.info().map_err(|error| anyhow::anyhow!(error))?.stream_sequence;
    }
    Ok(begun.elapsed())
}
