//! One read model in the process: started, watched, stopped.

use std::time::Duration;

use anyhow::Context;
use readmodel::{Order, Projection, Reader, Settings as ModelSettings, State};
use service::{Latch, Shell};
use tokio_util::sync::CancellationToken;

use crate::Settings;
use crate::metrics::Metrics;
use crate::opened::Opened;

/// How often lag and size are looked at.
const LOOKING: Duration = Duration::from_secs(1);

/// Opens a read model under the data folder and follows the log until the shell stops.
pub(crate) async fn start<P: Projection<Entry = readmodel::Entry>>(
    projection: P,
    models: ModelSettings,
    settings: &Settings,
    log: &Opened,
    metrics: &Metrics,
    shell: &Shell,
) -> anyhow::Result<Reader> {
    let folder = shell.data.join("projector").join(P::NAME);
    let opened = readmodel::open(&folder, projection, models).await;
    let (reader, runner) = opened.with_context(|| format!("the read model {} cannot be opened", P::NAME))?;
    let watch = Watch {
        name: P::NAME,
        reader: reader.clone(),
        order: Order::new(&folder, reader.clone()),
        latch: shell.latch(P::NAME),
        largest_lag: settings.projector_lag,
        metrics: metrics.clone(),
        shell: shell.clone(),
    };
    shell.tasks.spawn(watch.run());
    let remedy =
        format!("if its database is damaged, remove {}: it is built again from the log", folder.display());
    let run = runner.run(log.clone(), shell.shutdown.clone());
    shell.tasks.spawn(async move {
        if let Err(error) = run.await {
            let error = anyhow::Error::from(error);
            tracing::error!(
                model = P::NAME,
                error = format!("{error:#}"),
                remedy,
                "a read model has stopped"
            );
        }
    });
    Ok(reader)
}

/// Says how a read model does.
struct Watch {
    name: &'static str,
    reader: Reader,
    order: Order,
    latch: Latch,
    largest_lag: u64,
    metrics: Metrics,
    shell: Shell,
}

impl Watch {
    async fn run(mut self) {
        let stop: CancellationToken = self.shell.shutdown.clone();
        let mut states = self.reader.state();
        let mut caught_up = false;
        loop {
            let state = states.borrow_and_update().clone();
            caught_up = match state {
                State::Following | State::Rebuilding => true,
                State::Failed(_) => false,
                State::Starting | State::CatchingUp | State::Interrupted(_) => caught_up,
            };
            let lag = self.reader.lag(self.shell.clock.now());
            let serves = state == State::Rebuilding || lag.events <= self.largest_lag;
            self.latch.turn(caught_up && serves && !self.reader.fails());
            self.order.look().await;
            self.metrics.observe(self.name, &self.reader, lag).await;
            tokio::select! {
                () = stop.cancelled() => return,
                changed = states.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(LOOKING) => {}
            }
        }
    }
}
