//! Closed loops and what they show: each worker takes its next step when the last one is done.

use std::future::Future;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::task::JoinSet;

/// The part of a round that is not counted, so that starting is not measured.
const WARM_UP: f64 = 0.2;

/// Microseconds; a step that takes longer counts as this.
const LONGEST: u64 = 60_000_000;

/// Something that is done again and again.
pub(crate) trait Work: Send + 'static {
    fn step(&mut self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// What rounds of the same work showed.
pub(crate) struct Series {
    rates: Vec<f64>,
    micros: Histogram<u64>,
}

impl Series {
    pub(crate) fn new() -> Self {
        Self { rates: Vec::new(), micros: histogram() }
    }

    pub(crate) fn add(&mut self, rate: f64) {
        self.rates.push(rate);
    }

    /// Takes note of one step that took so long.
    pub(crate) fn observe(&mut self, took: Duration) {
        self.micros.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// The median round, per second.
    pub(crate) fn rate(&self) -> f64 {
        let mut rates = self.rates.clone();
        rates.sort_by(f64::total_cmp);
        let middle = rates.len() / 2;
        match rates.len() {
            0 => 0.0,
            length if length % 2 == 0 => f64::midpoint(rates[middle - 1], rates[middle]),
            _ => rates[middle],
        }
    }

    /// Milliseconds below which this part of all steps stayed.
    pub(crate) fn millis(&self, quantile: f64) -> f64 {
        self.micros.value_at_quantile(quantile) as f64 / 1000.0
    }

    /// One round: every worker steps until the time is over. Gives the workers back with their connections.
    ///
    /// # Errors
    /// The first step that fails.
    pub(crate) async fn round<W: Work>(
        &mut self,
        workers: Vec<W>,
        length: Duration,
    ) -> anyhow::Result<Vec<W>> {
        let counted_from = Instant::now() + length.mul_f64(WARM_UP);
        let until = counted_from + length;
        let mut tasks = JoinSet::new();
        for worker in workers {
            tasks.spawn(run(worker, counted_from, until));
        }
        let mut workers = Vec::new();
        let mut steps = 0;
        while let Some(done) = tasks.join_next().await {
            let (worker, micros) = done??;
            steps += micros.len();
            self.micros.add(micros)?;
            workers.push(worker);
        }
        self.add(steps as f64 / length.as_secs_f64());
        Ok(workers)
    }
}

async fn run<W: Work>(
    mut worker: W,
    counted_from: Instant,
    until: Instant,
) -> anyhow::Result<(W, Histogram<u64>)> {
    let mut micros = histogram();
    let mut begun = Instant::now();
    while begun < until {
        worker.step().await?;
        let done = Instant::now();
        if done >= counted_from && done <= until {
            micros.saturating_record(u64::try_from((done - begun).as_micros()).unwrap_or(u64::MAX));
        }
        begun = done;
    }
    Ok((worker, micros))
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(LONGEST, 3).expect("the bounds are allowed")
}
