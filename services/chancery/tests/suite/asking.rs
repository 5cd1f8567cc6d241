//! `chancery list`, `timeline`, `history`, `tail`.

use serde_json::Value;

use crate::register::{Register, program};

/// A register with a visit, a correction of it, and a commitment.
async fn with_a_visit() -> Register {
    let register = Register::start().await;
    for words in [
        &[
            "record",
            "held",
            "visit",
            "--on",
            "2025-04-13",
            "--with",
            "US",
            "--key",
            "visit",
            "--title",
            "A visti",
        ][..],
        &[
            "record",
            "made",
            "agreed",
            "--text",
            "To meet again",
            "--owner",
            "PK",
            "--owner",
            "US",
            "--on",
            "2025-04-14",
        ],
    ] {
        register.run(words).text();
    }
    let history = register.run(&["history", "engagement/~visit", "--json"]).json();
    let uid = history["items"][0]["uid"].as_str().expect("an event").to_owned();
    let event = format!("event={uid}");
    let changes = r#"changes=[{"pointer":"/title","old":"A visti","new":"A visit"}]"#;
    let record = ["record", "corrected", "--record", "engagement/~visit", "--set", &event, "--set", changes];
    register.run(&[&record[..], &["--reason", "Misspelled"]].concat()).text();
    register
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_timelines_are_readable_and_filtered() {
    let register = with_a_visit().await;
    let listed = register.run(&["list", "engagements", "--party", "US", "--from", "2025"]);
    for word in ["2025-04-13", "held", "A visit", "1 engagement at"] {
        assert!(listed.text().contains(word), "{word}: {listed:?}");
    }
    assert!(register.run(&["list", "engagements", "--party", "CA"]).text().starts_with("no engagements"));
    let timeline = register.run(&["timeline", "--party", "PK", "--party", "US", "--oldest"]);
    let (visit, commitment) =
        (timeline.text().find("engagement.held"), timeline.text().find("commitment.made"));
    assert!(visit.is_some() && visit < commitment, "{timeline:?}");
    let commitments = register.run(&["timeline", "--aggregate", "commitment", "--json"]).json();
    assert_eq!(commitments["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_corrected_is_shown_with_what_it_was() {
    let register = with_a_visit().await;
    let shown = register.run(&["show", "engagement/~visit"]);
    assert!(shown.text().starts_with("A visit\n"), "{shown:?}");
    assert!(shown.text().contains("A visti → A visit") && shown.text().contains("Misspelled"), "{shown:?}");
    let history = register.run(&["history", "engagement/~visit"]);
    for word in ["engagement.held", "engagement.corrected", "corrected since", "A visti → A visit", "officer"]
    {
        assert!(history.text().contains(word), "{word}: {history:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_followed_from_a_position_and_as_it_grows() {
    let register = with_a_visit().await;
    let seen = register.run(&["tail", "--after", "1", "-n", "2", "--json"]);
    let seen = seen.text().lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let seen = seen.map(|item| item["position"].as_u64().expect("a position")).collect::<Vec<_>>();
    assert_eq!(seen, [2, 3]);
    let mut follower = program();
    follower.args(["tail", "--after", "3", "-n", "1"]).env("CHANCERY_DATA", register.data());
    let follower = follower.stdout(std::process::Stdio::piped()).spawn().expect("it runs");
    register.run(&["record", "held", "call", "--with", "CA", "--title", "The new one"]).text();
    let output = follower.wait_with_output().expect("it ends by itself");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success() && text.contains("The new one"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_s_token_cannot_record() {
    let register = Register::start().await;
    let token = register.run(&["token", "--role", "reader"]).text().trim().to_owned();
    let done = register.run(&["record", "held", "call", "--with", "CA", "--token", &token]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.err.contains("Not allowed"), "{done:?}");
    assert!(register.run(&["list", "engagements", "--token", &token]).text().starts_with("no engagements"));
    let done = register.run(&["list", "engagements", "--token", "not.a.token"]);
    assert_eq!(done.code, Some(1), "{done:?}");
}
