//! Auditors against a real log: asked over NATS, stopped, started again, given another log.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../src/testing.rs"]
mod testing;

mod proving;
mod reading;
mod refusing;
mod rotating;
mod support;
mod timestamps;
mod witnesses;
