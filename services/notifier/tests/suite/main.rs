//! The notifier against a real server.
#![expect(clippy::unwrap_used, reason = "a failure in a test says where it was")]

mod delivering;
mod feeds;
mod log;
mod managing;
mod recalling;
mod receiver;
mod sharing;
mod store;
mod world;
