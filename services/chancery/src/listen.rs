//! `chancery listen`: a small receiver of webhooks, for trying them out.
//!
//! It shows what a receiver has to do: take the body as it came, verify it before it is read, know by the id what it has
//! already, and answer soon. It keeps nothing.

use std::collections::HashSet;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use service::Clock;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use webhook::{MessageId, PublicKey, Secret, Verified, Verifier, VerifyingKey};

use crate::failure::Failure;
use crate::{out, signals, words};

/// How long answers that were begun may take after a stop.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// No event is larger.
const MOST_BYTES: usize = 8 << 20;
/// Of so many messages it is known whether they came before.
const REMEMBERED: usize = 100_000;

/// Receive webhooks, to try them out: verify them and print what they say
///
/// What verifies is printed, a line each, and answered with --status; what does not is answered with 400 and the reason.
/// A message that comes again, as it may, is marked so.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  chancery listen --secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
  chancery listen --public-key whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo= --json
")]
pub(crate) struct Listen {
    #[command(flatten)]
    keys: Keys,

    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8082")]
    listen: SocketAddr,

    /// What to answer to what verifies
    #[arg(long, value_name = "CODE", default_value = "204")]
    status: StatusCode,

    /// Answer 503 to so many requests before, though they verify
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    fail_first: usize,

    /// Stop after so many messages
    #[arg(long, short = 'n', value_name = "COUNT")]
    count: Option<usize>,

    /// Print each message as JSON, in one line
    #[arg(long)]
    json: bool,
}

/// Whom to believe.
#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = true)]
#[command(next_help_heading = "Whom to believe; each may be repeated, for while keys change")]
struct Keys {
    /// A secret that is shared with the sender (whsec_…)
    #[arg(
        long,
        env = "CHANCERY_WEBHOOK_SECRET",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "SECRET"
    )]
    secret: Vec<Secret>,

    /// A public key of the sender (whpk_…)
    #[arg(long, env = "CHANCERY_WEBHOOK_PUBLIC_KEY", value_delimiter = ',', value_name = "KEY")]
    public_key: Vec<PublicKey>,
}

impl Listen {
    /// Answers until interrupted, or until there were as many messages as were asked for.
    ///
    /// # Errors
    /// When the address cannot be taken, or nobody reads what is printed.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let interrupted = signals::interrupted()?;
        let listener = TcpListener::bind(self.listen).await;
        let listener = listener.with_context(|| format!("{} cannot be taken", self.listen))?;
        out::complain(&format!("listening at http://{}", listener.local_addr()?));

        let receiver = Arc::new(Receiver::new(self));
        let enough = receiver.enough.clone();
        let router = Router::new().fallback(receive).layer(DefaultBodyLimit::max(MOST_BYTES));
        let serve = axum::serve(listener, router.with_state(Arc::clone(&receiver)));
        let served = serve.with_graceful_shutdown(enough.clone().cancelled_owned()).into_future();
        let mut served = tokio::spawn(served);
        tokio::select! {
            () = interrupted => enough.cancel(),
            () = enough.cancelled() => {}
        }
        if tokio::time::timeout(STOP_WITHIN, &mut served).await.is_err() {
            served.abort();
        }
        receiver.heard().failure.take().map_or(Ok(()), Err)
    }
}

/// What the requests have in common.
struct Receiver {
    listen: Listen,
    verifier: Verifier,
    heard: Mutex<Heard>,
    /// Cancelled once nothing more is wanted.
    enough: CancellationToken,
}

#[derive(Default)]
struct Heard {
    messages: usize,
    ids: HashSet<MessageId>,
    failure: Option<Failure>,
}

impl Receiver {
    fn new(listen: Listen) -> Self {
        let secrets = listen.keys.secret.iter().cloned().map(VerifyingKey::from);
        let keys = secrets.chain(listen.keys.public_key.iter().cloned().map(VerifyingKey::from));
        let verifier = Verifier::new(keys);
        Self { listen, verifier, heard: Mutex::default(), enough: CancellationToken::new() }
    }

    fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prints a message that verifies; how it is to be answered.
    fn take(&self, verified: &Verified, body: &[u8]) -> StatusCode {
        let mut heard = self.heard();
        let status = if heard.messages < self.listen.fail_first {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            self.listen.status
        };
        heard.messages += 1;
        if heard.ids.len() == REMEMBERED {
            heard.ids.clear();
        }
        let again = !heard.ids.insert(verified.id.clone());
        let told = Told { verified, body: &serde_json::from_slice(body).unwrap_or_default(), again, status };
        let said =
            if self.listen.json { out::say_raw(&told.json().to_string()) } else { out::say(&told.line()) };
        if let Err(failure) = said {
            heard.failure = Some(failure);
            self.enough.cancel();
        }
        if self.listen.count.is_some_and(|count| heard.messages >= count) {
            self.enough.cancel();
        }
        status
    }
}

async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> Response {
    match receiver.verifier.verify(&headers, &body, Clock::system().now()) {
        Ok(verified) => receiver.take(&verified, &body).into_response(),
        Err(error) => {
            out::complain(&format!("refused: {error}"));
            (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response()
        }
    }
}

/// A message, and what was answered.
struct Told<'m> {
    verified: &'m Verified,
    body: &'m Value,
    again: bool,
    status: StatusCode,
}

impl Told<'_> {
    fn line(&self) -> String {
        let (body, data) = (self.body, &self.body["data"]);
        let mut line = if body.is_null() {
            format!("{} holds no JSON", self.verified.id)
        } else {
            let moment = words::moment(&body["timestamp"]);
            let (event, subject) = (words::short_type(&body["type"]), words::plain(&data["subject"]));
            format!("{moment}  {event:<32}  {subject}  {}", words::gist(&data["data"]))
        };
        line.truncate(line.trim_end().len());
        if self.again {
            line.push_str("  (again)");
        }
        if !self.status.is_success() {
            let _ = write!(line, "  (answered {})", self.status.as_u16());
        }
        line
    }

    fn json(&self) -> Value {
        json!({
            "id": self.verified.id.as_str(),
            "attempted": self.verified.at.to_string(),
            "scheme": self.verified.scheme,
            "again": self.again,
            "answered": self.status.as_u16(),
            "message": self.body,
        })
    }
}
