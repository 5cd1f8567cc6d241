//! How soon who follows hears of an event: from its acknowledgement to each of many streams, against raw NATS, from a
//! publish to a consumer on the same server. Events come at a steady pace, in turns of both.

use std::time::{Duration, Instant};

use anyhow::Context;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::{self};
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::interval;

use crate::append::Submitting;
use crate::measure::{Series, Work};
use crate::options::Options;
use crate::raw::Publishing;
use crate::register::Register;
use crate::report::{Goal, Report, Row, progress};
use crate::templates::Templates;

/// Between two events: forty a second.
const PACE: Duration = Duration::from_millis(25);

/// How many follow, and how many times the raw p99 theirs may be.
const FOLLOWERS: [(usize, Goal); 3] =
    [(1, Goal::None), (100, Goal::AtMost(5.0)), (1_000, Goal::AtMost(15.0))];

/// After which an event that has not come will not.
const COMING: Duration = Duration::from_secs(30);

/// When something came, by its position.
type Times = Vec<(u64, Instant)>;

/// Measures at every number of followers.
pub(crate) async fn measure(
    options: &Options,
    templates: &Templates,
    report: &mut Report,
) -> anyhow::Result<()> {
    let register = Register::start_for_subscribers().await?;
    let mut submitting = Submitting::several(register.connections(1).await?);
    let mut publishing = Publishing::several(register.nats(), templates, 1).await?;
    for (count, goal) in FOLLOWERS {
        let (mut raw, mut ours) = (Series::new(), Series::new());
        for round in 1..=options.rounds() {
            progress(format_args!("following, {count} clients, round {round}"));
            of_raw(&mut raw, &register, &mut publishing[0], options.length()).await?;
            of_ours(&mut ours, count, &register, &mut submitting[0], options.length()).await?;
        }
        let [ceiling, ours] = [&raw, &ours].map(|series| [series.millis(0.5), series.millis(0.99)]);
        report.add([Row {
            work: format!("from acknowledged to {count} streams, against publish to consumer, p99"),
            unit: "ms",
            ceiling: ceiling[1],
            ours: ours[1],
            goal,
            latency: Some([ceiling, ours]),
        }]);
    }
    Ok(())
}

/// From before a publish to its arrival at one consumer.
async fn of_raw(
    series: &mut Series,
    register: &Register,
    publishing: &mut Publishing,
    length: Duration,
) -> anyhow::Result<()> {
    let stream = jetstream::new(async_nats::connect(register.nats()).await?).get_stream("CEILING").await?;
    let last = stream.get_info().await?.state.last_sequence;
    let config = OrderedConfig {
        deliver_policy: jetstream::consumer::DeliverPolicy::ByStartSequence { start_sequence: last + 1 },
        ..OrderedConfig::default()
    };
    let mut messages = stream.create_consumer(config).await?.messages().await?;
    let mut ticks = interval(PACE);
    let begun = Instant::now();
    while begun.elapsed() < length {
        ticks.tick().await;
        let published = Instant::now();
        let (done, came) = tokio::join!(publishing.step(), async {
            messages.next().await.map(|message| (message, Instant::now()))
        });
        done?;
        let (message, came) = came.context("the stream goes on")?;
        message?;
        series.observe(came - published);
    }
    Ok(())
}

/// From the acknowledgement to the arrival at each stream; what arrives before took no time.
async fn of_ours(
    series: &mut Series,
    count: usize,
    register: &Register,
    submitting: &mut Submitting,
    length: Duration,
) -> anyhow::Result<()> {
    let (until, told) = watch::channel(u64::MAX);
    let streams = (0..count).map(|_| Stream::open(register, told.clone()));
    let streams = try_join_all(streams).await?;
    let mut acknowledged = Times::new();
    let mut ticks = interval(PACE);
    let begun = Instant::now();
    while begun.elapsed() < length {
        ticks.tick().await;
        let position = submitting.submit().await?;
        acknowledged.push((position, Instant::now()));
    }
    let last = acknowledged.last().map_or(0, |(position, _)| *position);
    until.send_replace(last);
    for stream in streams {
        let came = tokio::time::timeout(COMING, stream).await.context("an event did not come")???;
        anyhow::ensure!(came.len() == acknowledged.len(), "{} of {} came", came.len(), acknowledged.len());
        for ((position, told), (came_position, came)) in acknowledged.iter().zip(came) {
            anyhow::ensure!(*position == came_position, "{came_position} came for {position}");
            series.observe(came.saturating_duration_since(*told));
        }
    }
    Ok(())
}

/// One stream, read as cheaply as can be: its clients take the processors of what is measured.
struct Stream {
    tcp: TcpStream,
    waiting: Vec<u8>,
    /// The last `id`.
    last: Option<u64>,
}

impl Stream {
    /// Opens it, and has it read until a position is told and has come.
    async fn open(
        register: &Register,
        until: watch::Receiver<u64>,
    ) -> anyhow::Result<JoinHandle<anyhow::Result<Times>>> {
        let (host, token) = (register.host(), register.token());
        let mut tcp = TcpStream::connect(host).await?;
        tcp.set_nodelay(true)?;
        let request =
            format!("GET /v1/stream HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n");
        tcp.write_all(request.as_bytes()).await?;
        let mut stream = Self { tcp, waiting: Vec::new(), last: None };
        // Where it begins is said first.
        while stream.last.is_none() {
            stream.read(&mut Times::new()).await?;
        }
        Ok(tokio::spawn(stream.run(until)))
    }

    async fn run(mut self, mut until: watch::Receiver<u64>) -> anyhow::Result<Times> {
        let mut came = Times::new();
        while self.last < Some(*until.borrow_and_update()) {
            tokio::select! {
                read = self.read(&mut came) => read?,
                told = until.changed() => told?,
            }
        }
        Ok(came)
    }

    /// Notes each `id` that is new.
    async fn read(&mut self, came: &mut Times) -> anyhow::Result<()> {
        const FIELD: &[u8] = b"\nid: ";
        anyhow::ensure!(self.tcp.read_buf(&mut self.waiting).await? > 0, "the stream has ended");
        let now = Instant::now();
        while let Some(at) = self.waiting.windows(FIELD.len()).position(|window| window == FIELD) {
            let value = &self.waiting[at + FIELD.len()..];
            let Some(end) = value.iter().position(|byte| *byte == b'\n') else { return Ok(()) };
            let position = std::str::from_utf8(&value[..end])?.parse()?;
            if Some(position) > self.last {
                self.last = Some(position);
                came.push((position, now));
            }
            self.waiting.drain(..at + FIELD.len() + end);
        }
        let kept = self.waiting.len().min(FIELD.len());
        self.waiting.drain(..self.waiting.len() - kept);
        Ok(())
    }
}
