//! The gateway's settings.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use service::settings::seconds;
use tokio::sync::watch;

/// What the gateway can be told.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Gateway")]
pub struct Settings {
    /// Where the HTTP API is served; port 0 takes a free one
    #[arg(long, env = "CHANCERY_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Public keys (Ed25519, PEM) that sign tokens; without any, keys/token.pub.pem in the data folder
    #[arg(long, env = "CHANCERY_TOKEN_KEY", value_name = "FILE", value_delimiter = ',')]
    pub token_key: Vec<PathBuf>,

    /// Who issues the tokens
    #[arg(long, env = "CHANCERY_TOKEN_ISSUER", value_name = "NAME", default_value = service::token::ISSUER)]
    pub token_issuer: String,

    /// How many requests are worked on at once; those beyond are refused
    #[arg(long, env = "CHANCERY_HTTP_IN_FLIGHT", value_name = "COUNT", default_value_t = 1024)]
    pub http_in_flight: usize,

    /// How many of them one caller, a subject of an agency, may have; without, half
    #[arg(long, env = "CHANCERY_HTTP_SHARE", value_name = "COUNT")]
    pub http_share: Option<usize>,

    /// How many streams of events are open at once, half of them of one caller at most; those beyond are refused
    #[arg(long, env = "CHANCERY_HTTP_STREAMS", value_name = "COUNT", default_value_t = 2048)]
    pub http_streams: usize,

    /// Seconds after which a stream that is silent gives a sign of life
    #[arg(long, env = "CHANCERY_HTTP_STREAM_BEAT", value_name = "SECONDS", value_parser = seconds, default_value = "15")]
    pub http_stream_beat: Duration,

    /// Where the keys are that sign the tickets of streams; without, keys/tickets in the data folder. Gateways that
    /// share an address share it
    #[arg(long, env = "CHANCERY_HTTP_TICKET_KEYS", value_name = "FOLDER")]
    pub http_ticket_keys: Option<PathBuf>,

    /// How many connections are open at once; those beyond wait
    #[arg(long, env = "CHANCERY_HTTP_CONNECTIONS", value_name = "COUNT", default_value_t = 4096)]
    pub http_connections: usize,

    /// Seconds within which a request's head, and then its body, must arrive
    #[arg(long, env = "CHANCERY_HTTP_READ_WITHIN", value_name = "SECONDS", value_parser = seconds, default_value = "10")]
    pub http_read_within: Duration,

    /// Seconds after which a client that does not read its answer is cut off
    #[arg(long, env = "CHANCERY_HTTP_WRITE_WITHIN", value_name = "SECONDS", value_parser = seconds, default_value = "20")]
    pub http_write_within: Duration,

    /// Seconds within which the register answers
    #[arg(long, env = "CHANCERY_HTTP_ANSWER_WITHIN", value_name = "SECONDS", value_parser = seconds, default_value = "10")]
    pub http_answer_within: Duration,

    /// Seconds within which a read of marked material is logged; one that is not is refused
    #[arg(long, env = "CHANCERY_HTTP_LOG_WITHIN", value_name = "SECONDS", value_parser = seconds, default_value = "3")]
    pub http_log_within: Duration,

    /// Show checkpoints, hash tiles and consistency proofs, which tell nothing of what is recorded but how many events
    /// there are, to who has no token
    #[arg(long, env = "CHANCERY_PUBLIC_CHECKPOINTS")]
    pub public_checkpoints: bool,

    /// Told where the gateway listens
    #[arg(skip)]
    pub bound: Bound,
}

/// Where the gateway listens, once it does. Clones are told the same.
#[derive(Clone, Debug)]
pub struct Bound(Arc<watch::Sender<Option<SocketAddr>>>);

impl Bound {
    /// Waits until the gateway listens.
    ///
    /// # Panics
    /// Never: this holds the other end of what it waits on.
    pub async fn address(&self) -> SocketAddr {
        let mut told = self.0.subscribe();
        let address = told.wait_for(Option::is_some).await.expect("self holds the sender");
        address.expect("it is waited for")
    }

    pub(crate) fn tell(&self, address: SocketAddr) {
        self.0.send_replace(Some(address));
    }
}

impl Default for Bound {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}
