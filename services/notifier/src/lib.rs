//! The notifier: tells subscribers of events, in order, until they have them.
//!
//! - `store` is the bucket of subscriptions, which notifiers alone read and write.
//! - `manage` sets subscriptions up, changes, shows and ends them, for the agency that they belong to.
//! - `answer` is where what is asked comes in.
//! - `engine` shares the subscriptions among the notifiers that live; `worker` delivers for one.
//! - `deliveries` is the record of what was sent, and who received what: a [read model](readmodel) of the journal.
//!
//! What was delivered, and how far each subscription has come, is in the journal of deliveries: its last line of a
//! subscription is all that another notifier needs to go on. A line is written only behind the one that its writer knew
//! as the last, so of two that take themselves for responsible one finds out that it is not.

mod answer;
mod deliveries;
mod engine;
mod manage;
mod settings;
mod store;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use contract::subjects;
use domain::Levels;
use eventlog::{DELIVERIES_PLAN, Journal, Ledger, READS_PLAN, Writer};
use following::{Live, Paging};
use service::{Endpoint, Shell};
use webhook::Poster;

use answer::Answering;
use engine::Engine;
use manage::{Managing, Standing};
use worker::Parts;

pub use deliveries::Deliveries;
pub use settings::Settings;
pub use store::{Kept, Store, StoreError};

/// How many subscriptions ask for pages at once when they are behind.
const CATCHING_UP: usize = 8;

/// How long an answer of the log, of the journal and of the log of reads may take.
const ANSWERING: Duration = Duration::from_secs(10);

/// Tells subscribers and answers until the shell is shut down.
///
/// # Errors
/// When the journal of deliveries, or the record of them, cannot be opened.
pub async fn run(settings: Settings, shell: Shell) -> anyhow::Result<()> {
    // Before anything is waited for: until it is set, nobody may think that this is ready.
    let serving = shell.latch("endpoint");
    let journal = Journal::open(shell.client.clone(), DELIVERIES_PLAN, &eventlog::Settings::default()).await;
    let journal = journal.context("the journal of deliveries cannot be opened")?;
    let deliveries = Deliveries::start(journal, settings.notifier_cache, &shell).await?;
    let store =
        Store::open(shell.client.clone(), 1).await.context("the bucket of subscriptions cannot be opened")?;
    let live =
        Live::new(shell.clone(), Levels::default(), Paging { at_once: CATCHING_UP, within: ANSWERING });
    let ledger = Ledger::new(shell.client.clone(), DELIVERIES_PLAN, ANSWERING);
    let poster = Poster::new(settings.poster()).context("nothing can be posted")?;
    let managing = Managing {
        store: store.clone(),
        standing: Standing::new(shell.client.clone(), ledger.clone()),
        clock: shell.clock.clone(),
        levels: Levels::default(),
        poster: poster.clone(),
        most: settings.subscriptions_per_agency,
    };
    let parts = Parts {
        shell: shell.clone(),
        live: live.clone(),
        ledger,
        deliveries: deliveries.clone(),
        poster,
        reads: Writer::new(shell.client.clone(), READS_PLAN, ANSWERING),
        levels: Levels::default(),
        schedule: settings.retry_schedule.clone(),
        pause_after: settings.pause_after,
    };
    let engine = Engine::new(store, Arc::new(parts), settings.notifier_within);
    shell.tasks.spawn(live.run());
    shell.tasks.spawn(engine.run());
    let answering = Arc::new(Answering { managing, deliveries });
    let handler = move |request| Arc::clone(&answering).answer(request);
    shell.serve(endpoint(settings.notifier_in_flight), handler).await?;
    serving.set();
    shell.shutdown.cancelled().await;
    Ok(())
}

const fn endpoint(in_flight: usize) -> Endpoint {
    Endpoint { name: "subscriptions", subject: subjects::SUBSCRIPTIONS, queue: "notifiers", in_flight }
}
