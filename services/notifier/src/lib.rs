//! The notifier: tells subscribers of events, in order, until they have them.
//!
//! - `store` is the bucket of subscriptions, which notifiers alone read and write.
//!
//! What was delivered, and how far each subscription has come, is in the journal of deliveries: its last line of a
//! subscription is all that another notifier needs to go on. A line is written only behind the one that its writer knew
//! as the last, so of two that take themselves for responsible one finds out that it is not.

mod store;

use anyhow::Context;
use contract::subjects;
use contract::{Problem, ProblemKind};
use eventlog::{DELIVERIES_PLAN, Journal};
use service::{Endpoint, Reply, Shell};

pub use store::{Kept, Store, StoreError};

/// What an operator may set.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Notifier")]
pub struct Settings {
    /// Questions that are answered at once; those beyond are refused
    #[arg(long, env = "CHANCERY_NOTIFIER_IN_FLIGHT", value_name = "COUNT", default_value_t = 256)]
    pub notifier_in_flight: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { notifier_in_flight: 256 }
    }
}

/// Tells subscribers and answers until the shell is shut down.
///
/// # Errors
/// When the journal of deliveries cannot be opened.
pub async fn run(settings: Settings, shell: Shell) -> anyhow::Result<()> {
    // Before anything is waited for: until it is set, nobody may think that this is ready.
    let serving = shell.latch("endpoint");
    let journal = Journal::open(shell.client.clone(), DELIVERIES_PLAN, &eventlog::Settings::default()).await;
    journal.context("the journal of deliveries cannot be opened")?;
    let _store = Store::new(shell.client.clone());
    shell
        .serve(endpoint(settings.notifier_in_flight), |_| async {
            Reply::from(Problem::new(ProblemKind::NotFound, "there are no subscriptions yet"))
        })
        .await?;
    serving.set();
    shell.shutdown.cancelled().await;
    Ok(())
}

const fn endpoint(in_flight: usize) -> Endpoint {
    Endpoint { name: "subscriptions", subject: subjects::SUBSCRIPTIONS, queue: "notifiers", in_flight }
}
