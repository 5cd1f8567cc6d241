//! What the tests of every crate need: a real nats-server each, waits that are bounded, an HTTP client.
//!
//! - [`NatsServer`] is one server process with a store of its own; [`Cluster`] is three that replicate.
//!   Both die with the test, also when it panics or is killed.
//! - [`Guarded`] is any other process that dies with the test.
//! - [`TimeStampAuthority`] is one of `openssl`'s.
//! - [`stored`] is what a server keeps on disk, as somebody alters it.
//! - [`eventually`] waits for a condition, never for a time.
//! - [`http_client`] speaks to what a test has started.
//!
//! Nothing here is meant for production: failures panic with a message for the reader of the test.

mod authority;
mod binary;
mod cluster;
mod guarded;
mod http;
mod port;
mod process;
mod server;
pub mod stored;
mod wait;

pub use authority::TimeStampAuthority;
pub use binary::nats_server;
pub use cluster::Cluster;
pub use guarded::Guarded;
pub use http::http_client;
pub use port::free as free_port;
pub use server::NatsServer;
pub use wait::{PATIENCE, eventually};
