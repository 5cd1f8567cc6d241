//! Asking time stamp authorities (RFC 3161) for the time of what was signed.
//!
//! Behind the signing, which waits for none of this. Each authority is asked about the latest checkpoint, one at a time,
//! and left in peace for a while then. What is stamped is the checkpoint's text without its signatures, so that a token
//! is one for every checkpoint of that tree, whoever has cosigned it. A token is verified and published before it is
//! shown, for ever, on a subject of the authority's own.

mod first;
mod report;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::subjects::STAMPED;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode};
use service::Readiness;
use timestamp::{ResponseError, Stamp, VerifyError};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use transparency::checkpoint::{Signed, Trust};
use transparency::tree::Head;

use self::report::{OfAuthority, Stamped};
use crate::metrics::Metrics;
use crate::outside::{self, FIRST_PAUSE, LONGEST_PAUSE, MOST_BYTES};
use crate::publication::{Publication, PublicationError};
use crate::standing::Standing;

pub(crate) use self::first::first;
pub(crate) use self::report::Report;
pub use self::settings::TimestampsError;
pub(crate) use self::settings::{Authority, read};

/// What asking needs.
pub(crate) struct Parts {
    pub(crate) authorities: Vec<Authority>,
    /// How long each is left in peace after a stamp.
    pub(crate) every: Duration,
    /// Whose checkpoints these are.
    pub(crate) trust: Trust,
    pub(crate) publication: Publication,
    pub(crate) standing: Standing,
    pub(crate) metrics: Metrics,
    pub(crate) readiness: Readiness,
}

