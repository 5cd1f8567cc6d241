//! Whether an append and a point query cost the same in a long log as in a short one: two registers side by
//! side, asked in turns.

use crate::append::Submitting;
use crate::events::LIFE;
use crate::measure::Series;
use crate::options::Options;
use crate::query::{Asking, paths};
use crate::register::Register;
use crate::report::{Goal, Report, Row, progress};
use crate::templates::Templates;

/// Clients that append at once.
const CLIENTS: usize = 64;

/// Connections that query at once.
const CONNECTIONS: usize = 16;

/// Flat, as far as the rounds of such a measurement differ by themselves.
const FLAT: Goal = Goal::AtLeast(0.9);

/// A register with what is asked of it.
struct Side {
    register: Register,
    events: u64,
    submitting: Vec<Submitting>,
    asking: Vec<Asking>,
    appends: Series,
    queries: Series,
}

impl Side {
    async fn start(templates: &Templates, events: u64) -> anyhow::Result<Self> {
        let register = Register::start().await?;
        let records = templates.fill(register.log(), events).await?;
        register.settle().await?;
        let submitting = Submitting::several(register.connections(CLIENTS).await?);
        // The last batch may have left records without an end.
        let whole = &records[..usize::try_from(events)? / LIFE];
        let asking = Asking::several(register.connections(CONNECTIONS).await?, &paths(whole));
        let (appends, queries) = (Series::new(), Series::new());
        Ok(Self { register, events, submitting, asking, appends, queries })
    }

    async fn round(&mut self, options: &Options) -> anyhow::Result<()> {
        progress(format_args!("in a log of {} events", self.events));
        let asking = std::mem::take(&mut self.asking);
        self.asking = self.queries.round(asking, options.length()).await?;
        let submitting = std::mem::take(&mut self.submitting);
        self.submitting = self.appends.round(submitting, options.length()).await?;
        self.register.settle().await
    }
}

/// The short log is the ceiling of the long one.
pub(crate) async fn measure(
    options: &Options,
    templates: &Templates,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut short = Side::start(templates, options.few_events()).await?;
    let mut long = Side::start(templates, options.events()).await?;
    for _ in 0..options.rounds() {
        short.round(options).await?;
        long.round(options).await?;
    }
    let logs = format!("at {} events against {}", long.events, short.events);
    let append = format!("append, {CLIENTS} clients, {logs}");
    let query = format!("point query, {CONNECTIONS} connections, {logs}");
    report.add([
        Row::of(append, "/s", [&short.appends, &long.appends], FLAT),
        Row::of(query, "/s", [&short.queries, &long.queries], FLAT),
    ]);
    Ok(())
}
