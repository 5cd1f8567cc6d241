//! The documents that have one of several facets. A segment never changes, so they are looked up once for each and kept:
//! a party that is mentioned in many ways stands in many lists, and every page of every grade asks for it again.

use std::sync::{Arc, LazyLock};

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tantivy::index::SegmentId;
use tantivy::query::{
    BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, TermSetQuery, Weight,
};
use tantivy::schema::Field;
use tantivy::{BitSet, DocId, DocSet, Score, SegmentReader, TERMINATED, Term};

/// Sets that are expected at once; more are no mistake.
const SETS: usize = 1_024;

/// What they may take, in bytes.
const MOST: u64 = 32 << 20;

static KEPT: LazyLock<Cache<Of, Arc<BitSet>, Size>> =
    LazyLock::new(|| Cache::with_weighter(SETS, MOST, Size));

/// Of which segment, and having one of which texts.
type Of = (SegmentId, Arc<[String]>);

#[derive(Clone)]
struct Size;

impl Weighter<Of, Arc<BitSet>> for Size {
    fn weight(&self, (_, texts): &Of, documents: &Arc<BitSet>) -> u64 {
        u64::from(documents.max_value() / 8) + texts.iter().map(|text| text.len() as u64).sum::<u64>()
    }
}

/// Asks for the documents that have one of several texts in the field of facets.
#[derive(Clone, Debug)]
pub(super) struct HavingOneOf {
    texts: Arc<[String]>,
    query: TermSetQuery,
}

impl HavingOneOf {
    pub(super) fn new(field: Field, texts: &[String]) -> Self {
        let query = TermSetQuery::new(texts.iter().map(|text| Term::from_field_text(field, text)));
        Self { texts: texts.into(), query }
    }
}

impl Query for HavingOneOf {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(Having { texts: self.texts.clone(), weight: self.query.weight(scoring)? }))
    }
}

struct Having {
    texts: Arc<[String]>,
    weight: Box<dyn Weight>,
}

impl Having {
    fn documents(&self, segment: &SegmentReader) -> tantivy::Result<Arc<BitSet>> {
        KEPT.get_or_insert_with(&(segment.segment_id(), self.texts.clone()), || {
            let mut documents = BitSet::with_max_value(segment.max_doc());
            let mut found = self.weight.scorer(segment, 1.0)?;
            while found.doc() != TERMINATED {
                documents.insert(found.doc());
                found.advance();
            }
            Ok(Arc::new(documents))
        })
    }
}

impl Weight for Having {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let documents = BitSet::clone(&*self.documents(segment)?);
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(documents), boost)))
    }

    fn explain(&self, segment: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        self.weight.explain(segment, document)
    }
}
