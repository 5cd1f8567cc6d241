//! `chancery record`.

use crate::register::Register;

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_records_a_readout_in_one_line() {
    let register = Register::start().await;
    let done = register.run(&[
        "record",
        "held",
        "meeting",
        "--on",
        "2025-11-01",
        "--with",
        "CA",
        "--with",
        "Tarik Ali Khan",
        "--topic",
        "mining",
        "--note",
        "Short and friendly.",
        "--json",
    ]);
    let event = &done.json()["events"][0];
    let subject = event["subject"].as_str().expect("a record");
    // What was recorded can be asked for at once.
    let record = register.run(&["show", subject, "--json"]).json();
    assert_eq!(record["kind"], "meeting");
    assert_eq!(record["occurred"]["edtf"], "2025-11-01");
    assert!(record["participants"].as_array().is_some_and(|all| all.len() >= 2), "{record}");
    let shown = register.run(&["show", subject]);
    for word in ["Tarik Ali Khan", "2025-11-01", "mining", "Short and friendly.", "held", subject] {
        assert!(shown.text().contains(word), "{word}: {shown:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_is_said_to_be_nothing_new() {
    let register = Register::start().await;
    let event = |id: &str| {
        format!(r#"{{"type":"engagement.held","id":"{id}","data":{{"kind":"call","participants":["CA"]}}}}"#)
    };
    let file = register.file("two.json", &format!("[{},{}]", event("a"), event("b")));
    assert!(register.run(&["record", &file]).text().starts_with("Recorded 2 events, up to position 2"));
    let again = register.run(&["record", &file]);
    assert!(again.text().starts_with("Nothing new: all 2 events were recorded before"), "{again:?}");
    let more = register.file("more.json", &event("c"));
    let mixed = register.run(&["record", &file, &more]);
    assert!(mixed.text().starts_with("Recorded 1 event, up to position 3; 2 more were"), "{mixed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_something_happens_to_must_be_there() {
    let register = Register::start().await;
    let words = ["record", "cancelled", "--record", "engagement/~typo", "--reason", "Weather"];
    let done = register.run(&words);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(
        done.err.contains("there is no engagement/~typo") && done.err.contains("--key 'typo'"),
        "{done:?}"
    );
    register.run(&["record", "expected", "call", "--with", "CA", "--key", "typo"]).text();
    assert_eq!(register.run(&words).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_named_with_title_and_country() {
    let register = Register::start().await;
    let json = r#"{"name":"A. Person","country":"US","title":"Envoy"}"#;
    let words =
        ["record", "held", "meeting", "--with", "Tarik Ali Khan, High Commissioner, CA", "--with", json];
    let done = register.run(&[&words[..], &["--key", "people"]].concat());
    // The title that the register made stands below the headline.
    assert!(done.text().lines().nth(1).is_some_and(|title| title.contains("Meeting")), "{done:?}");
    let people = register.run(&["show", "engagement/~people", "--json"]).json();
    let people = people["participants"].as_array().expect("participants").clone();
    for (name, title, country) in
        [("Tarik Ali Khan", "High Commissioner", "CA"), ("A. Person", "Envoy", "US")]
    {
        let person = people.iter().find(|person| person["name"] == name).expect(name);
        assert_eq!(
            (&person["title"], &person["country"], &person["kind"]),
            (&title.into(), &country.into(), &"person".into())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_records_nothing() {
    let register = Register::start().await;
    let done = register.run(&["record", "held", "call", "--with", "CA", "--key", "dry", "--dry-run"]);
    assert!(done.text().starts_with("Would record 1 event"), "{done:?}");
    let shown = register.run(&["show", "engagement/~dry"]);
    assert_eq!(shown.code, Some(1), "{shown:?}");
    assert!(shown.err.contains("Not found"), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_is_shown_with_its_place() {
    let register = Register::start().await;
    let done = register.run(&["record", "held", "meeting", "--on", "soon", "--set", "frobs=[1]"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.out.is_empty(), "{done:?}");
    for place in ["/data/occurred", "/data/frobs"] {
        assert!(done.err.contains(place), "{place}: {done:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_implausible_is_remarked_on_or_refused() {
    let register = Register::start().await;
    let words = ["record", "held", "call", "--with", "CA", "--topic", "unheard.of"];
    let done = register.run(&words);
    assert!(done.text().contains("Remarks:") && done.text().contains("/topics/0"), "{done:?}");
    let done = register.run(&[&words[..], &["--strict"]].concat());
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.err.contains("Implausible"), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_hold_one_event_or_an_array_or_many_lines() {
    let register = Register::start().await;
    let one = r#"{"type":"engagement.held","data":{"kind":"call","participants":["CA"]}}"#;
    let file = register.file("one.json", one);
    assert_eq!(register.run(&["record", &file, "--json"]).json()["events"][0]["version"], 1);
    let file = register.file("array.json", &format!("[{one},{one}]"));
    assert_eq!(register.run(&["record", &file, "--json"]).json()["events"].as_array().map(Vec::len), Some(2));
    let file = register.file("many.ndjson", &format!("{one}\n").repeat(230));
    let done = register.run(&["record", &file]);
    assert!(done.text().contains("Recorded 230 events"), "{done:?}");
    let listed = register.run(&["list", "engagements", "--limit", "1000", "--json"]).json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(233));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_array_with_one_bad_event_records_nothing_and_lines_before_it_stay() {
    let register = Register::start().await;
    let [good, bad] =
        [r#"{"type":"engagement.held","data":{"kind":"call"}}"#, r#"{"type":"engagement.eaten"}"#];
    let file = register.file("array.json", &format!("[{good},{bad}]"));
    let done = register.run(&["record", &file]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.err.contains("/1/type") && done.err.contains("array.json"), "{done:?}");
    let lines = format!("{}{bad}\n", format!("{good}\n").repeat(150));
    let done = register.run(&["record", &register.file("lines.ndjson", &lines)]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.out.contains("Recorded 100 events") && done.err.contains("lines 101 to 151"), "{done:?}");
    let listed = register.run(&["list", "engagements", "-n", "500", "--json"]).json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(100));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_kinds_of_record_have_their_own_words() {
    let register = Register::start().await;
    for words in [
        &["record", "signed", "mou", "--with", "CA", "--with", "PK", "--title", "Memorandum on mining"][..],
        &[
            "record",
            "made",
            "agreed",
            "--text",
            "To exchange data",
            "--owner",
            "PK",
            "--owner",
            "CA",
            "--due",
            "2026",
        ],
        &["record", "captured", "news", "--set", "publisher=APP", "--title", "Ministers meet"],
        &["record", "matter.opened", "issue", "--title", "Canola", "--with", "CA"],
        &["record", "party.registered", "organisation", "--set", "names=[\"ISPR\"]", "--set", "country=PK"],
        &[
            "record",
            "expected",
            "dialogue",
            "--on",
            "2026-06",
            "--with",
            "US",
            "--series",
            "Counterterrorism",
        ],
    ] {
        let done = register.run(words);
        assert_eq!(done.code, Some(0), "{words:?}: {done:?}");
        assert!(!done.text().contains("Remarks"), "{words:?}: {done:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_destroyed_one_day_is_recorded_sealed() {
    let register = Register::start().await;
    let words = ["record", "held", "call", "--with", "CA", "--note", "Not for ever.", "--sealed", "--json"];
    let subject = register.run(&words).json()["events"][0]["subject"].as_str().expect("a record").to_owned();
    assert!(register.run(&["show", &subject]).text().contains("Not for ever."));
    let history = register.run(&["history", &subject, "--json"]).json();
    let event = &history["items"][0]["event"];
    assert!(event["sealedhash"].is_string() && event["data"]["notes"].is_array(), "{event:#}");
}
