//! The projector: keeps the read models and answers queries from them.
//!
//! - [`Dossiers`] answer [`Query`](contract::Query): records, histories, events, the log, lists.
//! - [`Happenings`], the timeline, answer [`Timeline`](contract::Timeline): events of parties over valid time.
//! - [`Expectations`], the calendar, answer [`Agenda`](contract::Agenda): what is to come, and what is overdue.
//! - [`Texting`], the search, answers [`Find`](contract::Find): full text, lists with words, counts.
//!
//! Each read model is a [`Projection`] in a database of its own, rebuilt from the log
//! whenever it is lost, and while it serves when an operator puts a file `REBUILD` into its folder. Any number of projectors share the questions by a queue group, each with folders of its
//! own. A question says which position the answer must reflect at least; it waits for that, bounded.
//!
//! **What a reader may not see is not there**: rows are keyed by marking, and a question looks only under the
//! markings that its reader may see. No count, page or cursor tells of the rest, and no address.

mod addresses;
mod admitted;
mod ahead;
mod at_hand;
mod brief;
mod calendar;
mod cursor;
#[cfg(test)]
mod digests;
mod dossiers;
#[cfg(test)]
mod earlier;
mod filter;
mod folds;
mod head;
#[cfg(test)]
mod hidden;
mod history;
mod index;
mod items;
mod key;
mod markings;
pub mod metrics;
mod model;
mod opened;
#[cfg(test)]
mod order;
mod page;
mod parties;
#[cfg(test)]
mod sealed;
mod search;
mod serve;
#[cfg(test)]
mod testing;
mod timeline;
mod turns;

use std::sync::Arc;

use anyhow::Context;
use contract::subjects;
use domain::Levels;
use eventlog::EventLog;
use readmodel::{Projection, Settings as ModelSettings};
use sealing::Keys;
use service::{Endpoint, Shell};

use crate::ahead::Ahead;
pub use crate::calendar::Expectations;
pub use crate::dossiers::Dossiers;
use crate::metrics::Metrics;
use crate::opened::Opened;
use crate::search::Indexer;
pub use crate::search::Texting;
use crate::serve::Served;
pub use crate::timeline::Happenings;
use crate::turns::Turns;

/// Projectors share the questions.
const QUEUE: &str = "projectors";

/// What an operator may set.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Projector")]
pub struct Settings {
    /// Memory for the pages of each read model, in MiB
    #[arg(long, env = "CHANCERY_PROJECTOR_CACHE", value_name = "MIB", default_value_t = 64)]
    pub projector_cache: u64,

    /// Queries of each kind that are answered at once; those beyond are refused
    #[arg(long, env = "CHANCERY_PROJECTOR_IN_FLIGHT", value_name = "COUNT", default_value_t = 256)]
    pub projector_in_flight: usize,

    /// Events that a read model may be behind and still count as ready
    #[arg(long, env = "CHANCERY_PROJECTOR_LAG", value_name = "EVENTS", default_value_t = 10_000)]
    pub projector_lag: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { projector_cache: 64, projector_in_flight: 256, projector_lag: 10_000 }
    }
}

/// Projects and answers until the shell is shut down.
///
/// # Errors
/// When the log or a database cannot be opened, or an endpoint cannot be set up. A read model that fails later
/// makes the process not ready and goes on answering from what it has; one that is of another log answers nothing.
pub async fn run(settings: Settings, shell: Shell) -> anyhow::Result<()> {
    // Before anything is waited for: until they are set, nobody may think that questions are answered.
    let names = [Dossiers::NAME, Happenings::NAME, Expectations::NAME, Texting::NAME, "endpoints"];
    let [.., serving] = names.map(|name| shell.latch(name));
    let log = EventLog::open(shell.client.clone(), eventlog::Settings::default());
    let log = log.await.context("the log cannot be opened")?;
    let log = Opened::new(log, Keys::new(shell.client.clone()));
    let metrics = Metrics::register(&shell.metrics);
    let levels = Arc::new(Levels::default());
    let models = ModelSettings { cache_bytes: settings.projector_cache << 20, ..ModelSettings::default() };

    let projection = Dossiers::new(metrics.raw(Dossiers::NAME));
    let dossiers = model::start(projection, models, &settings, &log, &metrics, &shell).await?;
    let projection = Happenings::new(metrics.raw(Happenings::NAME));
    let timeline = model::start(projection, models, &settings, &log, &metrics, &shell).await?;
    let projection = Expectations::new(metrics.raw(Expectations::NAME));
    let calendar = model::start(projection, models, &settings, &log, &metrics, &shell).await?;

    let projection = Texting::new(metrics.raw(Texting::NAME));
    let texts = model::start(projection, models, &settings, &log, &metrics, &shell).await?;
    let origin = log.events().identity().created.to_string();
    let index = Indexer::start(texts.clone(), origin, &metrics, &shell);

    let endpoint =
        |name, subject| Endpoint { name, subject, queue: QUEUE, in_flight: settings.projector_in_flight };
    // Of the places for waiting, which are as many, most are left to those who wait for what they wrote.
    let places = (settings.projector_in_flight / 4).max(1);
    let ahead = || Ahead::new(log.events().clone(), places);
    let served = Arc::new(Served {
        reader: dossiers,
        levels: levels.clone(),
        ahead: ahead(),
        turns: Turns::default(),
    });
    let answer = move |request| served.clone().dossiers(request);
    shell.serve(endpoint(Dossiers::NAME, subjects::DOSSIERS), answer).await?;
    let served = Arc::new(Served {
        reader: timeline,
        levels: levels.clone(),
        ahead: ahead(),
        turns: Turns::default(),
    });
    let answer = move |request| served.clone().timeline(request);
    shell.serve(endpoint(Happenings::NAME, subjects::TIMELINE), answer).await?;
    let served = Arc::new(Served {
        reader: calendar,
        levels: levels.clone(),
        ahead: ahead(),
        turns: Turns::default(),
    });
    let answer = move |request| served.clone().calendar(request);
    shell.serve(endpoint(Expectations::NAME, subjects::CALENDAR), answer).await?;
    let served = Arc::new(Served { reader: texts, levels, ahead: ahead(), turns: Turns::default() });
    let answer = move |request| served.clone().search(index.clone(), request);
    shell.serve(endpoint(Texting::NAME, subjects::SEARCH), answer).await?;
    serving.set();

    shell.shutdown.cancelled().await;
    Ok(())
}
