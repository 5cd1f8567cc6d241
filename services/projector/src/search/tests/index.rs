//! The index can be lost or damaged, and follows the rows.

use std::fs;
use std::path::{Path, PathBuf};

use domain::Aggregate::Engagement;
use prometheus_client::metrics::counter::Counter;
use serde_json::json;

use super::{found, register};
use crate::search::index::{Snapshot, Writer, discard_others};
use crate::search::projection::Texting;
use crate::search::testing::{Searched, catch_up, indexed};
use crate::testing::{Register, subject};

#[tokio::test]
async fn what_was_disposed_of_is_in_no_file_of_the_index() {
    let mut register = register();
    let searched = Searched::new(&register).await;
    let holds_it = |searched: &Searched| {
        let files = fs::read_dir(searched.folder.path().join("index-7")).unwrap();
        files.into_iter().any(|file| {
            let bytes = fs::read(file.unwrap().path()).unwrap_or_default();
            bytes.windows(7).any(|bytes| bytes == b"lentils" || bytes == b"entils\x00")
        })
    };
    register.record(
        "engagement.disposed",
        subject(Engagement, "canola"),
        "OFFICIAL",
        &json!({"how": "destroyed"}),
    );
    let Searched { rows, folder, index } = searched;
    drop(index);
    let rows = rows.continued(Texting::new(Counter::default()), &register).await;
    // Nothing is made of files that have not been checked yet: it is made up for afterwards.
    let mut writer = Writer::open(&folder.path().join("index-7"), "memory").unwrap();
    catch_up(&mut writer, &rows.reader).await;
    assert_eq!(deleted(&writer.snapshot().unwrap()), 1);
    writer.trust().unwrap();
    writer.commit().unwrap();
    let index = writer.snapshot().unwrap();
    assert_eq!(deleted(&index), 0);
    let searched = Searched { rows, folder, index };
    assert!(!holds_it(&searched));
    assert_eq!(found(&searched, "lentils").await, Vec::<String>::new());
}

fn deleted(index: &Snapshot) -> u32 {
    index.searcher.segment_readers().iter().map(tantivy::SegmentReader::num_deleted_docs).sum()
}

#[test]
fn what_other_forms_of_the_index_left_goes() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["index-2", "index-7", "rows"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("meta.json"), b"{}").unwrap();
    }
    discard_others(&folder.path().join("index-7")).unwrap();
    let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut left = left.collect::<Vec<_>>();
    left.sort();
    assert_eq!(left, ["index-7", "rows"]);
    discard_others(&folder.path().join("nowhere").join("index-7")).unwrap();
}

/// Turns the middle of every file with such an ending, in a new file: the old one may be mapped into memory.
fn damage(index: &Path, endings: &[&str]) {
    let files = fs::read_dir(index).unwrap().map(|file| file.unwrap().path());
    let of = |path: &PathBuf| endings.iter().any(|ending| path.extension().is_some_and(|own| own == *ending));
    let files = files.filter(of).collect::<Vec<_>>();
    assert!(files.len() >= endings.len(), "{files:?}");
    for path in files {
        let mut bytes = fs::read(&path).unwrap();
        let quarter = bytes.len() / 4;
        bytes[quarter..quarter * 3].iter_mut().for_each(|byte| *byte ^= 0x5a);
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
    }
}

#[tokio::test]
async fn an_index_that_was_lost_or_damaged_is_made_again() {
    let mut register = register();
    let mut searched = Searched::new(&register).await;
    let before = found(&searched, "canola").await;
    let index = searched.folder.path().join("index-7");
    for round in 0..5 {
        match round {
            0 => fs::remove_dir_all(&index).unwrap(),
            1 => fs::write(index.join("meta.json"), b"{").unwrap(),
            2 => damage(&index, &["term"]),
            3 => damage(&index, &["term", "idx", "pos", "store", "fast", "fieldnorm"]),
            // Of one that was left half way, what is seen and not complete is told apart.
            _ => {}
        }
        searched.index = indexed(searched.folder.path(), &searched.rows).await.snapshot().unwrap();
        assert_eq!(found(&searched, "canola").await, before);
        assert_eq!(searched.index.position, register.entries.len() as u64);
        assert_eq!(searched.index.documents(), 5);
    }
    // More was projected while nobody indexed.
    let data = json!({"title": "Canola once more", "kind": "call", "participants": ["CA"]});
    register.record("engagement.held", subject(Engagement, "more"), "OFFICIAL", &data);
    register.record(
        "engagement.statement_issued",
        subject(Engagement, "canola"),
        "OFFICIAL",
        &json!({"issuers": ["CA"]}),
    );
    let searched = searched.continued(&register).await;
    assert_eq!((searched.index.position, searched.index.documents()), (7, 6));
    assert_eq!(found(&searched, "canola").await.len(), before.len() + 1);
}

#[tokio::test]
async fn continuing_at_any_event_gives_the_rows_of_going_through() {
    let register = register();
    let whole = Searched::new(&register).await.rows.rows().await;
    let mut part = Register::default();
    let mut stepwise = crate::testing::Projected::new(Texting::new(Counter::default()), &part).await;
    for entry in register.entries.clone() {
        part.entries.push(entry);
        stepwise = stepwise.continued(Texting::new(Counter::default()), &part).await;
    }
    assert_eq!(stepwise.rows().await, whole);
}
