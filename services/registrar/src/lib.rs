//! The registrar admits events: it completes what was proposed, checks it against its record and appends it.
//!
//! - `draft` completes and reads proposals; `decide` judges them, purely; `submit` ties both to the log.
//! - `merger` says what a record may be merged into.
//! - `known` remembers which log it is.
//! - `seals` says what is recorded sealed, by the `retention` that is configured and assigned; `destroy` ends what a
//!   disposal has begun.
//! - `cache` keeps the folds of records in memory; `tail` keeps them fresh.
//!
//! Several registrars share the work: each append is guarded, so they need not know of each other. What is
//! recorded, and by which rules, is the [domain]'s; how events are stored is the [eventlog]'s.
//!
//! [domain]: ../domain/index.html
//! [eventlog]: ../eventlog/index.html

mod answer;
mod cache;
mod decide;
mod destroy;
mod draft;
mod envelope;
mod fingerprint;
mod fold;
mod known;
mod merger;
mod metrics;
mod refusal;
mod retention;
mod rules;
mod seals;
mod serve;
mod settings;
mod submit;
mod tail;

pub use retention::Schedule;
pub use serve::run;
pub use settings::Settings;
