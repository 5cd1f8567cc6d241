//! The gateway against a real nats-server, with a responder in place of registrar and projector.
#![expect(clippy::unwrap_used, reason = "a failure in a test says where it was")]

mod attacks;
mod calendars;
mod edge;
mod following;
mod limits;
mod problems;
mod proofs;
mod reading;
mod reads;
mod submitting;
mod subscriptions;
