//! Every version of every event stays readable for ever.
//!
//! `corpus/` holds an envelope of each as the log has it, with every field that the event may carry. Files are
//! only ever added: `SHA256SUMS` there says what they were (`sha256sum --check SHA256SUMS`). A new event or
//! version needs a new file; take it from the log with `chancery tail`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use contract::Recorded;
use domain::{EventKind, Record};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// Each file's name and bytes.
fn corpus() -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder()).expect("the folder is there");
    let files = files.map(|file| file.expect("it can be listed").path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let read = |path: PathBuf| {
        let name = path.file_name().expect("it is a file").to_string_lossy().into_owned();
        (name, fs::read(path).expect("it can be read"))
    };
    files.map(read).collect()
}

#[test]
fn every_event_type_is_in_the_corpus() {
    let corpus = corpus();
    for kind in EventKind::all() {
        let name = format!("{}.json", kind.to_string().trim_start_matches("chancery."));
        assert!(corpus.contains_key(&name), "{name} is missing: add one, and its line in SHA256SUMS");
    }
}

#[test]
fn no_file_of_the_corpus_ever_changes() {
    let sums = fs::read_to_string(folder().join("SHA256SUMS")).expect("it can be read");
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let now = corpus();
    let now = now.iter().map(|(name, bytes)| format!("{}  {name}", hex(&Sha256::digest(bytes))));
    assert_eq!(sums.lines().map(str::to_owned).collect::<Vec<_>>(), now.collect::<Vec<_>>());
}

#[test]
fn every_file_reads_as_an_event_of_which_nothing_is_lost() {
    for (name, bytes) in corpus() {
        let recorded = Recorded::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let event = recorded.event(1, 1);
        let kind = event.kind.known().unwrap_or_else(|| panic!("{name}: {} is unknown", recorded.kind));
        assert!(name.starts_with(&kind.short()), "{name}: is {kind}");
        let stored = serde_json::from_str::<Value>(recorded.data.get()).expect("it is JSON");
        assert_eq!(event.data.to_json(), stored, "{name}");
        let fields = stored.as_object().expect("data is an object").keys().map(String::as_str);
        assert_eq!(
            event.data.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            fields.collect::<Vec<_>>(),
            "{name}"
        );
        assert_eq!((event.anomalies.len(), event.marking.to_string()), (2, recorded.marking), "{name}");
    }
}

#[test]
fn every_file_can_stand_in_a_record() {
    for (name, bytes) in corpus() {
        let recorded = Recorded::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let mut record = Record::new(recorded.subject);
        record.apply(recorded.event(1, 1));
        record.apply(recorded.event(2, 2));
        assert_eq!(record.version(), 2, "{name}");
        assert!(record.view().is_object(), "{name}");
    }
}
