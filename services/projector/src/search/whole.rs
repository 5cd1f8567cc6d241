//! A question that is answered as a whole before another one leaves its records out.
//!
//! tantivy 0.27 leaves records out by asking the excluded side on and on, also behind its end, which a phrase does not
//! bear. A set of all its documents does.

use std::sync::Arc;

use tantivy::query::{BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{BitSet, DocId, Score, SegmentReader, Term};

#[derive(Clone, Debug)]
pub(super) struct Whole(pub(super) Arc<dyn Query>);

impl Query for Whole {
    fn weight(&self, enable_scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(OfWhole(self.0.weight(enable_scoring)?)))
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.0.query_terms(visitor);
    }
}

struct OfWhole(Box<dyn Weight>);

impl Weight for OfWhole {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut all = BitSet::with_max_value(reader.max_doc());
        self.0.for_each_no_score(reader, &mut |documents| {
            for document in documents {
                all.insert(*document);
            }
        })?;
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(all), boost)))
    }

    fn explain(&self, reader: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        self.0.explain(reader, document)
    }
}