/// Why there is no stamp.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("it does not answer")]
    Unreachable(#[source] reqwest::Error),
    #[error("it answers with the status {0}")]
    Status(StatusCode),
    #[error("its answer has more than {MOST_BYTES} bytes")]
    TooLarge,
    #[error(transparent)]
    Response(#[from] ResponseError),
    #[error("what it answers proves nothing")]
    Token(#[from] VerifyError),
    #[error("it answers to something else than was asked: the nonce is another")]
    Nonce,
    #[error("there is no randomness")]
    Random(#[source] getrandom::Error),
    #[error("the stamp cannot be published")]
    Publication(#[from] PublicationError),
    #[error("the stamp cannot be written")]
    Form(#[from] serde_json::Error),
}

/// Asks until `stop`, and answers how that stands.
///
/// # Errors
/// When no client can be made.
pub(crate) fn start(
    parts: Parts,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> reqwest::Result<watch::Receiver<Arc<Report>>> {
    let authorities = parts.authorities.iter().map(|authority| OfAuthority {
        name: authority.name.clone(),
        url: authority.url.to_string(),
        stamped: None,
        failure: None,
    });
    let (told, stamps) =
        watch::channel(Arc::new(Report { stamped: None, authorities: authorities.collect() }));
    if parts.authorities.is_empty() {
        return Ok(stamps);
    }
    let (client, parts, told) = (outside::client()?, Arc::new(parts), Arc::new(told));
    for which in 0..parts.authorities.len() {
        let asking = Asking { which, client: client.clone(), parts: parts.clone(), told: told.clone() };
        let stop = stop.clone();
        drop(tasks.spawn(async move {
            tokio::select! {
                () = asking.run() => {}
                () = stop.cancelled() => {}
            }
        }));
    }
    Ok(stamps)
}

/// One authority.
struct Asking {
    which: usize,
    client: Client,
    parts: Arc<Parts>,
    told: Arc<watch::Sender<Arc<Report>>>,
}

impl Asking {
    async fn run(self) {
        let (mut done, mut pause) = (self.recall().await, FIRST_PAUSE);
        loop {
            let signed = self.parts.standing.beyond(done).await;
            match self.stamp(&signed).await {
                Ok(stamped) => {
                    (done, pause) = (Some(signed.checkpoint().head()), FIRST_PAUSE);
                    self.tell(|authority| (authority.stamped, authority.failure) = (Some(stamped), None));
                    sleep(self.parts.every).await;
                }
                Err(refusal) => {
                    self.complain(&anyhow::Error::from(refusal));
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    fn authority(&self) -> &Authority {
        &self.parts.authorities[self.which]
    }

    fn subject(&self) -> String {
        format!("{STAMPED}{}", self.authority().name)
    }

    /// What it stamped before this start. What cannot be relied on is said, and asked for anew.
    async fn recall(&self) -> Option<Head> {
        match self.recalled().await {
            Ok(None) => None,
            Ok(Some((stamped, head))) => {
                self.tell(|authority| authority.stamped = Some(stamped));
                Some(head)
            }
            Err(error) => {
                self.complain(&error.context("what was stamped before cannot be relied on"));
                None
            }
        }
    }

    async fn recalled(&self) -> anyhow::Result<Option<(Stamped, Head)>> {
        let Some(bytes) = self.parts.publication.last_attested(&self.subject()).await? else {
            return Ok(None);
        };
        let stamped = serde_json::from_slice::<Stamped>(&bytes)?;
        let signed = Signed::parse(stamped.checkpoint.as_bytes())?;
        signed.open(&self.parts.trust)?;
        let token = STANDARD.decode(&stamped.token)?;
        timestamp::verify(&token, signed.note().text().as_bytes(), &self.authority().trusted)?;
        Ok(Some((stamped, signed.checkpoint().head())))
    }

    /// A stamp that is verified and on disk.
    async fn stamp(&self, signed: &Signed) -> Result<Stamped, Refusal> {
        let nonce = getrandom::u64().map_err(Refusal::Random)?;
        let text = signed.note().text().as_bytes();
        let token = self.ask(timestamp::request(text, nonce)?).await?;
        let stamp = timestamp::verify(&token, text, &self.authority().trusted)?;
        if !stamp.answers(nonce) {
            return Err(Refusal::Nonce);
        }
        let Stamp { time, authority, policy, serial, .. } = stamp;
        let (size, checkpoint) = (signed.checkpoint().head().size, signed.to_string());
        let token = STANDARD.encode(token);
        let stamped = Stamped { size, time, authority, policy, serial, checkpoint, token };
        self.parts.publication.attest(self.subject(), serde_json::to_vec(&stamped)?.into()).await?;
        Ok(stamped)
    }

    async fn ask(&self, query: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        let unreachable = |error: reqwest::Error| Refusal::Unreachable(error.without_url());
        let request = self.client.post(self.authority().url.clone());
        let request = request.header(CONTENT_TYPE, "application/timestamp-query").body(query);
        let response = request.send().await.map_err(unreachable)?;
        if response.status() != StatusCode::OK {
            return Err(Refusal::Status(response.status()));
        }
        let body = outside::body(response).await.map_err(unreachable)?.ok_or(Refusal::TooLarge)?;
        Ok(timestamp::token(&body)?)
    }

    fn complain(&self, error: &anyhow::Error) {
        let (name, failure) = (&self.authority().name, format!("{error:#}"));
        tracing::warn!(authority = name, failure, "a time stamp authority does not stamp");
        self.parts.metrics.stamp_failed(name);
        self.tell(|authority| authority.failure = Some(failure));
    }

    /// Brings the report up to date, with the metrics and what `/ready` notes.
    fn tell(&self, change: impl FnOnce(&mut OfAuthority)) {
        let mut note = String::new();
        self.told.send_modify(|report| {
            let report = Arc::make_mut(report);
            change(&mut report.authorities[self.which]);
            let sizes = report.authorities.iter().filter_map(|one| Some(one.stamped.as_ref()?.size));
            report.stamped = sizes.max();
            let failing = report.authorities.iter().filter(|one| one.failure.is_some()).count();
            let (size, all) = (report.stamped.unwrap_or(0), report.authorities.len());
            self.parts.metrics.stamped(size);
            note = format!("{size} events are stamped; {failing} of {all} authorities fail");
        });
        self.parts.readiness.note("auditor.timestamps", note);
    }
}
