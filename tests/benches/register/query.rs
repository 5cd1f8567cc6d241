//! Point queries over HTTP against the bare route, in turns.

use std::sync::Arc;

use uuid::Uuid;

use crate::bare::Bare;
use crate::connection::Connection;
use crate::measure::{Series, Work};
use crate::options::Options;
use crate::register::Register;
use crate::report::{Goal, Report, Row, progress};
use crate::templates::Templates;

/// Records that are asked for, one after the other.
const RECORDS: u64 = 2000;

/// One client that asks over a connection of its own.
pub(crate) struct Asking {
    connection: Connection,
    paths: Arc<Vec<String>>,
    next: usize,
}

impl Asking {
    /// Clients that begin at different records.
    pub(crate) fn several(connections: Vec<Connection>, paths: &Arc<Vec<String>>) -> Vec<Self> {
        let apart = paths.len() / connections.len().max(1);
        let client = |(nth, connection)| Self { connection, paths: paths.clone(), next: nth * apart };
        connections.into_iter().enumerate().map(client).collect()
    }
}

impl Work for Asking {
    async fn step(&mut self) -> anyhow::Result<()> {
        self.next = (self.next + 1) % self.paths.len();
        self.connection.get(&self.paths[self.next]).await?.expect(200)?;
        Ok(())
    }
}

/// The routes of records, in no order.
pub(crate) fn paths(records: &[Uuid]) -> Arc<Vec<String>> {
    // A step that shares no factor with the length visits all of them.
    let length = records.len();
    let step = (length * 5 / 8..).find(|step| gcd(*step, length) == 1).unwrap_or(1);
    let path = |nth| format!("/v1/engagements/{}", records[nth * step % length]);
    Arc::new((0..length).map(path).collect())
}

const fn gcd(one: usize, other: usize) -> usize {
    if other == 0 { one } else { gcd(other, one % other) }
}

/// Measures at every number of connections.
pub(crate) async fn measure(
    options: &Options,
    templates: &Templates,
    report: &mut Report,
) -> anyhow::Result<()> {
    let register = Register::start().await?;
    let records = templates.fill(register.log(), RECORDS * crate::events::LIFE as u64).await?;
    register.settle().await?;
    let paths = paths(&records);
    let body = register.record(&paths[0]).await?;
    progress(format_args!("a record is served as {} bytes", body.len()));
    let bare = Bare::start(register.nats(), &body).await?;
    for connections in options.connections() {
        let of_raw = Connection::several(connections, bare.host(), "none").await?;
        let mut raw = Asking::several(of_raw, &paths);
        let mut ours = Asking::several(register.connections(connections).await?, &paths);
        let (mut of_raw, mut of_ours) = (Series::new(), Series::new());
        for round in 1..=options.rounds() {
            progress(format_args!("point queries, {connections} connections, round {round}"));
            raw = of_raw.round(raw, options.length()).await?;
            ours = of_ours.round(ours, options.length()).await?;
        }
        report.add(compared(connections, &of_raw, &of_ours));
    }
    Ok(())
}

fn compared(connections: usize, raw: &Series, ours: &Series) -> [Row; 2] {
    let noun = if connections == 1 { "connection" } else { "connections" };
    let work = format!("point query over HTTP, {connections} {noun}");
    let last = Row {
        work: "  its p99".to_owned(),
        unit: "ms",
        ceiling: raw.millis(0.99),
        ours: ours.millis(0.99),
        goal: Goal::AtMost(1.5),
        latency: None,
    };
    [Row::of(work, "/s", [raw, ours], Goal::AtLeast(0.8)), last]
}
