//! The whole register under test: real processes, a real nats-server, real HTTP.
//!
//! - [`System`] starts roles as processes that can be killed, each on ports and in a folder of its own.
//! - [`Client`] asks the gateway as some principal; an [`Answer`] is what came back.
//! - A [`Follower`] follows the register and resumes by itself.
//! - [`Receivers`] verify webhooks, in other languages.
//! - [`holds`] compares what was served with a pattern that says only what matters.
//! - [`generate`] makes a register of any size from a seed; a [`Recording`] writes events as a registrar does.
//! - [`Past`] records as if at a time gone by.
//! - [`log`] reads the stream itself, [`rows`] a read model's database, both past every service.
//! - [`sample`] reads `samples/`.
//!
//! The tests are under `tests/`.

mod client;
mod follower;
pub mod generate;
pub mod log;
mod past;
mod pattern;
mod principal;
mod receivers;
mod recording;
pub mod rows;
pub mod sample;
mod system;

pub use client::{Answer, Client};
pub use follower::Follower;
pub use past::Past;
pub use pattern::{holds, missing};
pub use principal::{AGENCY, OFFICER, principal};
pub use receivers::Receivers;
pub use recording::{Author, Proposal, Recording};
pub use system::System;
