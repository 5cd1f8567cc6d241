//! What needs no register: help, completions, tokens, mistakes on the command line.

use serde_json::Value;
use tempfile::tempdir;

use crate::register::{Done, program};

fn run(words: &[&str]) -> Done {
    let nowhere = tempdir().expect("a temporary folder");
    program().args(words).env("CHANCERY_DATA", nowhere.path()).output().expect("it runs").into()
}

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(run(&["completions", shell]).text().contains("timeline"), "{shell}");
    }
}

#[test]
fn every_mistake_on_a_line_is_named() {
    let words = ["serve", "--admin", "nowhere", "--listen", "here", "--nats-port", "x", "--marking", "BLAH"];
    let more = ["--topics", "/nope", "--log-level", "[[[", "--replicas", "2"];
    let done = run(&[&words[..], &more].concat());
    assert_eq!(done.code, Some(64), "{done:?}");
    for flag in ["--admin", "--listen", "--nats-port", "--marking", "--topics", "--log-level", "--replicas"] {
        assert!(done.err.contains(flag), "{done:?}");
    }
}

#[test]
fn whom_a_token_is_for_is_checked_before_it_is_made() {
    let words = ["token", "--party", "Canada", "--agency", "not a uri", "--clearance", "COSMIC"];
    let done = run(&[&words[..], &["--caveat", "eyes", "--role", "king", "--subject", ""]].concat());
    assert_eq!(done.code, Some(64), "{done:?}");
    for flag in ["--party", "--agency", "--clearance", "--caveat", "--role", "--subject"] {
        assert!(done.err.contains(flag), "{flag}: {done:?}");
    }
}

#[test]
fn what_cannot_be_understood_is_a_usage_error() {
    for words in [
        &["frobnicate"][..],
        &["show", "visit/1"],
        &["list", "people"],
        &["record"],
        &["record", "nofile.json"],
        &["record", "held", "call", "--with", "{"],
        &["record", "cancelled", "--record", "visit"],
        &["correct", "engagement/~k", "--reason", "x"],
        &["correct", "engagement/~k", "--change", "title=x", "--reason", "x"],
        &["record", "registered", "x"],
        &["token", "--role", "king"],
        &["brief", "PK", ""],
        &["stats", "visits"],
        &["overdue", "--today", "soon"],
        &["calendar", "--output", "file"],
        &["token", "--ttl", "soon"],
        &["list", "engagements"],
        &["serve", "--replicas", "3"],
    ] {
        let done = run(words);
        assert_eq!(done.code, Some(64), "{words:?}: {done:?}");
        assert!(done.out.is_empty() && done.err.starts_with("error: "), "{words:?}: {done:?}");
    }
}

#[test]
fn a_register_that_is_not_there_is_unavailable() {
    let done = run(&["list", "engagements", "--url", "http://127.0.0.1:9", "--token", "x"]);
    assert_eq!(done.code, Some(69), "{done:?}");
    assert!(done.err.contains("cannot be reached"), "{done:?}");
}

#[test]
fn tokens_are_made_with_the_machine_s_key() {
    let data = tempdir().expect("a temporary folder");
    let keys = data.path().join("keys");
    let keys = service::token::Keys::create_if_absent(&keys).expect("keys are made");
    let words =
        ["token", "--subject", "aide", "--agency", "urn:agency:ca", "--party", "CA", "--role", "reader"];
    let output =
        program().args(words).args(["--ttl", "30d", "--json"]).env("CHANCERY_DATA", data.path()).output();
    let made = Done::from(output.expect("it runs")).json();
    let verifier = keys.verifier(service::token::ISSUER).expect("the public key is there");
    let token = made["token"].as_str().expect("a token");
    let verified = verifier.verify(token, service::Clock::system().now()).expect("it is good");
    assert_eq!(verified.principal.subject, "aide");
    assert_eq!((verified.expires - verified.issued).as_secs(), 30 * 86_400);
    assert_eq!(made["principal"]["party"], Value::from("CA"));
}
