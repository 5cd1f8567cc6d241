//! What was told lately, kept for all who follow.
//!
//! The read model's answers stand one behind the other without a gap. Each says what each of the readers may see who
//! followed when it was asked for; somebody else has to ask for themselves. What was judged before somebody's sight
//! changed is not kept: who has not taken it by then asks anew.

use std::collections::VecDeque;
use std::sync::Arc;

use contract::Facets;
use contract::following::{Filter, Following, Recalled};
use domain::{Levels, Marking, Subject};

use crate::Form;

/// How much is kept. Who lags by more is cut off.
const MOST_EVENTS: usize = 4_096;
const MOST_BYTES: usize = 16 << 20;

/// What it takes to keep what one earlier event is found by.
const OF_A_RECALLED: usize = 512;

/// How much a client takes at once.
const AT_ONCE: usize = 512;

/// One answer of the read model.
#[derive(Debug)]
pub struct Batch<F> {
    /// It is about what stands behind this position …
    after: u64,
    /// … up to this one.
    pub(crate) through: u64,
    /// For whom it was asked.
    readers: Arc<[u64]>,
    events: Vec<Event<F>>,
}

#[derive(Debug)]
struct Event<F> {
    position: u64,
    subject: Subject,
    kind: String,
    facets: Facets,
    /// If it restricts anything.
    marking: Option<Marking>,
    forms: Vec<F>,
    seen: Vec<Option<u16>>,
    recalls: Vec<Recalled>,
}

/// What a reader hears of an event.
#[derive(Debug)]
pub enum Heard<'b, F> {
    /// They may see it, and want to hear of it or of something that it sets right.
    Wanted(Shown<'b, F>),
    /// It is for them only if they received something that it sets right.
    Recall(Recall<'b, F>),
}

/// An event that sets others right.
#[derive(Debug)]
pub struct Recall<'b, F> {
    /// Its place in the log.
    pub position: u64,
    /// What it sets right.
    pub recalls: &'b [Recalled],
    /// The event; none: the reader may not see it, nor learn more of it than which events that they received are set
    /// right.
    pub shown: Option<Shown<'b, F>>,
}

/// An event for one reader.
#[derive(Debug)]
pub struct Shown<'b, F> {
    /// Its place in the log.
    pub position: u64,
    /// The record it belongs to.
    pub subject: Subject,
    /// Its type in full; empty: it says none.
    pub kind: &'b str,
    /// As the reader sees it.
    pub form: &'b F,
    /// Its marking, if that restricts anything.
    pub marking: Option<&'b Marking>,
    /// What it sets right.
    pub recalls: &'b [Recalled],
}

impl<F: Form> Batch<F> {
    /// Reads an answer about what stands behind a position, for some readers; says whether it unsettles what was said
    /// before.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn read(
        after: u64,
        readers: Arc<[u64]>,
        answer: &[u8],
        levels: &Levels,
    ) -> Result<(Self, bool), serde_json::Error> {
        let Following { through, unsettles, events } = serde_json::from_slice(answer)?;
        let events = events.into_iter().map(|told| {
            let marking = told.facets.marking.parse().unwrap_or_else(|_| Marking::unreadable());
            Event {
                position: told.position,
                subject: told.subject,
                marking: levels.restricts(&marking).then_some(marking),
                forms: told.forms.iter().map(|form| F::of(told.position, &told.kind, form.get())).collect(),
                kind: told.kind.into_owned(),
                facets: told.facets,
                seen: told.seen,
                recalls: told.recalls,
            }
        });
        Ok((Self { after, through, readers, events: events.collect() }, unsettles))
    }

    fn is_for(&self, reader: u64) -> bool {
        self.readers.contains(&reader)
    }

    fn bytes(&self) -> usize {
        let of = |event: &Event<F>| {
            event.forms.iter().map(F::size).sum::<usize>() + event.recalls.len() * OF_A_RECALLED
        };
        self.events.iter().map(of).sum()
    }

    /// Up to where it says everything.
    #[must_use]
    pub const fn through(&self) -> u64 {
        self.through
    }

    /// What a reader may hear of behind a position.
    pub(crate) fn heard<'b>(
        &'b self,
        position: u64,
        reader: u64,
        filter: &'b Filter,
    ) -> impl Iterator<Item = Heard<'b, F>> {
        let nth = self.readers.iter().position(|other| *other == reader);
        let events = self.events.iter().filter(move |event| event.position > position);
        events.filter_map(move |event| event.heard(nth?, filter))
    }
}

