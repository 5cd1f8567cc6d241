//! What a register gives out proves itself offline, and whatever was done to it is named: `export`, `verify`, `keys`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use testkit::{PATIENCE, eventually};

use crate::register::{Done, Register, program};
use crate::trying::SAMPLES;

const DIALOGUE: &str = "engagement/~us-pk-counterterrorism-dialogue-2025";

/// How many events the samples are.
const ALL: &str = "33";

const HOLDS: i32 = 0;
const DOES_NOT_HOLD: i32 = 1;

async fn with_samples() -> Register {
    let register = Register::start_with(&["--samples", SAMPLES]).await;
    eventually("the samples", PATIENCE, async || register.said().contains("Ctrl-C").then_some(())).await;
    register
}

pub(crate) fn key(register: &Register) -> String {
    register.data().join("keys/checkpoint.vkey").to_str().expect("UTF-8").to_owned()
}

/// Gives a command that knows nothing of the register.
pub(crate) fn elsewhere(words: &[&str]) -> Done {
    program().args(words).env("CHANCERY_DATA", "/nowhere").output().expect("it runs").into()
}

/// `verify.py`, which was written from the documentation of the formats alone, on a file of this kind: its exit code.
#[expect(clippy::print_stderr, reason = "what was not checked is said")]
pub(crate) fn independently(kind: &str, file: &str, key: &str, expected: i32) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/transparency/tests/verify/verify.py");
    let vkey = fs::read_to_string(key).expect("the key is there");
    let words = ["-B", script, kind, file, "--key", vkey.trim()];
    match Command::new("python3").args(words).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(expected), "{kind} {file}: {said}");
        }
        Err(error) => {
            let allowed = std::env::var_os("WITHOUT_PYTHON").is_some();
            assert!(allowed, "NOT CHECKED: python3 does not run ({error}); set WITHOUT_PYTHON to do without");
            eprintln!("NOT CHECKED against a second implementation: python3 does not run");
        }
    }
}

