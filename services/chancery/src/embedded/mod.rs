//! The private nats-server: a child process that only this register uses.
//!
//! - [`Lock`] keeps two servers out of one folder, also after a parent was killed.
//! - [`configuration`] writes its settings, with a user and permissions for each role.
//! - [`Server`] starts it, starts it again if it dies, and stops it last.

mod configuration;
mod lock;
mod port;
mod program;
mod server;

pub(crate) use configuration::SET_UP;
pub(crate) use lock::Lock;
pub(crate) use program::find;
pub(crate) use server::{Options, Server};
