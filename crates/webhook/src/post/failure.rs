//! Why no answer came.

use std::error::Error;
use std::io;
use std::time::Duration;

use super::address::Refused;
use super::reach::{InvalidTarget, Unreachable};

/// Why no answer came. Its text is fit for a delivery log: whose address it is, may read it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The address in the web is none to post to.
    #[error(transparent)]
    Target(#[from] InvalidTarget),
    /// A name leads to addresses that must not be reached.
    #[error("the name {host} leads to nothing else: {refused}")]
    Refused {
        /// The name.
        host: String,
        /// The last of its addresses.
        refused: Refused,
    },
    /// A name leads nowhere.
    #[error("the name cannot be resolved: {0}")]
    Resolve(String),
    /// Nobody takes the connection.
    #[error("no connection: {0}")]
    Connect(String),
    /// Somebody does, but not whom a trusted certificate names.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// The answer was not there in time.
    #[error("no answer within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    /// The connection broke, or what came was no HTTP.
    #[error("no proper answer: {0}")]
    Broken(String),
}

impl Failure {
    /// What kind it is, in a word that stays the same.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Target(_) => "invalid-address",
            Self::Refused { .. } => "refused-address",
            Self::Resolve(_) => "resolve",
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::Timeout(_) => "timeout",
            Self::Broken(_) => "broken",
        }
    }

    /// What the client says, in our words.
    pub(super) fn of(error: &reqwest::Error, within: Duration) -> Self {
        if let Some(unreachable) = found::<Unreachable>(error) {
            return unreachable.into();
        }
        if let Some(tls) = found::<rustls::Error>(error) {
            return Self::Tls(tls.to_string());
        }
        let why = innermost(error);
        match (error.is_timeout(), error.is_connect()) {
            (true, true) => Self::Connect("nobody took it in time".to_owned()),
            (true, false) => Self::Timeout(within),
            (false, true) => Self::Connect(why),
            (false, false) => Self::Broken(why),
        }
    }
}

impl From<&Unreachable> for Failure {
    fn from(unreachable: &Unreachable) -> Self {
        match unreachable {
            Unreachable::Refused { host, refused } => Self::Refused { host: host.clone(), refused: *refused },
            Unreachable::Name { host, source } => Self::Resolve(format!("{host}: {source}")),
        }
    }
}

/// The errors behind an error, itself first. What an I/O error was made of it does not name as its source.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inner.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

fn found<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    chain(error).find_map(|error| error.downcast_ref::<E>())
}

/// What is at the bottom of it: the layers above say no more than that there is something.
fn innermost(error: &reqwest::Error) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}
