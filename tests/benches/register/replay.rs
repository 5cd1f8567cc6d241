//! The log into the read models, against reading it raw and against writing the same rows raw.
//!
//! First each projection runs once to note what it writes. Then, in turns: the stream is read by an ordered
//! consumer, the noted writes go into a bare sled in batches, and the projection runs as in the projector.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eventlog::EventLog;
use projector::{Dossiers, Happenings};
use readmodel::{Entry, Overlay, Projection, Settings, State};
use tempfile::TempDir;
use testkit::NatsServer;
use tokio_util::sync::CancellationToken;

use crate::measure::Series;
use crate::options::Options;
use crate::raw;
use crate::report::{Goal, Report, Row, progress};
use crate::templates::Templates;

/// Writes of a raw batch (more take much memory and are no faster).
const BATCH: usize = 200;

/// Of the slower of the two ceilings.
const GOAL: Goal = Goal::AtLeast(0.8);

/// A read model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Model {
    Dossiers,
    Timeline,
}

/// What a projection writes, key by key; the length of the value, or none where the row goes.
type Writes = Vec<(Vec<u8>, Option<usize>)>;

/// A log to replay.
struct Replay {
    server: NatsServer,
    events: u64,
    dossiers: Writes,
    timeline: Writes,
}

/// Replays each read model alone, then both side by side as the projector does.
pub(crate) async fn measure(
    options: &Options,
    templates: &Templates,
    report: &mut Report,
) -> anyhow::Result<()> {
    let replay = Replay::prepare(options, templates).await?;
    for models in [&[Model::Dossiers][..], &[Model::Timeline], &[Model::Dossiers, Model::Timeline]] {
        let (mut reading, mut writing, mut ours) = (Series::new(), Series::new(), Series::new());
        for round in 1..=options.rounds() {
            progress(format_args!("replay into {}, round {round}", names(models)));
            let rate = |took: Duration| replay.events as f64 / took.as_secs_f64();
            reading.add(rate(replay.read(models).await?));
            writing.add(rate(replay.write(models).await?));
            ours.add(rate(replay.project(models).await?));
        }
        report.add(replay.compared(models, [&reading, &writing, &ours]));
    }
    Ok(())
}

fn names(models: &[Model]) -> &'static str {
    match models {
        [Model::Dossiers] => "dossiers",
        [Model::Timeline] => "timeline",
        _ => "both at once",
    }
}

impl Replay {
    async fn prepare(options: &Options, templates: &Templates) -> anyhow::Result<Self> {
        let (server, events) = (NatsServer::start().await, options.events());
        let log = open(&server).await?;
        templates.fill(&log, events).await?;
        let mut replay = Self { server, events, dossiers: Writes::new(), timeline: Writes::new() };
        progress("noting what the read models write");
        let noted = Noted::new(dossiers());
        let writes = noted.writes.clone();
        run(noted, open(&replay.server).await?, events).await?;
        replay.dossiers = taken(&writes);
        let noted = Noted::new(timeline());
        let writes = noted.writes.clone();
        run(noted, open(&replay.server).await?, events).await?;
        replay.timeline = taken(&writes);
        Ok(replay)
    }