impl<F> Event<F> {
    fn heard<'b>(&'b self, nth: usize, filter: &Filter) -> Option<Heard<'b, F>> {
        let Self { position, subject, kind, marking, recalls, .. } = self;
        let form = self.seen.get(nth).copied().flatten().and_then(|form| self.forms.get(usize::from(form)));
        let shown = form.map(|form| Shown {
            position: *position,
            subject: *subject,
            kind,
            form,
            marking: marking.as_ref(),
            recalls,
        });
        match shown {
            Some(shown) if self.is_wanted(filter) => Some(Heard::Wanted(shown)),
            shown if !recalls.is_empty() => {
                Some(Heard::Recall(Recall { position: *position, recalls, shown }))
            }
            _ => None,
        }
    }

    /// Who hears of an event hears of what sets it right.
    fn is_wanted(&self, filter: &Filter) -> bool {
        let mut recalls = self.recalls.iter();
        filter.admits(&self.subject, &self.kind, &self.facets)
            || recalls.any(|recalled| filter.admits(&self.subject, &recalled.kind, &recalled.facets))
    }
}

/// What there is behind a position for a reader.
#[derive(Debug)]
pub(crate) enum Behind<F> {
    /// Nothing yet.
    Nothing,
    /// These, in order and without a gap.
    Here(Vec<Arc<Batch<F>>>),
    /// Something that has to be asked for.
    Elsewhere,
    /// Something that was here and is not kept any more.
    Lost,
    /// The log is not what it was: it ends before what it told.
    Broken,
}

#[derive(Debug)]
pub(crate) struct Ring<F> {
    /// Up to where everything was told; none: nobody follows.
    end: Option<u64>,
    batches: VecDeque<Arc<Batch<F>>>,
    events: usize,
    bytes: usize,
    /// The end of what was given up for want of room.
    lost: u64,
}

impl<F> Default for Ring<F> {
    fn default() -> Self {
        Self { end: None, batches: VecDeque::new(), events: 0, bytes: 0, lost: 0 }
    }
}

impl<F: Form> Ring<F> {
    pub(crate) const fn end(&self) -> Option<u64> {
        self.end
    }

    /// Begins at a position.
    pub(crate) fn begin(&mut self, at: u64) {
        *self = Self { end: Some(at), ..Self::default() };
    }

    /// Nobody follows any more.
    pub(crate) fn rest(&mut self) {
        *self = Self::default();
    }

    /// Adds the answer about what is behind the end; `unsettles`: what was said before may no longer be so.
    pub(crate) fn push(&mut self, batch: Batch<F>, unsettles: bool) {
        debug_assert_eq!(Some(batch.after), self.end, "answers leave no gap");
        if unsettles {
            self.batches.clear();
            (self.events, self.bytes) = (0, 0);
        }
        self.end = Some(batch.through);
        self.events += batch.events.len();
        self.bytes += batch.bytes();
        self.batches.push_back(Arc::new(batch));
        while (self.events > MOST_EVENTS || self.bytes > MOST_BYTES || self.batches.len() > MOST_EVENTS)
            && self.batches.len() > 1
            && let Some(oldest) = self.batches.pop_front()
        {
            self.events -= oldest.events.len();
            self.bytes -= oldest.bytes();
            self.lost = oldest.through;
        }
    }

    /// What is behind a position for a reader.
    pub(crate) fn behind(&self, position: u64, reader: u64) -> Behind<F> {
        if self.end.is_none_or(|end| position >= end) {
            return Behind::Nothing;
        }
        if position < self.lost {
            return Behind::Lost;
        }
        let first = self.batches.partition_point(|batch| batch.through <= position);
        if self.batches.get(first).is_none_or(|batch| batch.after > position) {
            return Behind::Elsewhere;
        }
        let mut events = 0;
        let batches = self.batches.range(first..).take_while(|batch| {
            let fits = events < AT_ONCE && batch.is_for(reader);
            events += batch.events.len();
            fits
        });
        let batches = batches.cloned().collect::<Vec<_>>();
        if batches.is_empty() { Behind::Elsewhere } else { Behind::Here(batches) }
    }
}

#[cfg(test)]
mod tests;
