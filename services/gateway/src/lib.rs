//! The HTTP edge: submissions in, records, timelines and streams of events out.
//!
//! One request's way: a connection (`listen`) → what is around every request (id, identity, limits, log,
//! and what it discloses) → a route → a question to a registrar, a projector or an auditor over NATS → their bytes, as they are. Nothing is parsed
//! twice and nothing is kept.
//!
//! - `submit` reads one event or several, in plain JSON or any CloudEvents 1.0.2 mode of the HTTP binding.
//! - `read` turns query parameters into questions.
//! - `follow` streams what is recorded, as it is recorded, to who may see it.
//! - `subscriptions` are managed by notifiers; here is the way to them.
//! - `reads` logs who is shown marked material, before it is shown.
//! - Every refusal is a problem (RFC 9457), explained at `/problems/<slug>`.
//!
//! Not here: rules, markings, storage. TLS is for what stands before the gateway.

mod accept;
mod around;
mod docs;
mod etag;
mod follow;
mod identity;
mod listen;
mod metrics;
mod params;
mod patient;
mod read;
mod reads;
mod refusal;
mod routes;
mod settings;
mod share;
mod submit;
mod subscriptions;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use domain::Levels;
use eventlog::{Journal, READS_PLAN, Writer};
use following::{Live, Paging};
use service::token::{Keys, Verifier};
use service::{Latch, Shell};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

pub use settings::{Bound, Settings};

/// Ready when connections are taken.
const LISTENER: &str = "listener";

/// How many streams ask for pages at once: when all clients come again together, the others' questions still find a place.
const CATCHING_UP: usize = 16;

/// What every request shares.
struct Gateway {
    shell: Shell,
    verifier: Verifier,
    metrics: metrics::Metrics,
    slots: Semaphore,
    shares: Arc<share::Shares>,
    /// The one live tail.
    live: Live<follow::Frame>,
    tickets: follow::Tickets,
    /// For streams that are open, and each caller's share of them.
    streams: Arc<Semaphore>,
    stream_shares: Arc<share::Shares>,
    stream_beat: Duration,
    read_within: Duration,
    write_within: Duration,
    answer_within: Duration,
    public_checkpoints: bool,
    levels: Levels,
    reads: reads::Reads,
    carried: follow::Ledger,
}

/// Takes the address and serves on it.
///
/// # Errors
/// When the address cannot be taken or there is no key to check tokens with.
pub async fn run(settings: Settings, shell: Shell) -> anyhow::Result<()> {
    let ready = shell.latch(LISTENER);
    let listener = bind(&settings).await?;
    serve_on(listener, settings, shell, ready).await
}

/// Takes the address, so that it is known before anything is asked of it.
///
/// # Errors
/// When it cannot be taken.
pub async fn bind(settings: &Settings) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(settings.listen).await;
    bound.with_context(|| format!("the address {} cannot be taken", settings.listen))
}

/// Serves the HTTP API until the shell's token is cancelled; requests that have begun are still answered.
///
/// # Errors
/// When there is no key to check tokens with.
pub async fn serve(listener: TcpListener, settings: Settings, shell: Shell) -> anyhow::Result<()> {
    let ready = shell.latch(LISTENER);
    serve_on(listener, settings, shell, ready).await
}

async fn serve_on(
    listener: TcpListener,
    settings: Settings,
    shell: Shell,
    ready: Latch,
) -> anyhow::Result<()> {
    let verifier = verifier(&settings, &shell)?;
    let address = listener.local_addr()?;
    open_reads(&shell).await?;
    let metrics = metrics::Metrics::new(&shell.metrics);
    let folder = settings.http_ticket_keys.clone();
    let tickets = follow::Tickets::of(&folder.unwrap_or_else(|| shell.data.join("keys").join("tickets")))?;
    let paging = Paging { at_once: CATCHING_UP, within: settings.http_answer_within };
    let live = Live::new(shell.clone(), Levels::default(), paging);
    let writer = Writer::new(shell.client.clone(), READS_PLAN, settings.http_log_within);
    let reads = reads::Reads::new(writer, shell.clone(), metrics.unlogged.clone());
    let (carried, recording) = follow::Ledger::start(reads.clone(), shell.clone());
    shell.tasks.spawn(recording);
    let gateway = Arc::new(Gateway {
        verifier,
        reads,
        carried,
        metrics,
        levels: Levels::default(),
        slots: Semaphore::new(settings.http_in_flight),
        shares: share::Shares::new(settings.http_share.unwrap_or(settings.http_in_flight / 2).max(1)),
        live: live.clone(),
        tickets,
        streams: Arc::new(Semaphore::new(settings.http_streams)),
        stream_shares: share::Shares::new((settings.http_streams / 2).max(1)),
        stream_beat: settings.http_stream_beat,
        read_within: settings.http_read_within,
        write_within: settings.http_write_within,
        answer_within: settings.http_answer_within,
        public_checkpoints: settings.public_checkpoints,
        shell,
    });
    gateway.shell.tasks.spawn(live.run());
    tracing::info!(%address, "the HTTP API listens");
    settings.bound.tell(address);
    ready.set();
    listen::serve(listener, &gateway, routes::router(&gateway), settings.http_connections).await;
    Ok(())
}

/// Makes the stream of the log of reads if there is none. If that does not answer, what is marked is refused, and the
/// rest is served.
///
/// # Errors
/// When there is one that could lose what was logged.
async fn open_reads(shell: &Shell) -> anyhow::Result<()> {
    let opened = Journal::open(shell.client.clone(), READS_PLAN, &eventlog::Settings::default()).await;
    match opened.map(drop) {
        Err(error) if error.is_transient() => {
            let error = anyhow::Error::from(error);
            tracing::error!(
                error = format!("{error:#}"),
                "the log of reads does not answer: what is marked is not shown"
            );
            Ok(())
        }
        opened => opened.context("the log of reads cannot be opened"),
    }
}

fn verifier(settings: &Settings, shell: &Shell) -> anyhow::Result<Verifier> {
    let (first, others) = match settings.token_key.split_first() {
        Some((first, others)) => (first.clone(), others),
        None => (Keys::in_folder(&shell.data.join("keys")).public, &[][..]),
    };
    let read = |file: &std::path::Path| {
        std::fs::read(file).with_context(|| format!("the token key {} cannot be read", file.display()))
    };
    let begun = Verifier::from_pem(&settings.token_issuer, &read(&first)?)
        .with_context(|| format!("the token key {}", first.display()))?;
    others.iter().try_fold(begun, |verifier, file| {
        verifier.and_pem(&read(file)?).with_context(|| format!("the token key {}", file.display()))
    })
}