    /// Reads the stream raw, once for each model at the same time.
    async fn read(&self, models: &[Model]) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let reads = models.iter().map(|_| raw::read_stream(self.server.url(), self.events));
        futures_util::future::try_join_all(reads).await?;
        Ok(begun.elapsed())
    }

    /// Writes the same rows raw, each model's into a database of its own at the same time.
    async fn write(&self, models: &[Model]) -> anyhow::Result<Duration> {
        let folder = TempDir::with_prefix("chancery-raw-")?;
        tokio::task::block_in_place(|| {
            let begun = Instant::now();
            std::thread::scope(|scope| {
                let write = |model: &Model| {
                    let (writes, path) = (self.writes(*model), folder.path().join(names(&[*model])));
                    scope.spawn(move || write_raw(&path, writes))
                };
                let writers = models.iter().map(write).collect::<Vec<_>>();
                writers.into_iter().try_for_each(|writer| writer.join().expect("a writer does not panic"))
            })?;
            Ok(begun.elapsed())
        })
    }

    /// Projects, as the projector does.
    async fn project(&self, models: &[Model]) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let runs = models.iter().map(async |model| match model {
            Model::Dossiers => run(dossiers(), open(&self.server).await?, self.events).await,
            Model::Timeline => run(timeline(), open(&self.server).await?, self.events).await,
        });
        futures_util::future::try_join_all(runs).await?;
        Ok(begun.elapsed())
    }

    const fn writes(&self, model: Model) -> &Writes {
        match model {
            Model::Dossiers => &self.dossiers,
            Model::Timeline => &self.timeline,
        }
    }

    /// Two rows; the goal is that of the slower ceiling.
    fn compared(&self, models: &[Model], [reading, writing, ours]: [&Series; 3]) -> [Row; 2] {
        let writes = models.iter().map(|model| self.writes(*model).len()).sum::<usize>();
        let row = |against: String, ceiling: &Series, other: &Series| Row {
            work: format!("replay into {}, against {against}", names(models)),
            unit: "events/s",
            ceiling: ceiling.rate(),
            ours: ours.rate(),
            goal: if ceiling.rate() <= other.rate() { GOAL } else { Goal::None },
            latency: None,
        };
        [
            row(format!("its {writes} row changes raw"), writing, reading),
            row(format!("reading {} events raw", self.events), reading, writing),
        ]
    }
}

fn dossiers() -> Dossiers {
    Dossiers::default()
}

fn timeline() -> Happenings {
    Happenings::default()
}

async fn open(server: &NatsServer) -> anyhow::Result<EventLog> {
    Ok(EventLog::open(server.client().await, eventlog::Settings::default()).await?)
}

/// Runs a projection into a new database until it has every event.
pub(crate) async fn run<P: Projection<Entry = readmodel::Entry>>(
    projection: P,
    log: EventLog,
    events: u64,
) -> anyhow::Result<()> {
    let folder = TempDir::with_prefix("chancery-replay-")?;
    let (reader, runner) = readmodel::open(folder.path(), projection, Settings::default()).await?;
    let stop = CancellationToken::new();
    let running = runner.run(log, stop.clone());
    let reached = async {
        let mut states = reader.state();
        let failed = states.wait_for(|state| matches!(state, State::Failed(_)));
        let patience = tokio::time::Instant::now() + Duration::from_secs(3600);
        tokio::select! {
            _ = failed => {}
            _ = reader.wait_for(events, patience) => {}
        }
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(running, reached);
    Ok(ended?)
}

/// A projection that notes what it writes.
struct Noted<P> {
    projection: P,
    batch: Writes,
    writes: Arc<Mutex<Writes>>,
}

impl<P> Noted<P> {
    fn new(projection: P) -> Self {
        Self { projection, batch: Writes::new(), writes: Arc::default() }
    }

    fn keep(&mut self) {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner).append(&mut self.batch);
    }
}

impl<P: Projection<Entry = readmodel::Entry>> Projection for Noted<P> {
    type Entry = Entry;

    const NAME: &'static str = P::NAME;
    const SCHEMA: u32 = P::SCHEMA;

    fn apply(&mut self, entry: &Entry, rows: &mut Overlay<'_>) {
        if rows.pending().next().is_none() {
            self.keep();
        }
        self.projection.apply(entry, rows);
        let pending = rows.pending().map(|(key, value)| (key.to_vec(), value.map(<[u8]>::len)));
        self.batch = pending.collect();
    }
}

impl<P> Drop for Noted<P> {
    fn drop(&mut self) {
        self.keep();
    }
}

fn taken(writes: &Mutex<Writes>) -> Writes {
    std::mem::take(&mut writes.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Writes these rows, with values as long as those were, the way the read models open their database.
fn write_raw(folder: &Path, writes: &Writes) -> anyhow::Result<()> {
    let cache = Settings::default().cache_bytes;
    let database = sled::Config::new().path(folder).cache_capacity(cache).open()?;
    let value = vec![b'.'; readmodel::LARGEST_VALUE];
    for changes in writes.chunks(BATCH) {
        let mut batch = sled::Batch::default();
        for (key, length) in changes {
            match length {
                Some(length) => batch.insert(key.as_slice(), &value[..*length]),
                None => batch.remove(key.as_slice()),
            }
        }
        database.apply_batch(batch)?;
    }
    Ok(())
}
