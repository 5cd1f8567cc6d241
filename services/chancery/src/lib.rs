//! The one program: the whole register or any of its roles (`serve`), and the command line of those who use it.
//!
//! - [`main`] reads the command line; there is one module a command.
//! - `serve` puts roles into a process, and gives them a private nats-server if they are given no other.
//! - Everything else speaks to a register over HTTP, as any client would.
//!
//! Not here: what the services do.

mod access;
mod accounts;
mod agenda;
mod bidi;
mod brief;
mod calendar;
mod cli;
mod client;
mod correct;
mod embedded;
mod export;
mod failure;
mod filters;
mod history;
mod holder;
mod ink;
mod keys;
mod known;
mod list;
mod listen;
mod markdown;
mod named;
mod out;
mod overdue;
mod page;
mod paragraph;
mod reads;
mod recipients;
mod record;
mod search;
mod serve;
mod show;
mod signals;
mod stats;
mod subscriptions;
mod table;
mod tail;
mod tiles;
mod timeline;
mod token;
mod trail;
mod verify;
mod witness;
mod words;

use std::process::ExitCode;

/// Pages of the databases come and go: with the system's allocator, projecting spent a third of its time there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the program on the process's own command line.
#[must_use]
pub fn main() -> ExitCode {
    let cli = service::settings::parse::<cli::Cli>();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            out::complain(&format!("error: no runtime: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(cli.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            out::complain(&failure.text());
            failure.code()
        }
    }
}
