//! Registrars against a real nats-server.
#![expect(clippy::unwrap_used, reason = "a failure in a test says where it was")]

mod batches;
mod identity;
mod markings;
mod mergers;
mod mistakes;
mod races;
mod register;
mod sealing;
mod single;
