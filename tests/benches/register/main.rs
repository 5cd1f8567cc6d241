//! Measures the register against what its parts could do at best on the machine that it runs on: every ceiling
//! is measured in the same run, in turns with ours, so that the ratios hold where the figures do not.
//!
//! - [`append`]: durable append over HTTP against raw guarded JetStream publishing on the same server.
//! - [`replay`]: the log into both read models against reading the stream raw and writing the same rows raw.
//! - [`query`]: a record over HTTP against a bare route over one NATS round trip.
//! - [`growth`]: both again in a long log against a short one.
//! - [`questions`]: lists, timelines, calendars, briefs, searches and counts of a generated register against a
//!   record over HTTP.
//! - [`proofs`]: proofs, building the tree and verifying a whole export of a generated register.
//! - [`following`]: from an event's acknowledgement to 1, 100 and 1,000 streams against raw NATS.
//! - [`notifying`]: webhooks to 1 and 16 receivers against a bare HTTP client that posts the same.
//!
//! `make bench`, or `cargo bench -p system-tests --bench register -- --help`. Nothing here fails on a figure.

mod append;
mod bare;
mod connection;
mod events;
mod following;
mod generated;
mod growth;
mod machine;
mod measure;
mod notifying;
mod options;
mod proofs;
mod query;
mod questions;
mod raw;
mod register;
mod replay;
mod report;
mod templates;

use crate::options::{Options, Part, Role};
use crate::register::Register;
use crate::report::{Report, progress};
use crate::templates::Templates;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = service::settings::parse::<Options>();
    if let Some(Role::Bare { nats, listen, body }) = &options.role {
        return bare::serve(nats, listen, body).await;
    }
    let templates = templates().await?;
    let mut report = Report::new(machine::describe(&options, &templates));
    if options.measures(Part::Append) {
        append::measure(&options, &templates, &mut report).await?;
    }
    if options.measures(Part::Replay) {
        replay::measure(&options, &templates, &mut report).await?;
    }
    if options.measures(Part::Query) {
        query::measure(&options, &templates, &mut report).await?;
    }
    if options.measures(Part::Growth) {
        growth::measure(&options, &templates, &mut report).await?;
    }
    if options.measures(Part::Questions) {
        questions::measure(&options, &mut report).await?;
    }
    if options.measures(Part::Proofs) {
        proofs::measure(&options, &mut report).await?;
    }
    if options.measures(Part::Notifying) {
        notifying::measure(&options, &mut report).await?;
    }
    if options.measures(Part::Following) {
        following::measure(&options, &templates, &mut report).await?;
    }
    report.print(options.json)
}

async fn templates() -> anyhow::Result<Templates> {
    progress("recording events to take as models");
    let register = Register::start().await?;
    let mut connections = register.connections(1).await?;
    Templates::record(&mut connections[0], register.log()).await
}
