//! One record: what its events amount to, and whether another one is admitted.
//!
//! [`Record::admit`] decides, [`Record::apply`] folds. Both are pure; neither can fail for what was admitted.
//! An ordinary event is one step on from what was folded; a correction or a retraction changes the past, so
//! that the kept events are folded again.
//!
//! - an [`account`] is one happening, told by one event and restated by others; [`side_by_side`] shows who tells
//!   what of it;
//! - the accounts make up the description and the course of [`engagement`], [`instrument`], [`commitment`],
//!   [`matter`], [`party`] and [`source`];
//! - [`custody`] is how the record is kept: marking, holds, retention, disposal.

mod account;
mod admission;
mod amendment;
mod commitment;
mod course;
mod custody;
mod engagement;
mod entry;
mod expectation;
mod facets;
mod instrument;
mod matter;
mod party;
mod plausibility;
mod review;
mod side_by_side;
mod source;
mod standing;
mod state;
mod status;
mod title;
mod view;

use std::sync::Arc;

pub use admission::MOST_EVENTS;
pub use entry::Entry;
pub use expectation::{Expectation, Foreseen, Outcome, Running};
pub use facets::{Facets, Mention};
pub use review::Corrected;
pub use status::statuses;
use uuid::Uuid;

use self::review::Correction;
use self::state::State;
use self::view::Telling;
use crate::read::Issue;
use crate::value::{CitedSource, Relation};
use crate::vocabulary::{CITATIONS, LINKS, Vocabulary};
use crate::{Anomaly, Bounds, Data, Event, EventName, Marking, Subject};

/// One record of the register.
#[derive(Clone, Debug)]
pub struct Record {
    subject: Subject,
    entries: Vec<Entry>,
    corrections: Vec<Correction>,
    state: State,
    title: String,
}

impl Record {
    /// A record of which nothing is known yet.
    #[must_use]
    pub fn new(subject: Subject) -> Self {
        Self {
            subject,
            entries: Vec::new(),
            corrections: Vec::new(),
            state: State::default(),
            title: String::new(),
        }
    }

    /// Decides about the next event: what the rules find implausible in it.
    ///
    /// # Errors
    /// Every hard rule that it breaks, each with the place in the event's `data`.
    pub fn admit(&self, candidate: &Event, vocabulary: &Vocabulary) -> Result<Vec<Anomaly>, Vec<Issue>> {
        admission::decide(self, candidate)?;
        Ok(plausibility::doubts(self, candidate, vocabulary))
    }

    /// Takes the next event.
    pub fn apply(&mut self, event: impl Into<Arc<Event>>) {
        let event = event.into();
        let changes_past = event
            .kind
            .known()
            .is_some_and(|kind| matches!(kind.event(), EventName::Corrected | EventName::Retracted));
        let index = self.entries.len();
        self.entries.push(Entry::new(event));
        if changes_past {
            self.refold();
        } else {
            self.state.step(&mut self.entries, index);
        }
        // A record of which all was retracted is still known by the title that it had.
        if self.title.is_empty() || self.is_disposed() || !self.state.accounts.is_empty() {
            self.title = title::of(&self.telling());
        }
    }