/// What is found wrong in a file that was changed.
fn refused(register: &Register, name: &str, text: &str, words: &[&str]) {
    let (file, key) = (register.file(name, text), key(register));
    let done = elsewhere(&["verify", &file, "--key", &key]);
    assert!(done.code == Some(1) && done.err.starts_with("NOT PROVED"), "{name}: {done:?}");
    words.iter().for_each(|word| assert!(done.err.contains(word), "{name}: {word}: {done:?}"));
    let as_json = elsewhere(&["verify", &file, "--key", &key, "--json"]);
    let found = serde_json::from_str::<Value>(&as_json.out).expect("JSON");
    assert!(as_json.code == Some(1) && found["proved"] == false, "{as_json:?}");
    assert!(found["faults"].as_array().is_some_and(|faults| !faults.is_empty()), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_evidence_of_a_record_is_proved_offline_and_what_was_done_to_it_is_named() {
    let register = with_samples().await;
    let more = ["record", "held", "dialogue", "--record", DIALOGUE, "--on", "2025-08-12", "--json"];
    let position = register.run(&more).json()["position"].to_string();
    let file = register.file("dialogue.json", "");
    let export = ["export", "--evidence", DIALOGUE, "--min-position", &position];
    let written = register.run(&[&export[..], &["-o", &file]].concat());
    assert!(written.code == Some(0) && written.err.contains(&file), "{written:?}");
    let key = key(&register);
    let proved = elsewhere(&["verify", &file, "--key", &key]);
    for word in
        ["PROVED", "engagement/", "2 as recorded, 0 redacted", "engagement.held", "signed by", "not proved"]
    {
        assert!(proved.text().contains(word), "{word}: {proved:?}");
    }
    let as_json = elsewhere(&["verify", &file, "--key", &key, "--json"]).json();
    assert_eq!((&as_json["versions"], &as_json["shown"]), (&json!(2), &json!(2)), "{as_json}");
    independently("bundle", &file, &key, HOLDS);

    let text = fs::read_to_string(&file).expect("it is written");
    let bundle = serde_json::from_str::<Value>(&text).expect("JSON");
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut bundle = bundle.clone();
        change(&mut bundle);
        bundle.to_string()
    };
    let title =
        changed(&|bundle| bundle["events"][1]["event"]["data"]["occurred"] = json!({"edtf": "2025-08-13"}));
    independently("bundle", &register.file("changed", &title), &key, DOES_NOT_HOLD);
    refused(&register, "altered", &title, &["event 2 of the record: data", "/events/1/event/data"]);
    let actor = changed(&|bundle| bundle["events"][0]["event"]["actor"] = json!("nobody"));
    refused(&register, "actor", &actor, &["event 1 of the record: actor was altered"]);
    let removed = changed(&|bundle| drop(bundle["events"].as_array_mut().map(|events| events.remove(0))));
    refused(&register, "removed", &removed, &["event 1 of the record: it is missing", "events 1 to 2"]);
    let swapped = changed(&|bundle| bundle["events"].as_array_mut().expect("events").swap(0, 1));
    refused(&register, "swapped", &swapped, &["the order was changed"]);
    let other = register.data().join("other");
    let other =
        elsewhere(&["keys", "generate", "--data", other.to_str().expect("UTF-8")]).text().trim().to_owned();
    let done = elsewhere(&["verify", &file, "--key", &other]);
    assert!(done.code == Some(1) && done.err.contains("not to be trusted"), "{done:?}");

    // One redacted, then all: proved, and what they say is not in the file.
    let uid = register.run(&["history", DIALOGUE, "--json"]).json()["items"][0]["uid"].clone();
    let redacted =
        register.run(&[&export[..], &["--redact", uid.as_str().expect("a uid"), "-o", &file]].concat());
    assert_eq!(redacted.code, Some(0), "{redacted:?}");
    let proved = elsewhere(&["verify", &file, "--key", &key]);
    assert!(proved.text().contains("1 as recorded, 1 redacted"), "{proved:?}");
    independently("bundle", &file, &key, HOLDS);
    let all = register.run(&[&export[..], &["--redact", "all"]].concat());
    assert!(!all.text().contains("datasalt\":") && !all.text().contains("\"data\":"), "{all:?}");
    let wrong = register.run(&[&export[..], &["--redact", "x"]].concat());
    assert!(wrong.code == Some(64) && wrong.err.contains("--redact"), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_log_is_exported_and_each_line_answers_for_itself() {
    let register = with_samples().await;
    let file = register.file("log.ndjson", "");
    let written = register.run(&["export", "-o", &file, "--min-position", ALL]);
    assert!(written.code == Some(0) && written.err.contains("33 events"), "{written:?}");
    let key = key(&register);
    let proved = elsewhere(&["verify", &file, "--key", &key, "--json"]).json();
    assert_eq!((&proved["shown"], &proved["checkpoint"]["size"]), (&json!(33), &json!(33)), "{proved}");
    let text = fs::read_to_string(&file).expect("it is written");
    assert_eq!(register.run(&["export", "--min-position", ALL]).text(), text);
    independently("export", &file, &key, HOLDS);

    let lines = text.lines().map(ToOwned::to_owned).collect::<Vec<_>>();
    let with = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        lines.join("\n") + "\n"
    };
    // Line 3 is the event at position 1.
    let byte = with(&|lines| lines[11] = lines[11].replacen("\"data\":{\"", "\"data\":{\"x", 1));
    independently("export", &register.file("changed", &byte), &key, DOES_NOT_HOLD);
    refused(&register, "byte", &byte, &["line 12: event at position 10: it was altered"]);
    let removed = with(&|lines| drop(lines.remove(11)));
    refused(&register, "removed", &removed, &["event at position 10: it is missing"]);
    let swapped = with(&|lines| lines.swap(4, 20));
    refused(&register, "swapped", &swapped, &["position 3: in its place stands the event of position 19"]);
    let cut = with(&|lines| lines.truncate(20));
    refused(&register, "cut", &cut, &["event at position 33: it is missing"]);
    refused(
        &register,
        "headless",
        &with(&|lines| drop(lines.remove(1))),
        &["line 2: expected the line of a block"],
    );

    // It goes on where it was interrupted, and drops what is not whole.
    let part = register.file("again.ndjson.part", &with(&|lines| lines.truncate(9)));
    let again = part.strip_suffix(".part").expect("it ends so").to_owned();
    assert_eq!(register.run(&["export", "-o", &again]).code, Some(0));
    assert_eq!(fs::read_to_string(&again).expect("it is written"), text);
    assert!(!Path::new(&part).exists());

    // Whoever may not see everything has the rest as hashes.
    let low = ["token", "--role", "reader", "--clearance", "OFFICIAL"];
    let secret = r#"{"type": "engagement.held", "marking": "SECRET", "data": {"kind": "call", "participants": ["CA"]}}"#;
    let recorded = register.run(&["record", &register.file("secret.json", secret), "--json"]).json();
    let token = register.run(&low).text().trim().to_owned();
    let position = recorded["position"].to_string();
    let partial = register.run(&["export", "-o", &file, "--min-position", &position, "--token", &token]);
    assert!(partial.code == Some(0), "{partial:?}");
    let proved = elsewhere(&["verify", &file, "--key", &key, "--json"]).json();
    assert!(proved["hidden"].as_u64() >= Some(1), "{proved}");
    independently("export", &file, &key, HOLDS);
    assert_eq!(proved["checkpoint"]["size"], recorded["position"]);
}

/// Copies a folder that nobody writes to.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("it can be made");
    for entry in fs::read_dir(from).expect("it is there") {
        let entry = entry.expect("it is there");
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().expect("it is there").is_dir() {
            copy(&path, &to);
        } else {
            drop(fs::copy(path, to));
        }
    }
}

fn record(register: &Register, title: &str) -> Done {
    let event =
        json!({"type": "engagement.held", "data": {"kind": "call", "participants": ["CA"], "title": title}});
    register.run(&["record", &register.file("event.json", &event.to_string()), "--json"])
}

async fn followed(register: &Register, state: &Path, position: &str) -> Done {
    let address = fs::read_to_string(register.data().join("address")).expect("it says where it is");
    let token = register.run(&["token", "--role", "reader"]).text().trim().to_owned();
    let (state, key) = (state.to_str().expect("UTF-8"), key(register));
    let words = ["verify", "--log", address.trim(), "--key", &key, "--state", state, "--token", &token];
    // The checkpoint comes within a second of the event.
    eventually("a checkpoint", PATIENCE, async || {
        let done = elsewhere(&[&words[..], &["--once", "--tree", "hashes", "--json"]].concat());
        let size = serde_json::from_str::<Value>(&done.out).ok().map(|told| told["size"].to_string());
        (done.code == Some(1) || size.as_deref() == Some(position)).then_some(done)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_a_register_holds_it_to_what_it_signed_whatever_backup_is_restored() {
    let mut register = Register::start().await;
    let state = PathBuf::from(register.file("state", ""));
    fs::remove_file(&state).expect("it is there");
    let first = record(&register, "first").json()["position"].to_string();
    assert_eq!(followed(&register, &state, &first).await.code, Some(0));
    register.stop().await;
    let backup = register.data().with_file_name("backup");
    copy(&register.data(), &backup);
    register.begin().await;
    let second = record(&register, "second").json()["position"].to_string();
    let grown = followed(&register, &state, &second).await;
    assert!(grown.code == Some(0) && grown.out.contains("\"continues\":1"), "{grown:?}");

    // Everything is restored, also what the auditor signed: only those who followed know.
    register.stop().await;
    fs::remove_dir_all(register.data()).expect("it is there");
    copy(&backup, &register.data());
    register.begin().await;
    let smaller = followed(&register, &state, &second).await;
    assert!(smaller.code == Some(1) && smaller.out.contains("\"finding\":\"smaller\""), "{smaller:?}");
    assert_eq!(record(&register, "another second").json()["position"].to_string(), second);
    let forked = eventually("the fork", PATIENCE, async || {
        let done = followed(&register, &state, &second).await;
        done.out.contains("\"finding\":\"fork\"").then_some(done)
    })
    .await;
    let told = serde_json::from_str::<Value>(&forked.out).expect("JSON");
    let kept = told["evidence"].as_array().expect("files").iter().map(|file| file.as_str().expect("a path"));
    let kept = kept.map(|file| fs::read_to_string(file).expect("it is kept")).collect::<Vec<_>>();
    assert!(kept.len() == 3 && kept[0] != kept[1] && kept[2].contains("two trees"), "{kept:?}");
    // What was seen last is remembered still.
    let remembered = fs::read_to_string(&state).expect("it is kept");
    let remembered = serde_json::from_str::<Value>(&remembered).expect("JSON")["checkpoint"].clone();
    assert_eq!(remembered, json!(kept[0]));
}

/// The first file below a folder whose path ends so.
fn find(folder: &Path, end: &str) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() { find(&path, end) } else { path.ends_with(end).then_some(path) }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_whose_files_were_altered_signs_nothing_says_so_and_is_not_ready() {
    let mut register = Register::start().await;
    let mut last = String::new();
    for title in ["first", "second", "third"] {
        last = record(&register, title).json()["position"].to_string();
    }
    let state = PathBuf::from(register.file("unused", "")).with_file_name("state");
    assert_eq!(followed(&register, &state, &last).await.code, Some(0));
    register.stop().await;
    let signed = fs::read(register.data().join("signed/checkpoint")).expect("it was signed");
    // One byte of the second event, and the tree has to be built again.
    let stored = find(&register.data().join("nats"), "CHANCERY/msgs/1.blk").expect("the stream has a file");
    let mut bytes = fs::read(&stored).expect("it is readable");
    let place = bytes.windows(8).position(|bytes| bytes == b"\"second\"").expect("it is not compressed");
    bytes[place + 1] ^= 1;
    fs::write(&stored, bytes).expect("it is writable");
    fs::remove_dir_all(register.data().join("auditor")).expect("the tree is there");

    register.begin_until(|register| register.log().contains("nothing is signed or proved any more")).await;
    let log = register.log();
    assert!(log.contains("position 2 is missing"), "{log}");
    let admin = log.lines().find_map(|line| line.split_once("admin listener address=")).expect("it listens");
    let ready = testkit::http_client().get(format!("http://{}/ready", admin.1.trim())).send().await;
    assert_eq!(ready.expect("it answers").status(), 503);
    assert!(!register.said().contains("answers at"), "{}", register.said());
    assert_eq!(fs::read(register.data().join("signed/checkpoint")).expect("it is kept"), signed);
}

#[test]
fn a_key_is_made_once_and_shown_to_everybody() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let data = data.to_str().expect("UTF-8");
    let none = elsewhere(&["keys", "show", "--data", data]);
    assert!(none.code == Some(1) && none.err.contains("there is no key"), "{none:?}");
    let made = elsewhere(&["keys", "generate", "--origin", "example.org/log", "--data", data]);
    assert!(made.text().starts_with("example.org/log+"), "{made:?}");
    let again = elsewhere(&["keys", "generate", "--data", data]);
    assert!(again.code == Some(1) && again.err.contains("holds a key already"), "{again:?}");
    assert_eq!(elsewhere(&["keys", "show", "--data", data]).text(), made.text());
    assert!(elsewhere(&["keys", "list", "--data", data]).text().contains("checkpoint.key"));
    let wrong = elsewhere(&["verify", "x", "--key", "no-key"]);
    assert!(wrong.code == Some(64) && wrong.err.contains("--key"), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_changed_while_others_follow_with_either() {
    let mut register = Register::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let keep = |name: &str, vkey: &str| {
        let file = folder.path().join(name);
        fs::write(&file, vkey).expect("it is writable");
        file.to_str().expect("UTF-8").to_owned()
    };
    let old = keep("old", register.run(&["keys", "show"]).text());
    let early = register.run(&["keys", "retire"]);
    assert!(early.code == Some(1) && early.err.contains("rotate first"), "{early:?}");
    let new = keep("new", register.run(&["keys", "rotate"]).text());
    let unseen = register.run(&["keys", "retire"]);
    assert!(unseen.code == Some(1) && unseen.err.contains("no checkpoint bears"), "{unseen:?}");
    let mut number = 0;
    let mut holds = async |register: &Register, by_old: i32, by_new: i32| {
        number += 1;
        let (key, engagement) = (format!("call-{number}"), format!("engagement/~call-{number}"));
        let record = ["record", "held", "call", "--with", "CA", "--key", &key, "--json"];
        let position = register.run(&record).json()["position"].to_string();
        let file = register.file("evidence.json", "");
        let export = ["export", "--evidence", &engagement, "--min-position", &position, "-o", &file];
        let exported = register.run(&export);
        assert_eq!(exported.code, Some(0), "{exported:?}");
        for (key, expected) in [(&old, by_old), (&new, by_new)] {
            let done = elsewhere(&["verify", &file, "--key", key]);
            assert_eq!(done.code, Some(expected), "{key}: {done:?}");
            independently("bundle", &file, key, expected);
        }
    };
    holds(&register, HOLDS, DOES_NOT_HOLD).await;
    register.stop().await;
    register.begin().await;
    holds(&register, HOLDS, HOLDS).await;
    assert!(register.run(&["keys", "list"]).text().contains("checkpoint.next.key"));
    assert_eq!(register.run(&["keys", "retire"]).text(), fs::read_to_string(&new).expect("it is kept"));
    register.stop().await;
    register.begin().await;
    holds(&register, DOES_NOT_HOLD, HOLDS).await;
    assert!(!register.run(&["keys", "list"]).text().contains("checkpoint.next.key"));
}
