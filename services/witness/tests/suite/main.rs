//! A witness that listens, and logs that ask it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod asking;
mod remembering;
mod support;
