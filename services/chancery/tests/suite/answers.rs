//! What a desk asks, of a register with the two sample reports: `calendar`, `overdue`, `brief`, `search`, `stats`,
//! `accounts`, and `list` by what each collection has.

use serde_json::Value;
use testkit::{PATIENCE, eventually};

use crate::register::{Done, Register, program};
use crate::trying::SAMPLES;

const COMMERCE: &str = "engagement/~pk-ca-commerce-meeting";
const DIALOGUE: &str = "engagement/~us-pk-counterterrorism-dialogue-2025";

/// How many events the samples are.
const ALL: &str = "33";

async fn with_samples() -> Register {
    let register = Register::start_with(&["--samples", SAMPLES]).await;
    eventually("the samples", PATIENCE, async || register.said().contains("Ctrl-C").then_some(())).await;
    register
}

fn ask(register: &Register, words: &[&str]) -> Done {
    register.run(&[words, &["--min-position", ALL]].concat())
}

fn has(done: &Done, words: &[&str]) {
    for word in words {
        assert!(done.text().contains(word), "{word}: {done:?}");
    }
}

/// Records that the dialogue was held; the position of that.
fn held(register: &Register) -> u64 {
    let words = ["record", "held", "dialogue", "--record", DIALOGUE, "--on", "2025-08-12", "--json"];
    register.run(&words).json()["position"].as_u64().expect("a position")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_overdue_is_said_in_days_and_so_is_by_how_much_it_was_late() {
    let register = with_samples().await;
    let overdue = ["overdue", "--party", "US", "--today", "2025-08-01"];
    has(
        &ask(&register, &overdue),
        &["Overdue", "32 days late", "counterterrorism dialogue", "as of 2025-08-01"],
    );
    let soon = ["overdue", "--today", "2025-06-20", "--state", "running-out"];
    has(&ask(&register, &soon), &["Running out", "10 days left", "counterterrorism dialogue"]);
    let position = held(&register);
    let after = ["overdue", "--party", "US", "--today", "2025-08-20", "--min-position"];
    let after = register.run(&[&after[..], &[&position.to_string()]].concat());
    has(&after, &["Came late", "43 days late", "came 2025-08-12"]);
    let before = (position - 1).to_string();
    let known = register.run(&[&overdue[..], &["--known-at", &before]].concat());
    has(&known, &["32 days late", &format!("as known at position {before}")]);
    let none = ask(&register, &["overdue", "--party", "CA", "--state", "late"]);
    assert!(none.text().starts_with("no entries"), "{none:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_is_a_table_or_a_file_for_calendar_programs() {
    let register = with_samples().await;
    let calendar = ["calendar", "--party", "US", "--today", "2025-05-01"];
    has(
        &ask(&register, &calendar),
        &["2025-06", "in 31 days", "expected · dialogue", "1 entry as of 2025-05-01, at position 33"],
    );
    let listed = ask(&register, &[&calendar[..], &["--due", "engagement", "--json"]].concat()).json();
    assert_eq!((listed["items"].as_array().map(Vec::len), &listed["today"]), (Some(1), &"2025-05-01".into()));
    let file = register.file("us.ics", "");
    let written = ask(&register, &[&calendar[..], &["--ics", "--output", &file]].concat());
    assert!(written.code == Some(0) && written.out.is_empty() && written.err.contains(&file), "{written:?}");
    let text = std::fs::read_to_string(file).expect("it is written");
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.contains("counterterrorism"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brief_is_for_a_terminal_or_for_paper() {
    let register = with_samples().await;
    let brief = ask(&register, &["brief", "PK", "CA"]);
    let told =
        ["Canada", "investment treaty", "technical assistance", "canola", "renewable energy", "Arab News"];
    has(&brief, &told);
    assert!(!brief.out.contains("**") && !brief.out.contains('\u{1b}'), "{}", brief.out);
    assert!(ask(&register, &["brief", "PK", "CA", "--format", "md"]).text().contains("## They offered"));
    let file = register.file("brief.html", "");
    let written = ask(&register, &["brief", "PK", "CA", "--since", "1", "--output", &file]);
    assert!(written.code == Some(0) && written.out.is_empty(), "{written:?}");
    let page = std::fs::read_to_string(file).expect("it is written");
    assert!(page.to_lowercase().starts_with("<!doctype html>"), "{page}");
    let document = ask(&register, &["brief", "PK", "CA", "--json"]).json();
    assert_eq!(document["us"]["name"], "Pakistan");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_is_shown_where_it_stands() {
    let register = with_samples().await;
    has(&ask(&register, &["search", "canola", "imports"]), &["«canola»", "commitment/", "at position"]);
    let found = ask(&register, &["search", "canola", "--aggregate", "matter", "--json"]).json();
    assert_eq!(found["items"][0]["aggregate"], "matter", "{found}");
    assert!(ask(&register, &["search", "zeppelin"]).text().starts_with("no records"));
    let nothing = ask(&register, &["search", "…"]);
    assert_eq!(nothing.code, Some(1), "{nothing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_is_shown_with_bars() {
    let register = with_samples().await;
    let counted = ask(&register, &["stats", "commitments"]);
    has(&counted, &["9 commitments", "By strength", "FULFILLED", "By party", "Pakistan (PK)", "█"]);
    let outcome = ask(&register, &["stats", "--by", "outcome", "--party", "US", "--today", "2025-08-01"]);
    has(&outcome, &["By outcome", "overdue, nothing recorded since"]);
    assert!(!outcome.text().contains("By party"), "{outcome:?}");
    assert_eq!(ask(&register, &["stats", "--json"]).json()["aggregate"], "engagement");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reporter_s_account_is_a_column() {
    let register = with_samples().await;
    let record = ask(&register, &["show", COMMERCE, "--json"]).json()["subject"].clone();
    let record = record.as_str().expect("an address");
    let canada = ["token", "--subject", "desk", "--agency", "urn:agency:ca", "--role", "recorder"];
    let token = register.run(&[&canada[..], &["--role", "reader"]].concat()).text().trim().to_owned();
    let theirs =
        ["record", "held", "meeting", "--record", record, "--on", "2025-05-03", "--place", "Karachi"];
    register.run(&[&theirs[..], &["--with", "CA", "--token", &token]].concat()).text();
    let accounts = register.run(&["accounts", COMMERCE]);
    has(&accounts, &["2 accounts", "ACCOUNT 1", "ACCOUNT 2", "urn:agency:ca", "✓", "Karachi", "WHY"]);
    let as_json = register.run(&["accounts", COMMERCE, "--json"]).json();
    assert_eq!(as_json["happenings"][0]["accounts"].as_array().map(Vec::len), Some(2), "{as_json}");
}

#[tokio::test(flavor = "multi_thread")]
async fn registers_are_narrowed_by_what_they_have() {
    let register = with_samples().await;
    let offered = ["list", "commitments", "--owner", "CA", "--strength", "expressed_willingness"];
    has(&ask(&register, &offered), &["owed by Canada to Pakistan", "3 commitments"]);
    let signed = ask(&register, &["list", "instruments", "--status", "signed"]);
    has(&signed, &["Pakistan (PK): signed 2025-04-13", "United States (US): signed"]);
    has(&ask(&register, &["list", "sources"]), &["RELIED ON BY", "records"]);
    let wrong = register.run(&["list", "engagements", "--owner", "CA"]);
    assert!(wrong.code == Some(64) && wrong.err.contains("--owner"), "{wrong:?}");
    let wrong = register.run(&["list", "engagements", "--status", "eaten", "--known-at", "then"]);
    assert!(wrong.err.contains("--status: ") && wrong.err.contains("--known-at: "), "{wrong:?}");
    let first = ask(&register, &["list", "engagements", "--sort", "recorded", "--oldest", "-n", "1"]);
    has(&first, &["the first engagement at position", "Congressional delegation"]);
    let early = ask(&register, &["list", "engagements", "--known-at", "3", "--json"]).json();
    assert_eq!((early["items"].as_array().map(Vec::len), &early["position"]), (Some(1), &Value::from(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_are_for_those_who_want_them() {
    let register = with_samples().await;
    let run = |name: &str| {
        let mut command = program();
        command.args(["list", "engagements", "--min-position", ALL]).env("CHANCERY_DATA", register.data());
        Done::from(command.env(name, "1").output().expect("it runs")).text().to_owned()
    };
    assert!(run("CLICOLOR_FORCE").contains("\u{1b}[1m") && !run("NO_COLOR").contains('\u{1b}'));
}
