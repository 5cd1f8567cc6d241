//! Projectors against a real log: asked over NATS, stopped, started again, side by side.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../src/testing/register.rs"]
mod register;

mod continuing;
mod serving;
mod support;
