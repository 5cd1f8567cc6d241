//! The documents of a segment in which something stands, in the order of the index, each looked at when it is its turn.
//!
//! What must not stand in a document is asked of that document alone. tantivy has a query for this, but 0.27 asks the
//! excluded side also behind its end, which a phrase does not bear.

use tantivy::query::{EnableScoring, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Searcher, SeekDangerResult, SegmentReader, TERMINATED};

/// What must stand in a document, and what must not.
pub(super) struct Wanted {
    pub(super) all: Box<dyn Query>,
    pub(super) none: Vec<Box<dyn Query>>,
}

impl Wanted {
    pub(super) fn in_index(&self, searcher: &Searcher) -> tantivy::Result<Weighed> {
        let weigh = |query: &dyn Query| query.weight(EnableScoring::disabled_from_searcher(searcher));
        let none = self.none.iter().map(|query| weigh(&**query)).collect::<tantivy::Result<_>>()?;
        Ok(Weighed { all: weigh(&*self.all)?, none })
    }
}

/// The same, for the segments of an index.
pub(super) struct Weighed {
    all: Box<dyn Weight>,
    none: Vec<Box<dyn Weight>>,
}

impl Weighed {
    pub(super) fn in_segment<'s>(&'s self, segment: &'s SegmentReader) -> tantivy::Result<Matches<'s>> {
        let all = self.all.scorer(segment, 1.0)?;
        let none = self.none.iter().map(|weight| LeftOut { weight: &**weight, scorer: None, not_before: 0 });
        Ok(Matches { all, none: none.collect(), segment })
    }
}

/// The documents of a segment.
pub(super) struct Matches<'s> {
    all: Box<dyn Scorer>,
    none: Vec<LeftOut<'s>>,
    segment: &'s SegmentReader,
}

impl Matches<'_> {
    /// The first document from there on in which everything stands, or [`TERMINATED`].
    pub(super) fn from(&mut self, document: DocId) -> DocId {
        if self.all.doc() < document { self.all.seek(document) } else { self.all.doc() }
    }

    pub(super) fn next(&mut self) -> DocId {
        self.all.advance()
    }

    /// Whether it is there and nothing stands in it that must not; asked of one document after the other.
    pub(super) fn has(&mut self, document: DocId) -> tantivy::Result<bool> {
        if self.segment.alive_bitset().is_some_and(|alive| !alive.is_alive(document)) {
            return Ok(false);
        }
        Ok(!self.leaves_out(document)?)
    }

    /// Whether something stands in it that must not, be it there or not; asked of one document after the other.
    pub(super) fn leaves_out(&mut self, document: DocId) -> tantivy::Result<bool> {
        for left_out in &mut self.none {
            if left_out.has(document, self.segment)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Documents that are left out.
struct LeftOut<'s> {
    weight: &'s dyn Weight,
    /// There once it was asked.
    scorer: Option<Box<dyn Scorer>>,
    /// None stands before this one.
    not_before: DocId,
}

impl LeftOut<'_> {
    fn has(&mut self, document: DocId, segment: &SegmentReader) -> tantivy::Result<bool> {
        if document < self.not_before || self.not_before == TERMINATED {
            return Ok(false);
        }
        let found = match &mut self.scorer {
            Some(scorer) => scorer.seek_danger(document),
            None => {
                let (found, scorer) = self.weight.scorer_danger(segment, document, 1.0)?;
                self.scorer = Some(scorer);
                found
            }
        };
        self.not_before = match found {
            SeekDangerResult::Found => document,
            SeekDangerResult::SeekLowerBound(next) => next,
        };
        Ok(found == SeekDangerResult::Found)
    }
}
