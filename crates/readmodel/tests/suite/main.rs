//! Read models follow a log, survive kills, rebuild and refuse a log that is not theirs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod anew;
mod follow;
mod kill;
mod real;
mod rebuild;
mod refuse;
mod support;
