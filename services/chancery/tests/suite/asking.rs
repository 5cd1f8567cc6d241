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
    let correct = ["correct", "engagement/~visit", "--change", "/title=A visit", "--reason", "Misspelled"];
    let done = register.run(&correct);
    // What it is called now is told at once.
    assert_eq!(done.text().lines().nth(1), Some("A visit"), "{done:?}");
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
    assert!(
        history.text().contains("officer (urn:agency:pk)") && history.text().contains("of v1"),
        "{history:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_goes_on_from_the_last_one() {
    let register = with_a_visit().await;
    let correct =
        ["correct", "engagement/~visit", "--change", "/title=The visit", "--reason", "Known by then"];
    register.run(&[&correct[..], &["--event", "v1", "--remove", "/occurred"]].concat()).text();
    let shown = register.run(&["show", "engagement/~visit", "--json"]).json();
    assert_eq!((&shown["title"], &shown["occurred"]), (&"The visit".into(), &Value::Null));
    assert_eq!(shown["corrections"][1]["old"], "A visit");
    for (event, why) in [("v9", "no event v9"), ("~nobody", "no event ~nobody")] {
        let done = register.run(&[&correct[..], &["--event", event]].concat());
        assert!(done.code == Some(64) && done.err.contains(why), "{done:?}");
    }
    let nowhere = register.run(&["correct", "engagement/~visit", "--change", "/place=Rome", "--reason", "x"]);
    assert!(nowhere.code == Some(64) && nowhere.err.contains("name one with --event"), "{nowhere:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_to_a_record_is_in_its_history() {
    let register = with_a_visit().await;
    let marking = ["record", "marking_changed", "--record", "engagement/~visit", "--set", "level=SECRET"];
    register.run(&[&marking[..], &["--reason", "Sensitive"]].concat()).text();
    // Nobody approves the release of what they recorded.
    let token = register.run(&["token", "--subject", "director"]).text().trim().to_owned();
    let release = ["record", "release_authorised", "--record", "engagement/~visit", "--set", r#"to=["US"]"#];
    register.run(&[&release[..], &["--token", &token]].concat()).text();
    let history = register.run(&["history", "engagement/~visit"]);
    for word in [
        "engagement.held 2025-04-13",
        "level SECRET (Sensitive)",
        "release_authorised to US",
        "director (urn:agency:pk)",
    ] {
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
