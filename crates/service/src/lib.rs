//! The shell around every service: what a process of the register needs besides its own work.
//!
//! - [`Common`] holds the settings that every process has, [`settings::Basics`] those without NATS; [`settings::parse`] reads a whole command line and
//!   names every mistake in it.
//! - [`telemetry`] writes log lines, [`Metrics`] counts, [`Readiness`] says whether the process can work.
//! - [`Process`] connects to NATS, serves the admin listener and stops its roles in order; each role runs with
//!   a [`Shell`]. [`Ground`] is a process that needs no NATS.
//! - [`Shell::serve`] answers requests on NATS, [`ask`] sends them.
//! - [`token`] signs and checks who asks; [`mod@file`] keeps what must not be half there.
//!
//! Not here: what any service does.

mod admin;
mod ask;
mod clock;
mod endpoint;
pub mod file;
mod ground;
mod message;
pub mod metrics;
mod nats;
mod process;
mod readiness;
pub mod settings;
mod shell;
pub mod telemetry;
pub mod token;

pub use ask::{AskError, ask};
pub use clock::Clock;
pub use endpoint::{Endpoint, ServeError};
pub use ground::Ground;
pub use message::{Reply, Request, Shown, new_request_id};
pub use metrics::Metrics;
pub use nats::{ConnectError, connect};
pub use process::{Process, StartError};
pub use readiness::{Latch, Readiness};
pub use settings::Common;
pub use shell::Shell;