    /// Which record it is.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        self.subject
    }

    /// How many events it has.
    #[must_use]
    pub fn version(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    /// Who may see it.
    #[must_use]
    pub const fn marking(&self) -> &Marking {
        &self.state.custody.marking
    }

    /// The agency that owns it: that of its first event.
    #[must_use]
    pub fn owner(&self) -> &str {
        self.entries.first().map_or("", |first| &first.event.agency)
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> &'static str {
        self.telling().status()
    }

    /// The record that stands for it, if it was merged into one.
    #[must_use]
    pub fn merged_into(&self) -> Option<Subject> {
        self.state.merged_into.map(|(into, _)| into)
    }

    /// What it is called, as stated or else made from what is known.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What sort of thing it is.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.state.described.kind().filter(|_| !self.is_disposed())
    }

    /// Earliest and latest day of what happened, else of the time foreseen.
    #[must_use]
    pub fn valid_time(&self) -> Option<Bounds> {
        self.state.described.course.valid_time().filter(|_| !self.is_disposed())
    }

    /// What it is found by.
    #[must_use]
    pub fn facets(&self) -> Facets {
        if self.is_disposed() { Facets::default() } else { facets::of(&self.telling()) }
    }

    /// What it is to others, with the event that says so.
    pub fn links(&self) -> impl Iterator<Item = (Relation, Subject, Uuid)> {
        let standing = self.entries.iter().filter(|entry| entry.stands() && !self.is_disposed());
        standing.flat_map(|entry| {
            entry.data().list(&LINKS).iter().map(|link| (link.rel, link.to, entry.event.uid))
        })
    }

    /// The sources on record that its accounts rely on, with the event that does.
    pub fn cites(&self) -> impl Iterator<Item = (Subject, Uuid)> {
        let standing = self.entries.iter().filter(|entry| entry.stands() && !self.is_disposed());
        standing.flat_map(|entry| {
            let cited = entry.data().list(&CITATIONS).iter().filter_map(|citation| match citation.source {
                CitedSource::Record(source) => Some(source),
                CitedSource::FirstHand | CitedSource::Web(_) => None,
            });
            cited.map(|source| (source, entry.event.uid))
        })
    }

    /// The accounts of each happening side by side, with what stands of each field and why; nothing once the
    /// record is disposed of.
    #[must_use]
    pub fn accounts(&self) -> Vec<serde_json::Value> {
        if self.is_disposed() { Vec::new() } else { side_by_side::of(&self.entries, &self.state.accounts) }
    }

    /// Its events, oldest first, each with its standing.
    #[must_use]
    pub fn events(&self) -> &[Entry] {
        &self.entries
    }

    /// What corrections changed that stand, oldest first; nothing once the record is disposed of.
    pub fn corrections(&self) -> impl Iterator<Item = Corrected<'_>> {
        self.corrections.iter().filter(|_| !self.is_disposed()).map(|correction| Corrected {
            by: &self.entries[correction.event].event,
            of: &self.entries[correction.target].event,
            pointer: &correction.pointer,
            old: correction.old.as_ref(),
            new: correction.new.as_ref(),
        })
    }

    /// What an event of this record tells of: the event that told it first, and what is taken to be so after all
    /// accounts of it. Nothing for an event that does not count or is about the register, and nothing once the
    /// record is disposed of.
    #[must_use]
    pub fn happening(&self, entry: &Entry) -> Option<(&Entry, &Data)> {
        let account = entry.account.filter(|_| !self.is_disposed())?;
        let account = self.state.accounts.get(account)?;
        Some((self.entries.get(account.first)?, account.data(&self.entries)))
    }

    /// The record as it is served, without links from others.
    #[must_use]
    pub fn view(&self) -> serde_json::Value {
        view::of(self)
    }

    /// What was said last of how long it is kept: the event's data.
    #[must_use]
    pub fn retention(&self) -> Option<&Data> {
        self.state.custody.retention.map(|index| &self.entries[index].event.data)
    }

    /// Whether it was destroyed or handed over; what is left of it is a residue.
    #[must_use]
    pub const fn is_disposed(&self) -> bool {
        self.state.custody.disposal.is_some()
    }

    fn telling(&self) -> Telling<'_> {
        Telling::new(self.subject, &self.entries, &self.state)
    }

    /// Folds every kept event again, as corrections and retractions leave them.
    fn refold(&mut self) {
        self.corrections = review::all(&mut self.entries);
        self.state = State::default();
        // A record is marked from its first event on, even when that did not happen.
        if let Some(first) = self.entries.first() {
            self.state.custody.begin(&first.event.marking);
        }
        for index in 0..self.entries.len() {
            if self.entries[index].stands() {
                self.state.step(&mut self.entries, index);
            }
        }
    }
}
