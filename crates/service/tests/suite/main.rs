//! The shell against a real nats-server.
#![expect(clippy::unwrap_used, reason = "a failure in a test says where it was")]

mod endpoints;
mod processes;
mod tokens;
