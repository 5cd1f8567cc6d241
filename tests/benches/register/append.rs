//! Durable append over HTTP against raw guarded publishing on the same server, in turns.

use std::sync::Arc;

use anyhow::Context;
use eventlog::{Batch, EventLog};
use serde_json::Value;
use testkit::NatsServer;
use uuid::Uuid;

use crate::connection::Connection;
use crate::events::{LIFE, Life, VARIANTS};
use crate::measure::{Series, Work};
use crate::options::Options;
use crate::raw::Publishing;
use crate::register::Register;
use crate::report::{Goal, Report, Row, progress};
use crate::templates::{Templates, engagement};

/// One client that submits over a connection of its own.
pub(crate) struct Submitting {
    connection: Connection,
    lives: Arc<Vec<Life>>,
    variant: usize,
    index: usize,
    record: Uuid,
}

impl Submitting {
    pub(crate) fn several(connections: Vec<Connection>) -> Vec<Self> {
        let lives = Arc::new((0..VARIANTS).map(Life::of).collect::<Vec<_>>());
        let client = |(variant, connection)| {
            let (lives, record) = (lives.clone(), Uuid::now_v7());
            Self { connection, lives, variant, index: 0, record }
        };
        connections.into_iter().enumerate().map(client).collect()
    }
}

impl Submitting {
    /// Submits the next event; its position, once it is acknowledged.
    pub(crate) async fn submit(&mut self) -> anyhow::Result<u64> {
        if self.index == LIFE {
            (self.index, self.record) = (0, Uuid::now_v7());
            self.variant += 1;
        }
        let event = self.lives[self.variant % VARIANTS].proposal(self.index, self.record);
        let answer = self.connection.post("/v1/events", &event).await?.expect(201)?;
        self.index += 1;
        serde_json::from_slice::<Value>(answer.body)?["position"].as_u64().context("a position")
    }
}

impl Work for Submitting {
    async fn step(&mut self) -> anyhow::Result<()> {
        self.submit().await.map(drop)
    }
}

/// The log alone: our append without HTTP, rules or read models.
struct Appending {
    log: EventLog,
    templates: Templates,
    variant: usize,
    index: usize,
    record: Uuid,
    last: u64,
}

impl Work for Appending {
    async fn step(&mut self) -> anyhow::Result<()> {
        if self.index == LIFE {
            (self.index, self.last, self.record) = (0, 0, Uuid::now_v7());
            self.variant += 1;
        }
        let event = self.templates.at(self.variant, self.index).append(engagement(self.record), self.last);
        self.last = self.log.append(Batch::new(vec![event])?).await?.last;
        self.index += 1;
        Ok(())
    }
}

/// Measures at every number of clients.
pub(crate) async fn measure(
    options: &Options,
    templates: &Templates,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut register = Register::start().await?;
    let alone = NatsServer::start().await;
    let log = EventLog::open(alone.client().await, eventlog::Settings::default()).await?;
    for clients in options.clients() {
        report.add(at(clients, options, templates, &mut register, &log).await?);
    }
    Ok(())
}

async fn at(
    clients: usize,
    options: &Options,
    templates: &Templates,
    register: &mut Register,
    log: &EventLog,
) -> anyhow::Result<[Row; 2]> {
    let mut raw = Publishing::several(register.nats(), templates, clients).await?;
    let mut ours = Submitting::several(register.connections(clients).await?);
    let appending = |variant| {
        let (log, templates, record) = (log.clone(), templates.clone(), Uuid::now_v7());
        Appending { log, templates, variant, index: 0, record, last: 0 }
    };
    let mut alone = (0..clients).map(appending).collect();
    let (mut of_raw, mut of_ours, mut of_alone) = (Series::new(), Series::new(), Series::new());
    for round in 1..=options.rounds() {
        progress(format_args!("append, {clients} clients, round {round}"));
        raw = of_raw.round(raw, options.length()).await?;
        ours = of_ours.round(ours, options.length()).await?;
        // What is left to project would be paid for by the next round.
        register.settle().await?;
        alone = of_alone.round(alone, options.length()).await?;
    }
    let goal = match clients {
        1 => Goal::AtLeast(0.85),
        64.. => Goal::AtLeast(2.0),
        _ => Goal::None,
    };
    let noun = if clients == 1 { "client" } else { "clients" };
    Ok([
        Row::of(format!("durable append over HTTP, {clients} {noun}"), "/s", [&of_raw, &of_ours], goal),
        Row::of(format!("  the log alone, {clients} {noun}"), "/s", [&of_raw, &of_alone], Goal::None),
    ])
}
