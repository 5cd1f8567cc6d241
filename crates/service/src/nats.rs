//! The connection to NATS: patient at the start, and back for ever after a loss.

use std::time::{Duration, Instant};

use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use tokio::time::sleep;

use crate::{Common, Latch};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The settings name no server.
    #[error("no NATS server is named: give --nats or CHANCERY_NATS")]
    NoServer,
    /// The server does not know who connects.
    #[error("NATS at {servers} refuses these credentials")]
    Refused {
        /// Which servers.
        servers: String,
        /// Why.
        source: async_nats::ConnectError,
    },
    /// No server answered in time.
    #[error("NATS at {servers} did not answer within {waited:?}")]
    Unreachable {
        /// Which servers.
        servers: String,
        /// How long it was tried.
        waited: Duration,
        /// Why the last try failed.
        source: async_nats::ConnectError,
    },
}

impl ConnectError {
    /// Whether trying again later can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

/// Connects as `name`; tries again while no server answers, as long as the settings say. The latch then follows
/// the connection.
///
/// # Errors
/// [`ConnectError`]: what the settings lack, or that no server takes the connection.
pub async fn connect(common: &Common, name: &str, latch: Latch) -> Result<Client, ConnectError> {
    let addresses = common.nats.iter().map(|server| server.address().clone()).collect::<Vec<_>>();
    if addresses.is_empty() {
        return Err(ConnectError::NoServer);
    }
    let servers = common.nats.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let options = options(common, name, &addresses, latch.clone());
        let source = match options.connect(addresses.as_slice()).await {
            Ok(client) => {
                latch.set();
                tracing::info!(%servers, "connected to NATS");
                return Ok(client);
            }
            Err(error) => error,
        };
        if matches!(
            source.kind(),
            ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication
        ) {
            return Err(ConnectError::Refused { servers, source });
        }
        if begun.elapsed() + pause > common.nats_wait {
            return Err(ConnectError::Unreachable { servers, waited: begun.elapsed(), source });
        }
        tracing::warn!(%servers, error = %source, "NATS does not answer yet; trying again");
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn options(common: &Common, name: &str, addresses: &[ServerAddr], latch: Latch) -> ConnectOptions {
    // Replies come to subjects under the own name, so that a credential can be limited to them.
    let options = ConnectOptions::new().name(name).custom_inbox_prefix(format!("_INBOX.{name}"));
    let options = options.event_callback(move |event| follow(event, latch.clone()));
    let options = match common.nats_ca.clone() {
        Some(file) => options.add_root_certificates(file),
        None => options,
    };
    if let Some(token) = &common.nats_token {
        return options.token(token.clone());
    }
    // The client sends one identity to whichever server it is connected to, and reads none from addresses.
    match addresses.iter().find_map(|address| Some((address.username()?, address.password()))) {
        Some((user, Some(password))) => options.user_and_password(decoded(user), decoded(password)),
        Some((token, None)) => options.token(decoded(token)),
        None => options,
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

async fn follow(event: Event, latch: Latch) {
    match event {
        Event::Connected => {
            latch.set();
            tracing::info!("NATS is connected");
        }
        Event::Disconnected => {
            latch.unset();
            tracing::warn!("NATS is disconnected; reconnecting");
        }
        Event::Closed => {
            latch.unset();
            tracing::info!("NATS connection is closed");
        }
        other => tracing::warn!(event = %other, "NATS"),
    }
}
