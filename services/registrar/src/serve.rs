//! The registrar as a service: opens the log, answers submissions, follows the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use contract::{Problem, ProblemKind, Submit, subjects};
use eventlog::EventLog;
use sealing::Keys;
use service::{Endpoint, Reply, Request, Shell};

use crate::answer::{Answer, Outcome};
use crate::metrics::Metrics;
use crate::submit::Registrar;
use crate::{Settings, destroy, known, refusal, tail};

/// Between two tries to open the log.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until the shell stops it.
///
/// # Errors
/// When the log is not safe to write to, or submissions cannot be answered.
pub async fn run(settings: Settings, shell: Shell) -> anyhow::Result<()> {
    let latch = shell.latch("log");
    let rules = settings.rules();
    let Some((log, head, keys)) = open(&settings, &shell).await? else { return Ok(()) };
    let known = known::recognise(&shell.data, log.identity());
    let known = known.context("which log was recorded in cannot be read or remembered")?;
    let metrics = shell.metrics.register(Metrics::new);
    let parts = (log.clone(), keys);
    let registrar = Registrar::new(parts, rules, shell.clock.clone(), metrics, settings.cache_bytes());
    let registrar = Arc::new(Service { registrar, halted: AtomicBool::new(known.is_err()) });
    let endpoint = Endpoint {
        name: "commands",
        subject: subjects::COMMANDS,
        queue: "registrars",
        in_flight: settings.registrar_in_flight,
    };
    let handler = Arc::clone(&registrar);
    shell.serve(endpoint, move |request| Arc::clone(&handler).answer(request)).await?;
    if let Err(error) = known {
        tracing::error!(%error, "submissions are refused");
        shell.shutdown.cancelled().await;
        return Ok(());
    }
    latch.set();
    tracing::info!(log = %log.identity(), position = head, "admits submissions");
    if let Err(error) = tail::follow(&log, head, &registrar.registrar, &shell.shutdown).await {
        // Nobody but an operator can say which log is the right one: not ready, nothing is recorded.
        latch.unset();
        registrar.halted.store(true, Ordering::Release);
        tracing::error!(%error, "the log is not the one that was there; submissions are refused");
        shell.shutdown.cancelled().await;
    }
    Ok(())
}

/// Opens the log and asks where it ends, as often as it takes; nothing if the shell stops first.
async fn open(settings: &Settings, shell: &Shell) -> anyhow::Result<Option<(EventLog, u64, Keys)>> {
    let settings = eventlog::Settings { replicas: settings.replicas, ..eventlog::Settings::default() };
    loop {
        let opened = async {
            let log = EventLog::open(shell.client.clone(), settings.clone()).await?;
            let head = log.head().await?;
            Ok::<_, eventlog::Error>((log, head))
        };
        let opened = tokio::select! {
            opened = opened => opened,
            () = shell.shutdown.cancelled() => return Ok(None),
        };
        match opened {
            Ok((log, head)) => {
                return Ok(Some((log.clone(), head, keys(settings.replicas, &log, shell).await?)));
            }
            Err(error) if error.is_transient() => {
                tracing::warn!(error = %refusal::chain(&error), "the log cannot be opened yet");
            }
            Err(error) => return Err(error).context("the log cannot be opened"),
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = shell.shutdown.cancelled() => return Ok(None),
        }
    }
}

/// Opens the bucket of keys, as often as it takes, and destroys what is left to be destroyed.
async fn keys(replicas: usize, log: &EventLog, shell: &Shell) -> anyhow::Result<Keys> {
    loop {
        let opened = Keys::open(shell.client.clone(), replicas).await;
        let error = match opened {
            Ok(keys) => match destroy::unsettled(&keys, log).await {
                Ok(()) => return Ok(keys),
                Err(error) => error,
            },
            Err(error) if error.is_transient() => error.into(),
            Err(error) => return Err(error).context("the bucket of keys cannot be opened"),
        };
        tracing::warn!(error = format!("{error:#}"), "the bucket of keys cannot be opened yet");
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = shell.shutdown.cancelled() => anyhow::bail!("stopped before the bucket of keys could be opened"),
        }
    }
}

struct Service {
    registrar: Registrar,
    halted: AtomicBool,
}

impl Service {
    async fn answer(self: Arc<Self>, request: Request) -> Reply {
        match self.submit(&request).await {
            Ok(answer) => {
                self.registrar.metrics.submission(answer.outcome.as_str());
                reply(&answer)
            }
            Err(problem) => {
                self.registrar.metrics.submission(problem.kind.uri().trim_start_matches("/problems/"));
                problem.into()
            }
        }
    }

    async fn submit(&self, request: &Request) -> Result<Answer, Problem> {
        if self.halted.load(Ordering::Acquire) {
            return Err(Problem::new(
                ProblemKind::Unavailable,
                "the log was replaced or has lost events; an operator must decide",
            ));
        }
        let submit = serde_json::from_slice::<Submit>(&request.body);
        let submit = submit.map_err(|error| Problem::new(ProblemKind::Malformed, error.to_string()))?;
        self.registrar.submit(submit, request.deadline).await
    }
}

fn reply(answer: &Answer) -> Reply {
    let Answer { submitted, outcome } = answer;
    let body = serde_json::to_vec(submitted).expect("an answer is strings, numbers and lists");
    let status = if *outcome == Outcome::Recorded { 201 } else { 200 };
    let reply = Reply { position: submitted.position, ..Reply::ok(body).with_status(status) };
    match submitted.events.as_slice() {
        [only] => reply.of_version(only.version),
        _ => reply,
    }
}
