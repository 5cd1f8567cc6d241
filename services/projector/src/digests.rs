//! The form of the rows: what is made of the frozen corpus of every event type stays as it is, or its schema
//! goes up and databases are built anew.

use std::fs;

use contract::Recorded;
use domain::Subject;
use prometheus_client::metrics::counter::Counter;
use readmodel::Projection;
use sha2::{Digest, Sha256};

use crate::calendar::Expectations;
use crate::dossiers::Dossiers;
use crate::search::Texting;
use crate::testing::{Projected, Register};
use crate::timeline::Happenings;

/// Read model, schema, SHA-256 of all rows. Lines are added for new schemas; one that stands never changes.
const DIGESTS: &[(&str, u32, &str)] = &[
    ("calendar", 1, "3665b7be04d06642628c9e7d1c073c3bfb4792482e5c2abfe68db12e009f98bb"),
    ("calendar", 2, "1ac147113066df16fa8233c5cecf47e3377889c3ddb71ca14a4461f85dd0d2e1"),
    ("dossiers", 1, "f7bd1ef0762bd93624cdbe1603a1adaa726650675a5a6fdcce67a91560b35d8e"),
    ("dossiers", 2, "55684aee49b4c9047948a32ae0f750e74a1ae84f119823cf14ef576d57d84f3a"),
    ("dossiers", 3, "d1b8f0242e7697badab1d5fd34ea7f0e57d6a8be3d9cf307e4d1eaf83beef031"),
    ("dossiers", 4, "2a6d83c9acf71ee9ddadcb642d02d99744ee906df3a213fb45b3683f0321d81d"),
    ("dossiers", 5, "1e87f5064a59e8768ec916a7d9bc5c4171308b693b0ae8068acab707a434fa23"),
    ("search", 1, "4a0e3de62d3991a74d2ffff669fc2651bb65886c4927bb68caef042a75da523d"),
    ("timeline", 2, "2ad61405260aaceae8e56642cbef46f0c77f0637274e0b300c72aaef115320f8"),
    ("timeline", 3, "3224879edb813770b7099a557d931e2fb648ce2059bff6cfd7dc97041d7007f6"),
    ("timeline", 4, "3c2d8e3754020476ad45324cd0ff99b65ac831082d08e5c70870d7bea3f1cb42"),
    ("timeline", 5, "4970787b21ccfa29596e77aae30b6729fae0f22dd0b782865f2f5063eb9585db"),
];

/// Every event of the corpus alone in a record, then all of an aggregate in one; a disposal leaves nothing to
/// be seen of the rest, so it is only alone.
pub(crate) fn corpus() -> Register {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/contract/corpus");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect::<Vec<_>>();
    files.sort();
    assert!(files.len() > 50, "the corpus is not in {folder}");
    let mut register = Register::default();
    for alone in [true, false] {
        for file in &files {
            let payload = fs::read(file).unwrap();
            let recorded = Recorded::parse(&payload).unwrap();
            let own = Subject::of_key(&recorded.source, recorded.subject.aggregate, &recorded.id);
            if alone || !recorded.kind.ends_with(".disposed.v1") {
                register.push(if alone { own } else { recorded.subject }, &recorded.kind, payload);
            }
        }
    }
    register
}

async fn is_as_it_was<P: Projection<Entry = readmodel::Entry>>(projection: P) {
    let rows = Projected::new(projection, &corpus()).await.rows().await;
    let mut hash = Sha256::new();
    for part in rows.iter().flat_map(|(key, value)| [key, value]) {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let now = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (name, schema) = (P::NAME, P::SCHEMA);
    let was = DIGESTS.iter().find(|(of, at, _)| (*of, *at) == (name, schema)).map(|(.., digest)| *digest);
    let was = was.unwrap_or_else(|| panic!("schema {schema} of the {name} is new: add its digest, {now}"));
    assert_eq!(now, was, "the rows of the {name} changed: raise their SCHEMA and add its digest, {now}");
}

#[tokio::test]
async fn the_rows_of_the_dossiers_have_the_form_of_their_schema() {
    is_as_it_was(Dossiers::new(Counter::default())).await;
}

#[tokio::test]
async fn the_rows_of_the_timeline_have_the_form_of_their_schema() {
    is_as_it_was(Happenings::new(Counter::default())).await;
}

#[tokio::test]
async fn the_rows_of_the_calendar_have_the_form_of_their_schema() {
    is_as_it_was(Expectations::new(Counter::default())).await;
}

#[tokio::test]
async fn the_rows_of_the_search_have_the_form_of_their_schema() {
    is_as_it_was(Texting::new(Counter::default())).await;
}
