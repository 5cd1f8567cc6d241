//! The log against real servers: one that is alone and three that replicate.

#![expect(clippy::unwrap_used, reason = "a test that fails says so by panicking, in its helpers too")]

mod append;
mod batch;
mod group;
mod journal;
mod ledger;
mod restart;
mod setup;
mod silence;
mod support;
mod tail;
